package report

import (
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/features/facets"
)

// facetPart is a layer of interoperability, or one of the Five Safes, and what showed it in this run.
type facetPart struct {
	facets.Facet
	Steps, Passed int
	Refusals      int
	Laws          []Invariant
	Records       int // that its laws were judged over
	Features      []shownFeature
	With          []int // scenarios that also show each facet of the other kind, in their order
}

// shownFeature lists the scenarios of one feature that show a facet.
type shownFeature struct {
	Title     string
	Scenarios []scenarioRef
}

// scenarioRef is a scenario and where it stands in the story.
type scenarioRef struct {
	Scenario
	Link string // story.html#scenario-3
}

// Scenarios is their number.
func (f facetPart) Scenarios() (n int) {
	for _, s := range f.Features {
		n += len(s.Scenarios)
	}
	return n
}

// State is "ok" if something showed it, all of whose steps passed, and its laws held; "none" if no scenario showed it, and
// else "bad".
func (f facetPart) State() string {
	switch {
	case f.Steps == 0:
		return "none"
	case f.Passed == f.Steps && !slices.ContainsFunc(f.Laws, func(i Invariant) bool { return !i.Holds() }):
		return "ok"
	}
	return "bad"
}

func (r Run) layers() []facetPart { return r.shown(facets.Layers(), facets.Safes()) }
func (r Run) safes() []facetPart  { return r.shown(facets.Safes(), facets.Layers()) }

func (r Run) shown(all, others []facets.Facet) []facetPart {
	var out []facetPart
	for _, f := range all {
		part := facetPart{Facet: f, With: make([]int, len(others))}
		for i, s := range r.Story {
			if !s.Shows.Has(f.ID) {
				continue
			}
			part.Steps += len(s.Steps)
			part.Passed += count(s.Steps, isPassed)
			part.Refusals += count(r.Refusals, func(f Refusal) bool { return f.Scenario == i+1 })
			for k, o := range others {
				if s.Shows.Has(o.ID) {
					part.With[k]++
				}
			}
			part.add(s, i)
		}
		for _, law := range r.judged() {
			if law.Shows.Has(f.ID) {
				part.Laws = append(part.Laws, law)
				part.Records += law.Checked
			}
		}
		out = append(out, part)
	}
	return out
}

func (f *facetPart) add(s Scenario, place int) {
	i := slices.IndexFunc(f.Features, func(o shownFeature) bool { return o.Title == s.Feature })
	if i < 0 {
		i, f.Features = len(f.Features), append(f.Features, shownFeature{Title: s.Feature})
	}
	f.Features[i].Scenarios = append(f.Features[i].Scenarios, refer(s, place))
}

func refer(s Scenario, place int) scenarioRef {
	return scenarioRef{s, "story.html#scenario-" + strconv.Itoa(place+1)}
}

// Names are the names of what a scenario shows, layers first.
func (s Scenario) Names() []string {
	var out []string
	for _, f := range slices.Concat(facets.Layers(), facets.Safes()) {
		if s.Shows.Has(f.ID) {
			out = append(out, f.Name)
		}
	}
	return out
}
