package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// put asks a question and waits for the answer.
func (b *bench) put(q catalog.QuestionAsked) events.CountAnswered {
	b.t.Helper()
	n := len(runtest.Sent[events.CountAnswered](b.Bench))
	if q.QuestionID = b.NewID(); q.Filters == nil {
		q.Filters = []vocabulary.Filter{}
	}
	b.Deliver("catalog", q)
	a := runtest.Await[events.CountAnswered](b.Bench, n+1)[n]
	if a.QuestionID != q.QuestionID {
		b.t.Fatalf("%+v answers %+v", a, q)
	}
	a.QuestionID, a.DatasetID = "", ""
	return a
}

// 2:10205 T>G: 26 carriers of 300 called and 22 of 302. 2:10363 G>A: nobody, and three.
func TestCarriersAreToldByTheProfilesOfTheSitesThatHoldThem(t *testing.T) {
	common := vocabulary.Variant{Chromosome: "2", Position: 10205, Reference: "T", Alternate: "G"}
	rare := vocabulary.Variant{Chromosome: "2", Position: 10363, Reference: "G", Alternate: "A"}
	none := vocabulary.Variant{Chromosome: "2", Position: 10363, Reference: "G", Alternate: "C"}
	suppressedCount := events.CountAnswered{Outcome: suppressed, Granularity: "count"}
	suppressedBoolean := events.CountAnswered{Outcome: suppressed, Granularity: "boolean"}
	for site, c := range map[string]struct {
		dataset string
		everybody,
		common events.CountAnswered
	}{
		"securevre": {"kgp-1", events.CountAnswered{Outcome: counted, Granularity: "count", Count: 310},
			events.CountAnswered{Outcome: counted, Granularity: "count", Count: 20, Called: 300}},
		"openvre": {"kgp-2", events.CountAnswered{Outcome: counted, Granularity: "count", Count: 310},
			events.CountAnswered{Outcome: counted, Granularity: "count", Count: 20, Called: 300}},
	} {
		t.Run(site, func(t *testing.T) {
			profile, err := os.ReadFile(filepath.Join("../../../../federation/sites", site+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			b, _ := genomes(t, runtest.Profile(string(profile)))
			for name, q := range map[string]struct {
				variant     vocabulary.Variant
				granularity string
				want        events.CountAnswered
			}{
				"everybody":            {vocabulary.Variant{}, "count", c.everybody},
				"common, count":        {common, "count", c.common},
				"common, boolean":      {common, "boolean", events.CountAnswered{Outcome: present, Granularity: "boolean"}},
				"rare, count":          {rare, "count", suppressedCount},
				"rare, boolean":        {rare, "boolean", suppressedBoolean},
				"not there, count":     {none, "count", suppressedCount},
				"not there, boolean":   {none, "boolean", suppressedBoolean},
				"by default, a number": {common, "", c.common},
			} {
				for range 2 {
					if got := b.put(catalog.QuestionAsked{DatasetID: c.dataset, Variant: q.variant, Granularity: q.granularity}); got != q.want {
						t.Errorf("%s: %+v", name, got)
					}
				}
			}
		})
	}
}

// people writes a file of people of two sexes.
func (b *bench) people(men, women int) {
	b.t.Helper()
	path := filepath.Join(filepath.Dir(b.holdings), "lung.csv")
	text := "time,status,sex,inst\n" + strings.Repeat("1,2,1,1\n", men) + strings.Repeat("1,2,2,1\n", women)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.write(map[string]string{"lung": path})
}

func (b *bench) version(v string) {
	b.t.Helper()
	b.Deliver("catalog", catalog.DatasetPublished{DatasetID: "lung", Title: "A trial", Holder: "A holder", Version: v, AccessRights: "RESTRICTED",
		Dictionary: trials["lung"]})
}

func TestOneVersionHasOneAnswerAndAPersonMoreOrLessDoesNotChangeTheNext(t *testing.T) {
	b := newBench(t) // threshold 5
	men := catalog.QuestionAsked{DatasetID: "lung", Filters: []vocabulary.Filter{{Concept: "sex", Level: "male"}}}
	for _, step := range []struct {
		version string
		men     int
		want    int64
	}{
		{"2", 20, 20},
		{"2", 19, 20}, // the file was replaced without a new version
		{"3", 19, 20}, // one objects
		{"4", 16, 20}, // and three more
		{"5", 15, 15}, // five: a difference that may be told
		{"6", 19, 15},
		{"7", 20, 20},
		{"8", 4, 0},
	} {
		b.people(step.men, 40)
		b.version(step.version)
		b.Restart()
		if got := b.put(men); got.Count != step.want || (got.Outcome == suppressed) != (step.want == 0) {
			t.Errorf("version %s, %d men: %+v", step.version, step.men, got)
		}
	}
}

// A total, its parts and their complements, as files of people: nothing tells of the four women.
func TestAComplementDoesNotTellOfFew(t *testing.T) {
	for _, men := range []int{9, 10, 11, 46} {
		b := newBench(t)
		b.people(men, 4)
		b.version("2")
		told := map[string]events.CountAnswered{}
		for _, sex := range []string{"", "male", "female"} {
			q := catalog.QuestionAsked{DatasetID: "lung"}
			if sex != "" {
				q.Filters = []vocabulary.Filter{{Concept: "sex", Level: sex}}
			}
			told[sex] = b.put(q)
		}
		bounds := func(a events.CountAnswered) (low, high int64) {
			if a.Outcome == suppressed {
				return 0, 9
			}
			return a.Count, a.Count + 4
		}
		allLow, allHigh := bounds(told[""])
		menLow, menHigh := bounds(told["male"])
		if told["female"].Outcome != suppressed || told["female"].Count != 0 {
			t.Errorf("%d men: %+v", men, told["female"])
		}
		if low, high := allLow-menHigh, min(9, allHigh-menLow); low >= 1 && high <= 4 {
			t.Errorf("%d men: %d to %d women follow from %+v", men, low, high, told)
		}
	}
}
