package app

import (
	"testing"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// prepared seals a table of some steps, with evidence that change may spoil, and asks to release it.
func (b *bench) prepared(d documents.Document, version string, change func(*documents.Evidence), steps ...vocabulary.Preparation) {
	b.t.Helper()
	text, err := documents.Encode(d)
	if err != nil {
		b.t.Fatal(err)
	}
	store := b.Objects("workspace")
	o := b.output
	o.OutputID, o.JobID = b.NewID(), b.NewID()
	if o.Claim.Digest, err = store.Put(b.t.Context(), text); err != nil {
		b.t.Fatal(err)
	}
	o.Claim.Size = int64(len(text))
	o.Lineage = vocabulary.Lineage{Datasets: []vocabulary.DatasetVersion{{DatasetID: d.Dataset, Version: version}}, Steps: []vocabulary.LineageStep{}}
	for _, p := range steps {
		o.Lineage.Steps = append(o.Lineage.Steps, vocabulary.LineageStep{Op: p.Op, Digest: analyses.Digest(p)})
	}
	e := documents.Evidence{Schema: documents.EvidenceSchema, Output: o.Claim.Digest, Prepare: append([]vocabulary.Preparation{}, steps...),
		Results: []documents.ResultEvidence{{Groups: []documents.GroupEvidence{}}}}
	if change != nil {
		change(&e)
	}
	shown, err := documents.EncodeEvidence(e)
	if err != nil {
		b.t.Fatal(err)
	}
	digest, err := store.PutClass(b.t.Context(), objects.Evidence, shown)
	if err != nil {
		b.t.Fatal(err)
	}
	o.Evidence = vocabulary.Claim{Digest: digest, Size: int64(len(shown)), MediaType: documents.EvidenceMediaType, Class: "evidence"}
	b.Deliver("workspace", o)
	b.output = o
	b.request()
}

func (b *bench) wantRejected(rule disclosure.Rule) {
	b.t.Helper()
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.OutputID != b.output.OutputID || got.Reason != string(rule) {
		b.t.Fatalf("rejected for %q, want %q", got.Reason, rule)
	}
}

func (b *bench) wantChecked() {
	b.t.Helper()
	if got := runtest.Last[events.ReleaseChecked](b.Bench); got.Outcome != string(disclosure.Pass) {
		b.t.Fatalf("%+v", got)
	}
}

var old = vocabulary.Preparation{Op: analyses.Filter, Where: []vocabulary.Condition{{Concept: "age", Op: analyses.GE, Value: "50"}}}

func TestAFilteredTableIsComparedWithTheWholeOneThatWasReleasedBefore(t *testing.T) {
	b := newBench(t, table(50, 60), toResearcher)
	b.request()
	b.wantChecked()
	b.prepared(table(47, 60), "1", nil, old)
	b.wantRejected(disclosure.RuleDifference)
	b.prepared(table(30, 40), "1", nil, old)
	b.wantChecked()
	// Somebody objects, and the next version of the data is asked the same.
	b.prepared(table(29, 40), "2", nil, old)
	b.wantRejected(disclosure.RuleDifference)
	younger := old
	younger.Where = []vocabulary.Condition{{Concept: "age", Op: analyses.LT, Value: "50"}}
	b.prepared(table(20, 29), "1", nil, younger)
	b.wantChecked()
}

func TestEvidenceOfAnotherOutputOrOtherStepsIsNone(t *testing.T) {
	for name, change := range map[string]func(*documents.Evidence){
		"another output": func(e *documents.Evidence) { e.Output = documents.Digest(nil) },
		"other steps":    func(e *documents.Evidence) { e.Prepare[0].Where[0].Value = "60" },
		"no steps":       func(e *documents.Evidence) { e.Prepare = []vocabulary.Preparation{} },
		"another schema": func(e *documents.Evidence) { e.Schema = "fairway.evidence.v2" },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, table(50, 60), toResearcher)
			step := old
			step.Where = append([]vocabulary.Condition{}, old.Where...)
			b.prepared(table(30, 40), "1", change, step)
			b.wantRejected(disclosure.RuleEvidence)
		})
	}
}
