package app

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func description(version string, dictionary ...vocabulary.Variable) catalog.DatasetDescribe {
	return catalog.DatasetDescribe{DatasetID: "trial-7", Title: "Trial 7", Holder: "A holder", Version: version, AccessRights: "RESTRICTED",
		Dictionary: dictionary}
}

func TestADescriptionThatContradictsItselfOrRepeatsItsVersionIsNotPublished(t *testing.T) {
	age := vocabulary.Variable{Concept: "age", Column: "age", Type: "number"}
	for name, c := range map[string]struct {
		act    catalog.DatasetDescribe
		reason string
	}{
		"a concept twice":  {description("2", age, vocabulary.Variable{Concept: "age", Column: "years", Type: "number"}), ReasonDictionary},
		"a column twice":   {description("2", age, vocabulary.Variable{Concept: "years", Column: "age", Type: "number"}), ReasonDictionary},
		"the same version": {description("1", age), ReasonSameVersion},
	} {
		t.Run(name, func(t *testing.T) {
			b := runtest.New(t, "catalog", Register)
			manager := b.Person("data-manager")
			b.Act(manager, description("1", age))
			b.Act(manager, c.act)
			if got := runtest.Last[catalog.ActRefused](b); got.Reason != c.reason {
				t.Fatalf("refused for %s, not %s", got.Reason, c.reason)
			}
			if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 1 {
				t.Fatalf("published %d times, not the first alone", n)
			}
			b.Act(manager, description("3", age))
			if got := runtest.Last[catalog.DatasetPublished](b); got.Version != "3" {
				t.Fatalf("a sound description after it gave version %s", got.Version)
			}
		})
	}
}
