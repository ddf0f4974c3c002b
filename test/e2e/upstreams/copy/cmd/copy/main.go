// Command copy copies a file, or has tar unpack it into a folder.
package main

import (
	"fmt"
	"os"
	"os/exec"

	"example.org/filecopy"
	"github.com/tonistiigi/copy/detect"
)

const usage = "usage: copy SOURCE DESTINATION\n"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "copy:", err)
		os.Exit(1)
	}
}

func run(source, destination string) error {
	isArchive, err := detect.IsArchive(source)
	if err != nil {
		return err
	}
	if !isArchive {
		return filecopy.Copy(source, destination)
	}
	tar := exec.Command("tar", "-xf", source, "-C", destination)
	tar.Stdout, tar.Stderr = os.Stdout, os.Stderr
	return tar.Run()
}
