package plan

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
)

// examples are the plans that features/cmd/fairway plays, each of which has known answers.
func examples(t *testing.T) (all []Plan) {
	t.Helper()
	names, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("there are no plans", err)
	}
	for _, name := range names {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Expected) == 0 {
			t.Errorf("%s knows no answer beforehand", name)
		}
		all = append(all, p)
	}
	return all
}

// names tells whether an analysis of a plan names a member of the table.
func (a Analysis) names(member string) bool {
	of := reflect.TypeFor[Analysis]()
	for i := range of.NumField() {
		if of.Field(i).Tag.Get("yaml") == member {
			return !reflect.ValueOf(a).Field(i).IsZero()
		}
	}
	return false
}

// TestEveryAnalysisIsPlayedThroughAPlan holds the plans against the table of what may be asked: each kind, in each way of
// combining it, with each member that it takes.
func TestEveryAnalysisIsPlayedThroughAPlan(t *testing.T) {
	var asked []Analysis
	for _, p := range examples(t) {
		for i, a := range p.Analyses {
			a.Combine = analyses.Combining(p.asked()[i])
			asked = append(asked, a)
		}
	}
	for _, kind := range analyses.Kinds() {
		needs, takes, ways := analyses.Members(kind)
		for _, way := range ways {
			if !slices.ContainsFunc(asked, func(a Analysis) bool { return a.Kind == kind && a.Combine == way }) {
				t.Errorf("no plan in testdata asks %s combined as %s: add one, with a known answer", kind, way)
			}
		}
		for _, member := range slices.Concat(needs, takes) {
			if !slices.ContainsFunc(asked, func(a Analysis) bool { return a.Kind == kind && a.names(member) }) {
				t.Errorf("no plan in testdata asks %s with %s: add one, with a known answer", kind, member)
			}
		}
	}
}
