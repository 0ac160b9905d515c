package inquiry

import (
	"errors"
	"testing"
	"time"
)

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	deadline = noon.Add(time.Minute)
)

func open(t *testing.T, sites ...string) Inquiry {
	t.Helper()
	var parts []Part
	for _, s := range sites {
		parts = append(parts, Part{Site: s, Dataset: "trial", QuestionID: "at-" + s})
	}
	q, err := Open("q", false, deadline, parts)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestEachSiteIsNamedWithWhatItSaid(t *testing.T) {
	q := open(t, "a", "b", "c", "d", "e")
	for site, a := range map[string]Answer{"a": {Outcome: Counted, Count: 20}, "b": {Outcome: Suppressed}, "c": {Outcome: Refused, Reason: "dataset-unknown"},
		"d": {Outcome: Present}} {
		if err := q.Take("at-"+site, site, "trial", a, noon); err != nil {
			t.Fatal(site, err)
		}
	}
	if q.Over() {
		t.Fatal("over without the last")
	}
	q.Expire()
	if last := q.Parts[4]; !q.Over() || last.Outcome != Silent || last.Count != 0 || q.Parts[0].Outcome != Counted {
		t.Fatalf("%+v", q)
	}
}

func TestAnAnswerThatDoesNotFitIsNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		question, site, dataset string
		answer                  Answer
		now                     time.Time
		want                    error
	}{
		"never asked":             {"at-x", "a", "trial", Answer{Outcome: Present}, noon, ErrUnknown},
		"of another site":         {"at-a", "b", "trial", Answer{Outcome: Present}, noon, ErrUnknown},
		"of another dataset":      {"at-a", "a", "other", Answer{Outcome: Present}, noon, ErrUnknown},
		"twice":                   {"at-b", "b", "trial", Answer{Outcome: Present}, noon, ErrAnswered},
		"late":                    {"at-a", "a", "trial", Answer{Outcome: Present}, deadline, ErrLate},
		"counted none":            {"at-a", "a", "trial", Answer{Outcome: Counted}, noon, ErrInvalid},
		"a number not told":       {"at-a", "a", "trial", Answer{Outcome: Suppressed, Count: 3}, noon, ErrInvalid},
		"called and not told":     {"at-a", "a", "trial", Answer{Outcome: Present, Called: 300}, noon, ErrInvalid},
		"refused without reason":  {"at-a", "a", "trial", Answer{Outcome: Refused}, noon, ErrInvalid},
		"silent by its own words": {"at-a", "a", "trial", Answer{Outcome: Silent}, noon, ErrInvalid},
	} {
		q := open(t, "a", "b")
		if err := q.Take("at-b", "b", "trial", Answer{Outcome: Suppressed}, noon); err != nil {
			t.Fatal(err)
		}
		if err := q.Take(c.question, c.site, c.dataset, c.answer, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if q.Parts[0].Outcome != "" || q.Parts[1].Outcome != Suppressed {
			t.Errorf("%s: %+v", name, q.Parts)
		}
	}
	q := open(t, "a")
	q.Boolean = true
	if err := q.Take("at-a", "a", "trial", Answer{Outcome: Counted, Count: 20}, noon); !errors.Is(err, ErrInvalid) {
		t.Errorf("more than was asked: %v", err)
	}
}

func TestNobodyIsAskedTwiceOfADataset(t *testing.T) {
	for name, parts := range map[string][]Part{"nobody": nil, "twice": {{Site: "a", Dataset: "d"}, {Site: "a", Dataset: "d"}}} {
		if _, err := Open("q", false, deadline, parts); !errors.Is(err, ErrTargets) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open("q", false, deadline, []Part{{Site: "a", Dataset: "d"}, {Site: "a", Dataset: "e"}, {Site: "b", Dataset: "d"}}); err != nil {
		t.Error(err)
	}
}

func TestATotalIsOfThoseThatTold(t *testing.T) {
	counts := Answer{Outcome: Counted, Count: 20}
	for name, c := range map[string]struct {
		answers []Answer
		sum     int64
		of      string
		told    bool
	}{
		"all":        {[]Answer{counts, counts}, 40, OfAll, true},
		"not told":   {[]Answer{counts, {Outcome: Suppressed}}, 20, OfThoseThatTold, true},
		"silent":     {[]Answer{counts, {Outcome: Silent}}, 20, OfThoseThatTold, true},
		"no numbers": {[]Answer{{Outcome: Present}, {Outcome: Suppressed}}, 0, OfThoseThatTold, false},
	} {
		q := open(t, "a", "b")
		for i, a := range c.answers {
			q.Parts[i].Answer = a
		}
		if sum, of, told := q.Total(); sum != c.sum || of != c.of || told != c.told {
			t.Errorf("%s: %d of %s, %v", name, sum, of, told)
		}
	}
}
