package disclosure

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
)

// regression judges of how many people a model is, and how far it follows them.
func (f *findings) regression(r outputs.Regression, terms []string, df int, rules Rules, where string) {
	f.unless(r.N >= rules.Threshold, RuleGroup, where)
	if r.Analysis != "linear-regression" {
		f.unless(r.Events >= rules.events(), RuleEvents, where)
		f.unless(r.N-r.Events >= rules.Threshold, RuleEventFree, where)
	}
	sums := map[string]int{}
	for i, l := range r.Levels {
		at := fmt.Sprintf("%s, level %d", where, i+1)
		switch {
		case l.N == 0:
			f.add(RuleLevelEmpty, at)
		case l.N < rules.Threshold:
			f.add(RuleLevel, at)
		}
		sums[l.Concept] += l.N
	}
	for _, sum := range sums {
		f.unless(sum == r.N, RuleInconsistent, where)
	}
	// ACRO: int(model.df_resid) >= 10.
	f.unless(df >= rounds.FewestDF, RuleFreedom, where)
	f.unless(!saturated(r, terms), RuleSaturated, where)
}

// saturated finds a model whose terms are all of one category: it is the table of
// that category and the outcome under another name. What other models have a term
// for every combination only the rows tell, and the workspace refuses those.
func saturated(r outputs.Regression, terms []string) bool {
	switch r.Analysis {
	case "cox":
		return false // its baseline is never used up
	case outputs.RiskRatio:
		return r.Strata == 1
	}
	concepts, levels := map[string]bool{}, map[string]int{}
	for _, l := range r.Levels {
		concepts[l.Concept] = true
		levels[l.Concept]++
	}
	own := 0
	for _, term := range terms {
		if term != outputs.Intercept {
			own++
		}
	}
	for concept := range concepts {
		if len(concepts) == 1 && own == levels[concept]-1 {
			return true
		}
	}
	return false
}

// few tells whether the digits of so many numbers hold more than who of these
// people had the outcome.
func few(r outputs.Regression, numbers int) bool {
	return r.Analysis != "linear-regression" && orders([]outputs.Group{{N: r.N, Observed: r.Events}}) <= float64(53*numbers)
}

func (f *findings) model(r outputs.Model, rules Rules, where string) {
	var terms []string
	for i, t := range r.Terms {
		terms = append(terms, t.Term)
		at := fmt.Sprintf("%s, term %d", where, i+1)
		f.unless(near(t.Estimate/t.SE, t.Statistic, t.Statistic), RuleInconsistent, at)
		f.unless(math.Abs(t.P-probability(r, t.Statistic)) <= 1e-9*max(t.P, probability(r, t.Statistic)), RuleInconsistent, at)
	}
	f.regression(r.Regression, terms, r.DF, rules, where)
	f.unless(averaged(r) || r.DF == rounds.DF(r.Regression, len(terms)), RuleInconsistent, where)
	if len(r.From) == 0 {
		f.dropped(r.Dropped, rules, where)
		f.unless(!few(r.Regression, 2*len(terms)+1), RuleOrder, where)
		return
	}
	n := 0
	for i, source := range r.From {
		// Decision 26: the combination is itself an output, made of what the
		// sites' airlocks let go.
		f.unless(rules.Released != nil && rules.Released(source.OutputDigest), RuleInputNotReleased, fmt.Sprintf("%s, site %d", where, i+1))
		n += source.N
	}
	f.unless(n == r.N, RuleCombinationUnknown, where)
}

// averaged models are not estimated but made of the sites' estimates.
func averaged(r outputs.Model) bool {
	return r.Method == "fixed-effect" || r.Method == "random-effects" || r.Method == "mantel-haenszel"
}

// probability is of a value as far from zero, by the distribution of the result's kind.
func probability(r outputs.Model, statistic float64) float64 {
	if r.Analysis != "linear-regression" || averaged(r) || r.DF < 1 {
		return rounds.Normal(statistic)
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(r.DF)}.Survival(math.Abs(statistic))
}

