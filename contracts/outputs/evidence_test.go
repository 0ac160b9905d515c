package outputs

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestEvidenceHasOneText(t *testing.T) {
	e := Evidence{Schema: EvidenceSchema, Output: Digest(nil), Prepare: []vocabulary.Preparation{{Op: "link", Dataset: "events"}},
		Results: []ResultEvidence{{Groups: []GroupEvidence{}}, {Groups: []GroupEvidence{{N: 12, Sum: 100, Largest: 40, Second: 20}}}}}
	text, err := EncodeEvidence(e)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeEvidence(text); err != nil || !reflect.DeepEqual(got, e) {
		t.Fatalf("%+v %v", got, err)
	}
	for name, other := range map[string]string{
		"unknown member": strings.Replace(string(text), `"n":12`, `"n":12,"name":"x"`, 1),
		"missing member": strings.Replace(string(text), `"negatives":0`, ``, 1),
		"spaces":         string(text) + " ",
		"other schema":   strings.Replace(string(text), "evidence.v1", "evidence.v2", 1),
	} {
		if _, err := DecodeEvidence([]byte(other)); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
