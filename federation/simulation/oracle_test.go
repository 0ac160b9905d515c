package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// The oracle knows everybody's rows and computes each answer anew, from the rows of the sites that it is made of put
// together, in the simplest way: it counts, it sums over people, it climbs with Newton's method. It shares no code with the
// program but what the answers are written in.

// output is what a workspace sealed: an answer of its site, or one that the host of a study made of such.
type output struct {
	site     string
	digest   string
	combined bool
	document outputs.Document
}

// readAnswers reads what was sealed and not read yet, before anything is deleted.
func (w *world) readAnswers(all []seen) {
	w.t.Helper()
	for _, s := range facts[workspace.OutputSealed](all) {
		digest := s.is.Claim.Digest
		if _, known := w.answers[digest]; known {
			continue
		}
		o := output{site: siteOf(s.seen), digest: digest, combined: len(s.is.Inputs) > 0}
		store, err := objects.Open(filepath.Join(w.place(o.site).dir, setup.ObjectsDir), topics.Workspace)
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := store.Get(context.Background(), digest)
		store.Close()
		if errors.Is(err, objects.ErrNotFound) {
			continue // its workspace is closed, and what was left there deleted
		}
		if err == nil {
			o.document, err = outputs.Decode(text)
		}
		if err != nil {
			w.t.Fatalf("read what %s sealed: %v", o.site, err)
		}
		w.answers[digest] = o
	}
}

// truth holds every answer against the rows of those who answered, and every combination against what was asked and who
// is said to have answered.
func truth(h history) (b breaches) {
	clear(h.judged)
	for _, digest := range slices.Sorted(maps.Keys(h.answers)) {
		b = append(b, h.answers[digest].judge(h)...)
	}
	asked := map[string][]vocabulary.Analysis{}
	for _, o := range facts[federation.StudyOpened](h.records) {
		asked[o.is.StudyID] = o.is.Analyses
	}
	for _, c := range facts[federation.StudyCompleted](h.records) {
		if o, there := h.answers[c.is.Digest]; there {
			b = append(b, o.follows(h, asked[c.is.StudyID], c.is)...)
		}
	}
	return b
}

// judge computes each result anew.
func (o output) judge(h history) (b breaches) {
	for _, r := range o.document.Results {
		made := &oracle{what: fmt.Sprintf("%s of %s at %s", r.Kind(), o.document.Dataset, o.site), precision: 1e-7}
		made.take(h, o, r)
		h.judged[nameOf(r)]++
		made.result(r)
		b = append(b, made.breaches...)
	}
	return b
}

// follows holds a combination against the question, and against the manifest: it is made of those who returned an answer
// and of nobody else.
func (o output) follows(h history, asked []vocabulary.Analysis, c federation.StudyCompleted) (b breaches) {
	asked = slices.DeleteFunc(slices.Clone(asked), func(a vocabulary.Analysis) bool { return a.Kind == analyses.KaplanMeier })
	b.unless(len(asked) == len(o.document.Results), "study %s asked %d analyses and has %d answers", c.StudyID, len(asked), len(o.document.Results))
	var returned []string
	for _, e := range c.Manifest {
		if e.Outcome == "returned" {
			returned = append(returned, e.Site+"/"+e.DatasetID)
		}
	}
	slices.Sort(returned)
	for i, r := range o.document.Results {
		var from []string
		for _, s := range outputs.Sources(r) {
			from = append(from, s.Site+"/"+h.answers[s.OutputDigest].document.Dataset)
		}
		slices.Sort(from)
		b.unless(slices.Equal(from, returned), "the %s of study %s is of %q, and %q returned an answer", r.Kind(), c.StudyID, from, returned)
		b.unless(i >= len(asked) || answers(asked[i], r), "the %s of study %s is not the %s that was asked", r.Kind(), c.StudyID, asked[min(i, len(asked)-1)].Kind)
	}
	return b
}

// answers reports whether a combination is of the kind and way that was asked for.
func answers(a vocabulary.Analysis, r outputs.Result) bool {
	switch r := r.(type) {
	case outputs.Model:
		return r.Analysis == a.Kind && r.Method == analyses.Combining(a) && r.Stratum == a.Stratum
	case outputs.Combination:
		return a.Kind == analyses.LogRank && r.Stratum == a.Stratum
	case outputs.AlleleFrequency:
		return a.Kind == r.Kind() && (len(r.BySite) > 0) == (a.Combine == analyses.PerSite)
	case outputs.Association:
		return a.Kind == r.Kind() && (len(r.BySite) > 0) == (a.Combine == analyses.PerSite)
	case outputs.PolygenicScore:
		return a.Kind == r.Kind() && (len(r.Groups) > 0) == (a.Combine == analyses.Pooled)
	}
	return a.Kind == r.Kind()
}

