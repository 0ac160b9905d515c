// Package questions says when two questions about numbers of people are one question.
package questions

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Key is the same for questions that ask the same, whatever the order of their filters and however often each is named:
// the hexadecimal SHA-256 of the sorted filters and the variant. How much is to be told is no part of it.
func Key(filters []vocabulary.Filter, carried vocabulary.Variant) string {
	lines := make([]string, len(filters))
	for i, f := range filters {
		lines[i] = fmt.Sprintf("%q %q", f.Concept, f.Level)
	}
	slices.Sort(lines)
	lines = append(slices.Compact(lines), fmt.Sprintf("variant %q %d %q %q", carried.Chromosome, carried.Position, carried.Reference, carried.Alternate))
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}