func (f *findings) modelPart(r outputs.ModelPart, rules Rules, where string) {
	k := len(r.Terms)
	f.regression(r.Regression, r.Terms, rounds.DF(r.Regression, k), rules, where)
	f.dropped(r.Dropped, rules, where)
	f.unless(!few(r.Regression, numbers(r)), RuleOrder, where)
	for i := range k {
		f.unless(r.Information[rounds.Upper(k, i, i)] >= 0, RuleInconsistent, where)
	}
	zero := atZero(r)
	// A first round at chosen parameters would need no data to choose them by.
	f.unless(r.Round > 1 || zero, RuleParameters, where)
	f.unless(r.Round <= rounds.Most, RuleParameters, where)
	if r.Analysis == "logistic-regression" && r.Terms[0] == outputs.Intercept {
		f.effective(r, rules, where)
	}
	f.unless(!zero || !implies(r, rules.Threshold), RuleImplicit, where)
	f.unless(distinctRounds(r, rules.Earlier)*numbers(r) < r.N*k, RuleSolvable, where)
}

// numbers is how many a round of the model tells.
func numbers(r outputs.ModelPart) int { return len(r.Gradient) + len(r.Information) + 1 }

func atZero(r outputs.ModelPart) bool {
	for _, v := range r.At {
		if v != 0 {
			return false
		}
	}
	return true
}

// effective counts for how many people the information of a logistic model stands.
// A person's weight p(1−p) is 1/4 at most, so that four times the sum of the
// weights, which is the information of the intercept, is at most as many as weigh
// alike would be.
func (f *findings) effective(r outputs.ModelPart, rules Rules, where string) {
	people := 4 * r.Information[0]
	f.unless(people <= float64(r.N)*(1+1e-9), RuleInconsistent, where)
	f.unless(people >= float64(rules.Threshold)-1e-6 && people-float64(len(r.Terms)) >= rounds.FewestDF-1e-6, RuleParameters, where)
}

// implies finds a cell under the threshold in the tables that a part at zero
// spells out: there every weight is the same, so that the information counts the
// people of two levels, and the gradient those of a level with the outcome.
func implies(r outputs.ModelPart, threshold int) bool {
	weight := 1.0
	switch r.Analysis {
	case "cox":
		return false
	case "logistic-regression":
		weight = 0.25
	}
	k, dummies := len(r.Terms), []int{}
	for i, term := range r.Terms {
		for _, l := range r.Levels {
			if term == l.Concept+"="+l.Level || term == l.Concept && !l.Reference && l.N > 0 && binary(r, i, k, weight, l.N) {
				dummies = append(dummies, i)
				break
			}
		}
	}
	small := func(cell float64) bool { return cell > 0.5 && cell < float64(threshold)-0.5 }
	for a, i := range dummies {
		n := r.Information[rounds.Upper(k, i, i)] / weight
		with := r.Gradient[i] + n/2
		if r.Analysis == "logistic-regression" && (small(with) || small(n-with)) {
			return true
		}
		for _, j := range dummies[:a] {
			both := r.Information[rounds.Upper(k, i, j)] / weight
			if small(both) || small(n-both) || small(r.Information[rounds.Upper(k, j, j)]/weight-both) {
				return true
			}
		}
	}
	return false
}

// binary tells a column of zeros and ones from other two values: its square is itself.
func binary(r outputs.ModelPart, i, k int, weight float64, n int) bool {
	return near(r.Information[rounds.Upper(k, i, i)], weight*float64(n), float64(n))
}

// distinctRounds counts the rounds of one question that tell something new, with this one.
func distinctRounds(r outputs.ModelPart, earlier []Release) int {
	question, seen := r.Question(), map[string]bool{key(r.At): true}
	for _, document := range earlier {
		for _, result := range document.Results {
			if before, ok := result.(outputs.ModelPart); ok && before.Question() == question {
				seen[key(before.At)] = true
			}
		}
	}
	return len(seen)
}

func key(at []float64) string { return fmt.Sprint(rounds.Texts(at)) }

// modelSizes lists the people of a model as those of other results are.
func modelSizes(r outputs.Regression) []people {
	list := []people{{n: r.N}}
	switch r.Analysis {
	case "cox":
		list = split(kind{}, r.Event, r.N, r.Events)
	case "logistic-regression", outputs.RiskRatio:
		list = split(kind{}, r.Outcome, r.N, r.Events)
	}
	for _, l := range r.Levels {
		list = append(list, people{kind{level: outputs.Level{Concept: l.Concept, Level: l.Level}}, l.N})
	}
	return list
}
