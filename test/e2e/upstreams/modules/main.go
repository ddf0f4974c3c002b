// Command greet prints a greeting, and where its words were taken from.
package main

import (
	"fmt"

	"example.org/words"
)

func main() {
	fmt.Println("hello from", words.Origin)
}
