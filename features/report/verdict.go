package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Verdict is the run in one line, and the parts it rests on.
type Verdict struct {
	Met   bool
	Line  string
	Parts []Part
}

// Part is one question that the verdict answers.
type Part struct {
	Name string
	Met  bool
	Text string

	empty bool // there was nothing to judge
}

// Met tells whether our answer lies within the tolerance of the known one. No
// answer, or one that is not a number, does not.
func (a Answer) Met() bool {
	return a.Ours != nil && math.Abs(*a.Ours-a.Known) <= a.Tolerance*math.Abs(a.Known)
}

// Relative returns |ours − known| / |known|, and false where it has no value.
func (a Answer) Relative() (float64, bool) {
	if a.Ours == nil || a.Known == 0 || !finite(*a.Ours) || !finite(a.Known) {
		return 0, false
	}
	return math.Abs(*a.Ours-a.Known) / math.Abs(a.Known), true
}

// AsMeant tells whether the attempt was refused for the reason that the rule
// asks for, left an audit leaf and no effect, and a valid probe was accepted after.
func (r Refusal) AsMeant() bool {
	return r.Reason != "" && r.Reason == r.Expected && r.AuditLeaf != "" && r.Effects == 0 && r.ProbeAccepted
}

// Holds tells whether the invariant was judged over at least one record and
// found without violation. An invariant with nothing to judge proves nothing.
func (i Invariant) Holds() bool { return i.Checked > 0 && len(i.Violations) == 0 }

// Verdict judges the run. An empty part is not met: a run that lost its
// evidence must not look like one that passed. Of somebody's own scenarios only
// what they played is asked.
func (r Run) Verdict() Verdict {
	parts := []Part{r.answers(), r.refusals(), r.invariants(), r.steps()}
	if r.Own {
		parts = slices.DeleteFunc(parts, func(p Part) bool { return p.empty })
	}
	if n := len(r.Problems); n > 0 {
		parts = append(parts, Part{Name: "The run", Text: fmt.Sprintf("the run itself had %s", many(n, "problem"))})
	}
	v := Verdict{Met: true, Parts: parts}
	var said []string
	for _, p := range parts {
		v.Met = v.Met && p.Met
	}
	for _, p := range parts {
		if p.Met == v.Met {
			said = append(said, p.Text)
		}
	}
	line := strings.Join(said, "; ") + "."
	v.Line = strings.ToUpper(line[:1]) + line[1:]
	return v
}

func (r Run) answers() Part {
	met, all := 0, 0
	for _, s := range r.Studies {
		for _, a := range s.Answers {
			all++
			if a.Met() {
				met++
			}
		}
	}
	return tally("Known answers", met, all, "known answer", "met", "no known answer was compared")
}

func (r Run) refusals() Part {
	met := count(r.Refusals, Refusal.AsMeant)
	return tally("Refusals", met, len(r.Refusals), "refusal", "as meant", "no refusal was tried")
}

// judged are the laws that count: of somebody's own scenarios, those that had something to judge.
func (r Run) judged() []Invariant {
	if !r.Own {
		return r.Invariants
	}
	return slices.DeleteFunc(slices.Clone(r.Invariants), func(i Invariant) bool { return i.Checked == 0 && len(i.Violations) == 0 })
}

func (r Run) invariants() Part {
	judged := r.judged()
	met := count(judged, Invariant.Holds)
	return tally("Invariants", met, len(judged), "invariant", "held", "no invariant was judged")
}

func (r Run) steps() Part {
	met, all := 0, 0
	for _, s := range r.Story {
		all += len(s.Steps)
		met += count(s.Steps, func(s Step) bool { return s.Status == Passed })
	}
	return tally("Steps", met, all, "step", "passed", "no step was run")
}

func tally(name string, met, all int, noun, verb, none string) Part {
	switch {
	case all == 0:
		return Part{Name: name, Text: none, empty: name != "Steps"}
	case met == all && all == 1:
		return Part{Name: name, Met: true, Text: fmt.Sprintf("the one %s %s", noun, verb)}
	case met == all:
		return Part{Name: name, Met: true, Text: fmt.Sprintf("all %d %ss %s", all, noun, verb)}
	default:
		return Part{Name: name, Text: fmt.Sprintf("%d of %s not %s", all-met, many(all, noun), verb)}
	}
}

func count[T any](all []T, holds func(T) bool) int {
	n := 0
	for _, x := range all {
		if holds(x) {
			n++
		}
	}
	return n
}
