package disclosure

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// kind is a kind of people: who have a level of a concept and, if an event is
// named, had it.
type kind struct {
	level outputs.Level
	event string
}

// people is how many people of a kind one result tells of.
type people struct {
	kind
	n int
}

// differences compares what the results of a document, and of the earlier ones,
// say of the same people. A test that drops one row beside a curve that keeps it
// tells of one person, also when they are released a year apart.
func (f *findings) differences(document outputs.Document, rules Rules) {
	type told struct {
		where string
		n     int
	}
	before := map[kind][]told{}
	for _, earlier := range rules.Earlier {
		for _, result := range earlier.Results {
			for _, p := range sizes(result) {
				before[p.kind] = append(before[p.kind], told{"an earlier release", p.n})
			}
		}
	}
	for i, result := range document.Results {
		reported := false
		for _, p := range sizes(result) {
			for _, earlier := range before[p.kind] {
				difference := max(p.n-earlier.n, earlier.n-p.n)
				// ABS: the threshold holds for differences between tables too.
				if difference > 0 && difference < rules.Threshold && !reported {
					f.add(RuleDifference, fmt.Sprintf("result %d (%s) against %s", i+1, result.Kind(), earlier.where))
					reported = true
				}
			}
			before[p.kind] = append(before[p.kind], told{fmt.Sprintf("result %d", i+1), p.n})
		}
	}
}

// sizes lists the size of each level and, as the zero level, the total; of a test
// the events too.
func sizes(result outputs.Result) []people {
	switch r := result.(type) {
	case outputs.Count:
		return margins(r)
	case outputs.LogRank:
		return groupSizes(r.Arm, r.Event, r.Groups)
	case outputs.KaplanMeier:
		return curveSizes(r)
	case outputs.Combination:
		return groupSizes(r.Arm, r.Event, r.Groups)
	}
	return nil
}

func groupSizes(arm, event string, groups []outputs.Group) []people {
	var list []people
	total, events := 0, 0
	for _, g := range groups {
		level := outputs.Level{Concept: arm, Level: g.Level}
		list = append(list, people{kind{level: level}, g.N}, people{kind{level, event}, g.Observed})
		total, events = total+g.N, events+g.Observed
	}
	return append(list, people{n: total}, people{kind{event: event}, events})
}

func curveSizes(r outputs.KaplanMeier) []people {
	var list []people
	total := 0
	for _, g := range r.Groups {
		list = append(list, people{kind{level: outputs.Level{Concept: r.Arm, Level: g.Level}}, g.N})
		total += g.N
	}
	return append(list, people{n: total})
}

// margins sums a table over each concept; the total is of the cells with the
// most concepts, so that a table with its own margins is not counted twice.
func margins(r outputs.Count) []people {
	depth := 0
	for _, cell := range r.Cells {
		depth = max(depth, len(cell.By))
	}
	total, sums, order := 0, map[outputs.Level]int{}, []outputs.Level{}
	for _, cell := range r.Cells {
		if len(cell.By) != depth {
			continue
		}
		total += cell.N
		for _, level := range cell.By {
			if _, seen := sums[level]; !seen {
				order = append(order, level)
			}
			sums[level] += cell.N
		}
	}
	var list []people
	for _, level := range order {
		list = append(list, people{kind{level: level}, sums[level]})
	}
	return append(list, people{n: total})
}

// rests compares each curve with the log-rank test of the same question, whose
// total of events tells how many lie after the curve's last step. Either may
// have been released earlier.
func (f *findings) rests(document outputs.Document, rules Rules) {
	var earlier []outputs.Result
	for _, d := range rules.Earlier {
		earlier = append(earlier, d.Results...)
	}
	for i, result := range document.Results {
		at := fmt.Sprintf("result %d (%s)", i+1, result.Kind())
		for _, other := range slices.Concat(document.Results, earlier) {
			f.rest(result, other, rules, at)
		}
		for _, other := range earlier {
			f.rest(other, result, rules, at)
		}
	}
}

// rest compares one result with another, if they are curves and their test.
func (f *findings) rest(one, other outputs.Result, rules Rules, where string) {
	curves, curved := one.(outputs.KaplanMeier)
	test, tested := other.(outputs.LogRank)
	if !curved || !tested || test.Time != curves.Time || test.Event != curves.Event || test.Arm != curves.Arm {
		return
	}
	for g, curve := range curves.Groups {
		rest, compared := eventsAfter(curve, test.Groups)
		f.unless(!compared || rest == 0 || rest >= rules.Threshold, RuleCurveRest, fmt.Sprintf("%s, group %d", where, g+1))
	}
}

// eventsAfter is the total of the level's group less the published events.
func eventsAfter(curve outputs.Curve, groups []outputs.Group) (int, bool) {
	for _, g := range groups {
		if g.Level != curve.Level {
			continue
		}
		rest := g.Observed
		for _, s := range curve.Steps {
			rest -= s.Events
		}
		return rest, true
	}
	return 0, false
}
