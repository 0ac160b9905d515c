package disclosure

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// kind is a kind of people: who have a level of a concept, and of another one if
// it is named. An event is a concept like others: who had it and who had it not.
type kind struct{ level, other outputs.Level }

// with is who of a kind had an event, and without who had it not, under the names
// that a count by the event has.
func (k kind) with(event string) kind    { return k.and(outputs.Level{Concept: event, Level: yes}) }
func (k kind) without(event string) kind { return k.and(outputs.Level{Concept: event, Level: no}) }

func (k kind) and(level outputs.Level) kind {
	if k.level.Concept == "" {
		return kind{level: level}
	}
	return kind{k.level, level}
}

const (
	no  = "no"
	yes = "yes"
)

// split tells how many people of a kind there are, with an event and without.
func split(of kind, event string, n, events int) []people {
	return []people{{of, n}, {of.with(event), events}, {of.without(event), n - events}}
}

func (k kind) levels() (by []outputs.Level) {
	for _, level := range []outputs.Level{k.level, k.other} {
		if level.Concept != "" {
			by = append(by, level)
		}
	}
	return by
}

// people is how many people of a kind one result tells of.
type people struct {
	kind
	n int
}

// told is a number of a release: how many people, of which population.
type told struct {
	people
	population population
	where      string
}

// tells lists the numbers of a release; where names its results.
func tells(release Release, where func(i int, result outputs.Result) string) (all []told) {
	frame := release.frame()
	for i, result := range release.Results {
		for _, p := range sizes(result) {
			all = append(all, told{p, frame.of(p.levels()), where(i, result)})
		}
	}
	return all
}

// differences compares what the results of a document, and of the earlier ones,
// say of people of whom the ones are among the others: the same, those who meet
// one condition more, or a narrower one. What is left over is a number too. A
// test that drops one row beside a curve that keeps it tells of one person, also
// when they are released a year apart, and of a later version of the data.
func (f *findings) differences(document Release, rules Rules) {
	var all []told
	for _, earlier := range rules.Earlier {
		all = append(all, tells(earlier, func(int, outputs.Result) string { return "an earlier release" })...)
	}
	before := len(all)
	all = append(all, tells(document, func(i int, _ outputs.Result) string { return fmt.Sprintf("result %d", i+1) })...)
	reported := map[string]bool{}
	byN := map[int][]told{} // of what comes before
	for _, p := range all[:before] {
		byN[p.n] = append(byN[p.n], p)
	}
	for _, p := range all[before:] {
		// ABS: the threshold holds for differences between tables too.
		for n := p.n - rules.Threshold + 1; n < p.n+rules.Threshold && !reported[p.where]; n++ {
			i := slices.IndexFunc(byN[n], func(q told) bool {
				return n != p.n && (p.population.within(q.population) || q.population.within(p.population))
			})
			if i >= 0 {
				f.add(RuleDifference, fmt.Sprintf("%s (%s) against %s", p.where, document.kindAt(p.where), byN[n][i].where))
				reported[p.where] = true
			}
		}
		byN[p.n] = append(byN[p.n], p)
	}
}

// sizes lists the size of each level and, as the zero level, the total; of a test
// or model also of who had the event, and who had it not.
func sizes(result outputs.Result) []people {
	switch r := result.(type) {
	case outputs.Count:
		return margins(r.Cells)
	case outputs.Summary:
		return margins(cells(r))
	case outputs.LogRank:
		return groupSizes(r.Arm, r.Event, r.Groups)
	case outputs.KaplanMeier:
		return curveSizes(r)
	case outputs.Combination:
		return groupSizes(r.Arm, r.Event, r.Groups)
	case outputs.Model:
		return modelSizes(r.Regression)
	case outputs.ModelPart:
		return modelSizes(r.Regression)
	case outputs.RatioPart:
		return modelSizes(r.Regression)
	}
	return genomeSizes(result)
}

func groupSizes(arm, event string, groups []outputs.Group) []people {
	var list []people
	total, events := 0, 0
	for _, g := range groups {
		list = append(list, split(kind{level: outputs.Level{Concept: arm, Level: g.Level}}, event, g.N, g.Observed)...)
		total, events = total+g.N, events+g.Observed
	}
	return append(list, split(kind{}, event, total, events)...)
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

// margins lists the numbers of a table, and the sums of those without suppressed
// ones over each concept; the total is of the cells with the most concepts, so
// that a table with its own margins is not counted twice.
func margins(cells []outputs.Cell) []people {
	depth := 0
	for _, cell := range cells {
		depth = max(depth, len(cell.By))
	}
	var list []people
	sums, order := map[kind]int{}, []kind{{}}
	whole := !suppressed(cells)
	for _, cell := range cells {
		of := kindOf(cell.By)
		if !cell.Suppressed {
			list = append(list, people{of, cell.N})
		}
		if !whole || len(cell.By) != depth {
			continue
		}
		sums[kind{}] += cell.N
		for _, level := range cell.By {
			one := kindOf([]outputs.Level{level})
			if _, seen := sums[one]; !seen && depth > 1 {
				order = append(order, one)
			}
			sums[one] += cell.N
		}
	}
	if !whole || depth == 0 {
		return list
	}
	for _, one := range order {
		list = append(list, people{one, sums[one]})
	}
	return list
}

func kindOf(by []outputs.Level) (k kind) {
	if len(by) > 0 {
		k.level = by[0]
	}
	if len(by) > 1 {
		k.other = by[1]
	}
	return k
}

// rests compares each curve with the log-rank test of the same question, whose
// total of events tells how many lie after the curve's last step. Either may
// have been released earlier.
func (f *findings) rests(document Release, rules Rules) {
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
