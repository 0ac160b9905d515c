package border

import (
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// known are the labels of a record, and of a question that makes concepts of it.
func known() Labels {
	l := Labels{}
	l.Describe([]vocabulary.Variable{{Concept: "age", Type: "number"}, {Concept: "death", Type: "event", EventValue: "1"},
		{Concept: "institution", Type: "category"},
		{Concept: "sex", Type: "category", Levels: []vocabulary.Level{{Code: "1", Label: "male"}, {Code: "2", Label: "female"}}}})
	l.Describe([]vocabulary.Variable{{Concept: "sex", Type: "category", Levels: []vocabulary.Level{{Code: "3", Label: "other"}, {Code: "1", Label: "male"}}}})
	l.Prepare([]vocabulary.Preparation{
		{Op: "filter", Where: []vocabulary.Condition{{Concept: "age", Op: "lt", Value: "90"}}},
		{Op: "derive", Concept: "age", Cuts: []string{"40"}, Levels: []string{"young", "old"}, As: "age-group"},
		{Op: "derive", Where: []vocabulary.Condition{{Concept: "age", Op: "lt", Value: "40"}}, As: "early"},
		{Op: "recode", Concept: "sex", Recodes: []vocabulary.Recode{{From: "other", To: "unknown"}}, As: "gender"},
		{Op: "recode", Concept: "institution", Recodes: []vocabulary.Recode{{From: "12", To: "twelve"}}, As: "where"},
		{Op: "recode", Concept: "sex", Lookup: outputs.Digest(nil), As: "looked-up"},
		{Op: "aggregate", How: "any", As: "ill"},
		{Op: "aggregate", How: "last", Concept: "sex", Order: "age", As: "last-sex"},
		{Op: "aggregate", How: "mean", Concept: "age", As: "mean-age"},
	})
	return l
}

func TestALevelCrossesThatTheRecordOrTheQuestionGives(t *testing.T) {
	for _, c := range []struct {
		concept, level string
		known          bool
	}{
		{"sex", "male", true}, {"sex", "other", true}, {"sex", "Jane-Doe", false}, {"sex", "", false},
		{"death", "yes", true}, {"death", "1", false},
		{"age", "61", false}, {"institution", "12", false}, {"nothing-known", "yes", false}, {"", "all", false},
		{"age-group", "old", true}, {"age-group", "40", false},
		{"early", "no", true}, {"early", "young", false},
		{"gender", "unknown", true}, {"gender", "female", true}, {"gender", "other", false},
		{"where", "twelve", true}, {"where", "13", false},
		{"looked-up", "whatever-the-table-says", true},
		{"ill", "yes", true}, {"ill", "ill", false},
		{"last-sex", "female", true}, {"last-sex", "later", false}, {"mean-age", "61", false},
	} {
		count := outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{{Concept: "sex", Level: "male"}}}, {By: []outputs.Level{{Concept: c.concept, Level: c.level}}}}}
		if c.concept == "" {
			count.Cells[1].By[0].Concept = "sex" // the word for everybody is one of scores alone
		}
		judged(t, c.concept+" "+c.level, known().Check(document(count), "trial", make([]vocabulary.Analysis, 1)), c.known)
	}
}

func document(r outputs.Result) outputs.Document {
	return outputs.Document{Schema: outputs.Schema, Dataset: "trial", Results: []outputs.Result{r}}
}

// judged asks that a document passed, or was refused as saying what was not known.
func judged(t *testing.T, what string, err error, passes bool) {
	t.Helper()
	var r *Refused
	if passes && err != nil || !passes && (!errors.As(err, &r) || r.Reason != LabelUnknown) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestAScoreOfEverybodyIsOfAll(t *testing.T) {
	for level, passes := range map[string]bool{"all": true, "everybody": false} {
		score := outputs.PolygenicScore{Groups: []outputs.ScoreGroup{{Level: level}}}
		judged(t, level, known().Check(document(score), "trial", make([]vocabulary.Analysis, 1)), passes)
	}
}

func TestADocumentIsOfTheDatasetThatWasAsked(t *testing.T) {
	judged(t, "another name", known().Check(document(outputs.Count{}), "west", make([]vocabulary.Analysis, 1)), false)
}

// A host knows the levels that its own question makes, and no other site's record.
func TestAHostHoldsALevelToWhatItsQuestionGives(t *testing.T) {
	asked := []vocabulary.Analysis{{Kind: "count", By: []string{"sex", "age-group"}}}
	steps := []vocabulary.Preparation{{Op: "derive", Concept: "age", Cuts: []string{"40"}, Levels: []string{"young", "old"}, As: "age-group"},
		{Op: "recode", Concept: "stage", Recodes: []vocabulary.Recode{{From: "1", To: "early"}}, As: "when"}}
	l := Labels{}
	l.Open(asked, steps)
	l.Prepare(steps)
	for _, c := range []struct {
		told   outputs.Level
		passes bool
	}{
		{outputs.Level{Concept: "sex", Level: "male"}, true}, {outputs.Level{Concept: "age-group", Level: "old"}, true},
		{outputs.Level{Concept: "age-group", Level: "Jane-Doe"}, false}, {outputs.Level{Concept: "when", Level: "late"}, true},
		{outputs.Level{Concept: "not-asked", Level: "yes"}, false},
	} {
		judged(t, c.told.Concept, l.Check(document(outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{c.told}}}}), "trial", asked), c.passes)
	}
}

func TestAVariantThatNobodyNamedHasANameOfTheClosedForms(t *testing.T) {
	for _, c := range []struct {
		chromosome, id string
		listed, passes bool
	}{
		{"10", "rs123456789", false, true}, {"chrX", "ss12", false, true}, {"2", "2:10205:T:G", false, true}, {"2", "2:10205:G:T", false, true},
		{"2", "2:10206:T:G", false, false}, {"2", "Jane-Doe", false, false}, {"2", "rs", false, false}, {"2", "rs0123", false, false},
		{"2", "exm-12", true, true}, {"Jane-Doe", "rs123", false, false}, {"Jane-Doe", "exm-12", true, false},
	} {
		var v outputs.Variants
		v.Add(c.chromosome, 10205, c.id, "G", "T")
		asked := []vocabulary.Analysis{{Kind: "allele-frequency"}}
		if c.listed {
			asked[0].Variants = []string{c.id}
		}
		for _, r := range []outputs.Result{outputs.AlleleFrequency{Variants: v}, outputs.Association{Variants: v}} {
			judged(t, c.chromosome+" "+c.id, known().Check(document(r), "trial", asked), c.passes)
		}
	}
}
