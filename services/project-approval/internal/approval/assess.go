package approval

import (
	"fmt"
	"slices"
)

// Body is one link of the chain: Quorum positive assessments out of Of members carry it, PerDataset for each dataset
// by itself.
type Body struct {
	Name       string
	Quorum, Of int
	PerDataset bool
}

// Assessment is one person's word for one body, about one dataset or about all.
type Assessment struct {
	Body     string   `json:"body"`
	Person   string   `json:"person"`
	Decision Decision `json:"decision"`
	Dataset  string   `json:"dataset,omitzero"`
}

// Assess adds one person's assessment. The chain's bodies decide in order; the application is decided once the last
// body carries it, or nothing is left that it could carry. A dataset that a body refuses is refused; the others go on.
func (a *Application) Assess(chain []Body, vote Assessment) error {
	if err := a.mayDecide(vote.Person); err != nil {
		return err
	}
	if slices.ContainsFunc(a.Assessments, vote.repeats) {
		return ErrAlreadyAssessed
	}
	if err := a.take(assess); err != nil {
		return err
	}
	turn, open := a.Turn(chain)
	if !open || turn.Name != vote.Body {
		return fmt.Errorf("%w: %s", ErrNotThisBodysTurn, turn.Name)
	}
	if vote.Dataset != "" && !turn.PerDataset {
		return fmt.Errorf("%w: %s", ErrNotPerDataset, turn.Name)
	}
	if vote.Dataset != "" && !slices.Contains(a.undecided(), vote.Dataset) {
		return fmt.Errorf("%w: %s", ErrDatasetDecided, vote.Dataset)
	}
	a.Assessments = append(a.Assessments, vote)
	return a.settle(chain)
}

// repeats says whether its person has said this before: once for all, or once for each dataset.
func (v Assessment) repeats(before Assessment) bool {
	return before.Person == v.Person &&
		(before.Body != v.Body || before.Dataset == v.Dataset || before.Dataset == "" || v.Dataset == "")
}

// settle draws what follows from the assessments: refused datasets, and the decision when there is one.
func (a *Application) settle(chain []Body) error {
	for _, b := range chain {
		for _, u := range a.units(b) {
			if a.count(b.Name, u, Negative) <= b.Of-b.Quorum {
				continue
			}
			if u == "" && len(a.Datasets) == 0 {
				a.Decision = Negative
				return a.take(decide)
			}
			a.refuse(b.Name, u)
		}
	}
	if a.lost() {
		a.Decision = Negative
		return a.take(decide)
	}
	if _, open := a.Turn(chain); open {
		return nil
	}
	for i, d := range a.Datasets {
		if d.Decision == "" {
			a.Datasets[i].Decision = Positive
		}
	}
	a.Decision = Positive
	return a.take(decide)
}

// refuse closes one dataset, or all that are open.
func (a *Application) refuse(body, id string) {
	for i, d := range a.Datasets {
		if d.Decision == "" && (id == "" || d.ID == id) {
			a.Datasets[i].Decision, a.Datasets[i].Body = Negative, body
		}
	}
}

// lost says that datasets were asked for and all are refused.
func (a *Application) lost() bool {
	return len(a.Datasets) > 0 && !slices.ContainsFunc(a.Datasets, func(d Dataset) bool { return d.Decision != Negative })
}

// Turn is the first body that has not carried all that is open; open is false when all have.
func (a *Application) Turn(chain []Body) (b Body, open bool) {
	for _, b := range chain {
		if slices.ContainsFunc(a.units(b), func(u string) bool { return a.count(b.Name, u, Positive) < b.Quorum }) {
			return b, true
		}
	}
	return Body{}, false
}

// units lists what a body decides on: each open dataset, or "" for everything together.
func (a *Application) units(b Body) []string {
	if b.PerDataset && len(a.Datasets) > 0 {
		return a.undecided()
	}
	return []string{""}
}

func (a *Application) undecided() (ids []string) {
	for _, d := range a.Datasets {
		if d.Decision == "" {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// count is how many members of a body have said d about a unit, or about everything.
func (a *Application) count(body, unit string, d Decision) (n int) {
	for _, s := range a.Assessments {
		if s.Body == body && s.Decision == d && (s.Dataset == unit || s.Dataset == "") {
			n++
		}
	}
	return n
}

// Ordinal is which vote of its body an assessment is, on what it is about.
func (a *Application) Ordinal(v Assessment) int {
	return a.count(v.Body, v.Dataset, Positive) + a.count(v.Body, v.Dataset, Negative)
}

// Said is what a body decided on the whole: positive if it carried any of it; false while it has decided nothing.
func (a *Application) Said(b Body) (d Decision, ok bool) {
	for _, v := range a.Assessments {
		if v.Body != b.Name {
			continue
		}
		if a.count(b.Name, v.Dataset, Positive) >= b.Quorum {
			return Positive, true
		}
		ok = ok || v.Decision == Negative
	}
	return Negative, ok
}

// With lists the datasets that were decided in one way.
func (a *Application) With(d Decision) (ids []string) {
	for _, s := range a.Datasets {
		if s.Decision == d {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
