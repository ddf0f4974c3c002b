// Package words has words.
package words

// Origin tells which copy of this package was built in.
const Origin = "vendor"
