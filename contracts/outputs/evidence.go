package outputs

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// EvidenceSchema names this version of the evidence.
const EvidenceSchema = "fairway.evidence.v1"

// EvidenceMediaType is what a claim check says about evidence.
const EvidenceMediaType = "application/vnd.fairway.evidence.v1+json"

// Evidence is what a site's checkers need beside an output, and nobody else may
// see: it holds numbers of single people. It is an object of class evidence,
// which no event names outside the site.
type Evidence struct {
	Schema string `json:"schema"`
	Output string `json:"output"` // digest of the output that it is about
	// Prepare is how the table was made, as it was asked.
	Prepare []vocabulary.Preparation `json:"prepare"`
	// Results are of the output's results, in their order.
	Results []ResultEvidence `json:"results"`
}

// ResultEvidence is of the groups of one result, in their order; empty for a
// kind that needs none.
type ResultEvidence struct {
	Groups []GroupEvidence `json:"groups"`
}

// GroupEvidence is of one group of a [Summary], also of a suppressed one: its
// people, the sum of the measure, the largest and second largest contribution,
// how many are below zero, and of how few people the mean and the standard
// deviation tell the value (suppression.Placed). Of a [PolygenicScore] it is of one
// group: its people, the sum of their scores, and the fewest who are so placed or
// carry the rarer allele of one of the variants. Of a [RatioPart] it is of one arm:
// its people, how many had the outcome, and how many in the two strata with the
// most.
type GroupEvidence struct {
	N         int     `json:"n"`
	Sum       float64 `json:"sum"`
	Largest   float64 `json:"largest"`
	Second    float64 `json:"second"`
	Negatives int     `json:"negatives"`
	Fewest    int     `json:"fewest"`
}

// EncodeEvidence gives the one text of evidence.
func EncodeEvidence(e Evidence) ([]byte, error) {
	text, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("%w: encode evidence: %w", ErrInvalid, err)
	}
	return text, nil
}

// DecodeEvidence reads evidence that is in its one text. Its errors hold no
// value.
func DecodeEvidence(text []byte) (Evidence, error) {
	var e Evidence
	if err := decodeStrict(text, &e); err != nil {
		return Evidence{}, fmt.Errorf("%w: evidence", ErrMalformed)
	}
	again, err := EncodeEvidence(e)
	if err != nil || !bytes.Equal(text, again) {
		return Evidence{}, fmt.Errorf("%w: evidence: not in its one text", errors.Join(ErrMalformed, err))
	}
	if e.Schema != EvidenceSchema {
		return Evidence{}, fmt.Errorf("%w: evidence: schema must be %s", ErrInvalid, EvidenceSchema)
	}
	return e, nil
}
