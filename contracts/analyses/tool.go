package analyses

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/go-json-experiment/json"
)

// description is what an analysis of a kind is: what it needs, what it takes and how its answers are combined.
type description struct {
	Kind     string   `json:"kind"`
	Needs    []string `json:"needs"`
	Takes    []string `json:"takes"`
	Combined []string `json:"combined"`
	Genotype bool     `json:"genotype"`
}

// Tool is the digest of the published description of a kind, by which a site's registry of tools knows it: SHA-256 of its
// line of the table as canonical JSON. It is empty for an unknown kind. It changes with what the kind may be asked for, so
// that a site which registered the tool decides anew.
func Tool(name string) string {
	k, known := table[name]
	if !known {
		return ""
	}
	text, err := json.Marshal(description{name, k.must, k.may, k.combine, k.genotype}, json.Deterministic(true))
	if err != nil { // strings and lists of strings alone
		panic(err)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