// part is the people of one dataset of one site of whom all is known that was asked.
type part struct {
	site   string
	people []row
}

// named reports whether any result of a document is of a concept that people may lack. All results of one document are of
// the same people.
func (o output) named(concept string) bool {
	return slices.ContainsFunc(o.document.Results, func(r outputs.Result) bool {
		switch r := r.(type) {
		case outputs.Summary:
			return r.Measure == concept
		case outputs.Model:
			return r.Outcome == concept
		case outputs.ModelPart:
			return r.Outcome == concept
		}
		return false
	})
}

// oracle computes one answer anew.
type oracle struct {
	breaches
	what      string
	parts     []part
	rows      int     // of all, also of those of whom something is missing
	threshold int     // the largest of the sites
	rounding  int     // by how much a count may be off, for rounding alone
	precision float64 // by what share of itself a number may be off
}

// take notes whose people a result tells of.
func (o *oracle) take(h history, of output, r outputs.Result) {
	from := []output{of}
	if sources := outputs.Sources(r); len(sources) > 0 {
		from = nil
		for _, s := range sources {
			answer := h.answers[s.OutputDigest]
			answer.site = s.Site // others may have given the very same answer
			from = append(from, answer)
		}
	}
	for _, f := range from {
		complete := having(h.people[f.site], func(p row) bool { return p.weighed || !f.named("weight") })
		o.parts, o.rows = append(o.parts, part{f.site, complete}), o.rows+len(h.people[f.site])
		o.threshold = max(o.threshold, h.rules[f.site].Threshold)
		o.rounding += h.rules[f.site].Disclosure.Rounding / 2
	}
}

// everybody are the people of all parts.
func (o *oracle) everybody() (all []row) {
	for _, p := range o.parts {
		all = append(all, p.people...)
	}
	return all
}

// nameOf tells what a result is: its kind, the way in which it was made, and whether it is of several sites.
func nameOf(r outputs.Result) string {
	name := r.Kind()
	switch r := r.(type) {
	case outputs.Model:
		name = r.Analysis + " " + r.Method
	case outputs.ModelPart:
		name = "round of " + r.Analysis
	case outputs.RatioPart:
		name = "sums of " + r.Method
	}
	if len(outputs.Sources(r)) > 0 {
		name += " of all"
	}
	return name
}

// result judges one of any kind.
func (o *oracle) result(r outputs.Result) {
	switch r := r.(type) {
	case outputs.Count:
		o.count(r)
	case outputs.Summary:
		o.summary(r)
	case outputs.LogRank:
		o.logRank(r)
	case outputs.Combination:
		o.combination(r)
	case outputs.KaplanMeier:
		o.kaplanMeier(o.parts[0].people, r)
	case outputs.Model:
		o.model(r)
	case outputs.ModelPart:
		o.modelPart(r)
	case outputs.RatioPart:
		o.ratioPart(r)
	case outputs.AlleleFrequency:
		o.alleleFrequency(r)
	case outputs.Association:
		o.association(r)
	case outputs.PolygenicScore:
		o.polygenicScore(r)
	default:
		o.unless(false, "nobody computes a %s anew", r.Kind())
	}
}

// near holds a number against the one that the oracle found.
func (o *oracle) near(what string, told, found float64) {
	const least = 1e-9
	o.unless(math.Abs(told-found) <= o.precision*math.Abs(found)+least, "%s: %s is told as %v, the rows give %v", o.what, what, told, found)
}

func (o *oracle) same(what string, told, found int) {
	o.unless(told == found, "%s: %s is told as %d, the rows give %d", o.what, what, told, found)
}

// dropped holds how many rows are told to be left out.
func (o *oracle) dropped(told outputs.Dropped, kept int) {
	n, known := told.Rows()
	o.unless(!known || abs(n-(o.rows-kept)) <= o.rounding, "%s: %d rows of %d are told to be dropped, and %d are there", o.what, n, o.rows, kept)
}

func abs(n int) int { return max(n, -n) }
