// Package detect tells archives from other files.
package detect

import (
	"bytes"
	"io"
	"os"
)

var magics = [][]byte{{0x1f, 0x8b}, []byte("BZh"), []byte("\xfd7zXZ\x00")}

// IsArchive tells whether a file begins as those of gzip, bzip2 and xz do.
func IsArchive(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	head := make([]byte, 6)
	count, err := io.ReadFull(file, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	for _, magic := range magics {
		if bytes.HasPrefix(head[:count], magic) {
			return true, nil
		}
	}
	return false, nil
}
