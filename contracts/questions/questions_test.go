package questions

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestWhatAsksTheSameHasOneKeyAndNothingElseHas(t *testing.T) {
	is := func(concept, level string) vocabulary.Filter {
		return vocabulary.Filter{Concept: concept, Level: level}
	}
	carried := vocabulary.Variant{Chromosome: "2", Position: 10205, Reference: "T", Alternate: "G"}
	turned := vocabulary.Variant{Chromosome: "2", Position: 10205, Reference: "G", Alternate: "T"}
	one := Key([]vocabulary.Filter{is("sex", "male"), is("arm", "a")}, carried)
	if Key([]vocabulary.Filter{is("arm", "a"), is("sex", "male"), is("arm", "a")}, carried) != one {
		t.Error("order and repetition make another question")
	}
	for name, key := range map[string]string{
		"fewer filters":   Key([]vocabulary.Filter{is("sex", "male")}, carried),
		"another level":   Key([]vocabulary.Filter{is("sex", "female"), is("arm", "a")}, carried),
		"no variant":      Key([]vocabulary.Filter{is("sex", "male"), is("arm", "a")}, vocabulary.Variant{}),
		"another allele":  Key([]vocabulary.Filter{is("sex", "male"), is("arm", "a")}, turned),
		"concept shifted": Key([]vocabulary.Filter{is("sex male", ""), is("arm", "a")}, carried),
	} {
		if key == one {
			t.Errorf("%s: the same key", name)
		}
	}
}
