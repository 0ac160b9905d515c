package record

import (
	"errors"
	"testing"
)

func TestNothingThatNamesAPersonCanBeAskedFor(t *testing.T) {
	identifies := func(name string) bool { return name == "participant_id" }
	for name, c := range map[string]struct {
		variable Variable
		want     error
	}{
		"a measurement":         {Variable{Concept: "age", Column: "age", Type: "number"}, nil},
		"the identifier":        {Variable{Concept: "person", Column: "participant_id", Type: "identifier"}, nil},
		"an identifying column": {Variable{Concept: "cohort", Column: "participant_id", Type: "category"}, ErrIdentifier},
		"a concept":             {Variable{Concept: "participant_id", Column: "c7", Type: "category"}, ErrIdentifier},
	} {
		if err := CheckIdentifiers([]Variable{c.variable}, identifies); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARecordIsPublishedUpdatedAndWithdrawn(t *testing.T) {
	allowed := map[Life]map[Life]bool{"": {Published: true}, Published: {Updated: true, Withdrawn: true},
		Updated: {Updated: true, Withdrawn: true}, Withdrawn: {Published: true}}
	all := []Life{"", Published, Updated, Withdrawn}
	for _, from := range all {
		for _, to := range all {
			got, err := from.Become(to)
			if allowed[from][to] != (err == nil) || err == nil && got != to || err != nil && !errors.Is(err, ErrRecord) {
				t.Errorf("%q to %q: %q, %v", from, to, got, err)
			}
		}
	}
}
