package analysis

import (
	"context"
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

func TestOnlyRowsThatHaveAllLevelsMatch(t *testing.T) {
	on := func(n float64) Value { return Value{Number: n, Present: true} }
	table := Table{Columns: map[string]Column{
		"sex": {Type: Category, Levels: []string{"male", "female"}, Values: []Value{on(0), on(1), on(1), {}}},
		"arm": {Type: Category, Levels: []string{"no", "yes"}, Values: []Value{on(1), on(1), on(0), on(1)}},
		"age": {Type: Number, Values: []Value{on(1), on(2), on(3), on(4)}},
	}}
	for want, levels := range map[int][]outputs.Level{
		4: nil,
		2: {{Concept: "sex", Level: "female"}},
		1: {{Concept: "sex", Level: "female"}, {Concept: "arm", Level: "yes"}},
		0: {{Concept: "sex", Level: "female"}, {Concept: "sex", Level: "male"}},
	} {
		if n, err := Matching(context.Background(), table, levels); n != want || err != nil {
			t.Errorf("%v: %d, %v", levels, n, err)
		}
	}
	if _, err := Matching(context.Background(), table, []outputs.Level{{Concept: "sex", Level: "x"}}); !errors.Is(err, ErrRequest) {
		t.Error(err)
	}
	if _, err := Matching(context.Background(), table, []outputs.Level{{Concept: "age", Level: "1"}}); !errors.Is(err, ErrConcept) {
		t.Error(err)
	}
}
