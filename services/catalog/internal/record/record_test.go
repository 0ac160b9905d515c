package record

import (
	"errors"
	"testing"
)

func TestAnAmbiguousDictionaryIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		dictionary []Variable
		want       error
	}{
		"plain":            {[]Variable{{Concept: "age", Column: "age", Type: "number"}, {Concept: "death", Column: "status", Type: "event", EventValue: "2"}}, nil},
		"concept twice":    {[]Variable{{Concept: "age", Column: "a", Type: "number"}, {Concept: "age", Column: "b", Type: "number"}}, ErrDictionary},
		"column twice":     {[]Variable{{Concept: "a", Column: "age", Type: "number"}, {Concept: "b", Column: "age", Type: "number"}}, ErrDictionary},
		"genotypes":        {[]Variable{{Concept: "genotype", Column: "genotypes", Type: "genotype"}}, nil},
		"genotypes' name":  {[]Variable{{Concept: "variants", Column: "genotypes", Type: "genotype"}}, ErrDictionary},
		"genotype's type":  {[]Variable{{Concept: "genotype", Column: "gt", Type: "category"}}, ErrDictionary},
		"event, no value":  {[]Variable{{Concept: "death", Column: "status", Type: "event"}}, ErrDictionary},
		"identifier":       {[]Variable{{Concept: "person", Column: "id", Type: "identifier"}}, nil},
		"person as number": {[]Variable{{Concept: "person", Column: "id", Type: "integer"}}, ErrDictionary},
		"other identifier": {[]Variable{{Concept: "patient", Column: "id", Type: "identifier"}}, ErrDictionary},
		"number and value": {[]Variable{{Concept: "age", Column: "age", Type: "number", EventValue: "1"}}, ErrDictionary},
	} {
		t.Run(name, func(t *testing.T) {
			if err := CheckDictionary(c.dictionary); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestOnlyLevelsOfTheDictionaryCanBeAskedFor(t *testing.T) {
	d := []Variable{{Concept: "sex", Column: "sex", Type: "category", Levels: map[string]string{"1": "male", "2": "female"}}}
	for want, ask := range map[error][2]string{nil: {"sex", "male"}, ErrLevelUnknown: {"sex", "1"}, ErrVariableUnknown: {"age", "70"}} {
		if err := CheckFilter(d, ask[0], ask[1]); !errors.Is(err, want) {
			t.Errorf("%v: got %v, want %v", ask, err, want)
		}
	}
}

func TestAQuestionIsAnsweredOnce(t *testing.T) {
	s, err := Status("").Become(Asked)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Become(Answered); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Become(Answered); !errors.Is(err, ErrTransition) {
		t.Fatalf("got %v", err)
	}
}

func TestCarriersAreAskedForWhereThereAreGenotypes(t *testing.T) {
	if err := CheckVariant([]Variable{{Concept: "age", Type: "number"}, {Concept: "genotype", Column: "g", Type: "genotype"}}); err != nil {
		t.Error(err)
	}
	if err := CheckVariant([]Variable{{Concept: "age", Type: "number"}}); !errors.Is(err, ErrVariableUnknown) {
		t.Error(err)
	}
}
