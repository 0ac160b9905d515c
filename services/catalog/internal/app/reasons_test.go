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
			if got := runtest.Last[catalog.DatasetUpdated](b); got.Version != "3" || got.PreviousVersion != "1" {
				t.Fatalf("a sound description after it gave version %s", got.Version)
			}
		})
	}
}

func TestAWithdrawnDatasetIsFoundAgainOnlyInANewVersion(t *testing.T) {
	b := runtest.New(t, "catalog", Register)
	manager, researcher := b.Person("data-manager"), b.Person("researcher")
	age := vocabulary.Variable{Concept: "age", Column: "age", Type: "number"}
	withdrawal := catalog.DatasetWithdraw{DatasetID: "trial-7", Reason: "consent-withdrawn"}
	want := func(reason string) {
		t.Helper()
		if got := runtest.Last[catalog.ActRefused](b); got.Reason != reason {
			t.Fatalf("refused for %s, not %s", got.Reason, reason)
		}
	}
	b.Act(manager, withdrawal)
	want(ReasonDatasetUnknown)
	b.Act(manager, description("1", age))
	b.Act(researcher, withdrawal)
	want("role-missing")
	b.Act(manager, withdrawal)
	if got := runtest.Last[catalog.DatasetWithdrawn](b); got.Reason != "consent-withdrawn" {
		t.Fatalf("%+v", got)
	}
	b.Act(manager, withdrawal)
	want(ReasonTransition)
	b.Act(researcher, catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: "trial-7"})
	want(ReasonDatasetUnknown)
	b.Act(manager, description("1", age))
	want(ReasonSameVersion)
	b.Act(manager, description("2", age))
	if all := runtest.Sent[catalog.DatasetPublished](b); len(all) != 2 || all[1].Version != "2" {
		t.Fatalf("%+v", all)
	}
}

func TestASiteWhereNoIdentifiersLeavePublishesNoneThatCanBeAskedFor(t *testing.T) {
	b := runtest.New(t, "catalog", Register, runtest.Profile(runtest.DefaultProfile+"export: {identifiersRefused: true}\n"))
	manager := b.Person("data-manager")
	b.Act(manager, description("1", vocabulary.Variable{Concept: "cohort", Column: "participant_id", Type: "category"}))
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != ReasonIdentifier {
		t.Fatalf("refused for %s", got.Reason)
	}
	b.Act(manager, description("1", vocabulary.Variable{Concept: "person", Column: "participant_id", Type: "identifier"}))
	if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 1 {
		t.Fatalf("published %d times", n)
	}
}

func TestTheRecordOfAHolderSaysWhereTheDataAreHosted(t *testing.T) {
	b := runtest.New(t, "catalog", Register, runtest.Profile(runtest.DefaultProfile+"hosting: {workspace: none, at: harbour}\n"))
	manager := b.Person("data-manager")
	elsewhere := description("1")
	elsewhere.HostedAt = "denbi"
	b.Act(manager, elsewhere)
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != ReasonHostedElsewhere {
		t.Fatalf("refused for %s", got.Reason)
	}
	own := description("1")
	own.DataUse = []string{"HMB", "NPU"}
	b.Act(manager, own)
	if got := runtest.Last[catalog.DatasetPublished](b); got.HostedAt != "harbour" || len(got.DataUse) != 2 {
		t.Fatalf("%+v", got)
	}
	b.Act(b.Person("researcher"), catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: own.DatasetID, Filters: []vocabulary.Filter{}})
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != ReasonHostedElsewhere {
		t.Fatalf("a question about data that lie elsewhere is refused for %s", got.Reason)
	}
}
