package disclosure

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Limits of what frequencies of many variants may tell of who is among the people: the power of the likelihood-ratio
// test for one person's membership at this level. Variants are taken as independent, which none on one chromosome are,
// so that the power is the most that there can be.
const (
	membershipLevel = 0.001
	membershipPower = 0.05
)

// membership asks the reviewers about a result of many variants of few people.
//
// Power = Φ(√(m/n) − z(1−α)) for m independent variants and n people (Sankararaman et al. 2009).
func (f *findings) membership(variants, people int, where string) {
	z := distuv.UnitNormal.Quantile(1 - membershipLevel)
	power := distuv.UnitNormal.CDF(math.Sqrt(float64(variants)/float64(max(people, 1))) - z)
	f.unless(power <= membershipPower, RuleMembership, where)
}

// masking verifies that the workspace left out what fewer people carry than the site allows.
func (f *findings) masking(threshold int, rules Rules, combined bool, where string) {
	f.unless(combined || threshold >= rules.Threshold, RuleMasking, where)
}

func (f *findings) alleleFrequency(r outputs.AlleleFrequency, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.masking(r.Threshold, rules, r.Combined != nil, where)
	f.unless(r.People >= rules.Threshold, RuleGroup, where)
	f.membership(r.Variants.Len(), r.People, where)
	for i, n := range r.Count {
		at := fmt.Sprintf("%s, variant %d", where, i+1)
		rarer := min(n, r.Number[i]-n)
		if rarer < rules.Threshold || r.Number[i] > 2*r.People {
			// One place is enough to turn the document down; thousands would hide the others.
			f.unless(rarer >= rules.Threshold, RuleMinorAllele, at)
			f.unless(r.Number[i] <= 2*r.People, RuleInconsistent, at)
			return
		}
	}
	if r.Combined == nil {
		return
	}
	people := 0
	inputs := inputsOf[outputs.AlleleFrequency](f, r.Combined, rules, where)
	if inputs == nil {
		return
	}
	index := make([]map[string]int, len(inputs))
	for s, in := range inputs {
		index[s], people = places(in.Variants), people+in.People
	}
	f.unless(people == r.People, RuleCombinationUnknown, where)
	for i := range r.Variants.Len() {
		count, number, told := 0, 0, true
		for s, in := range inputs {
			k, sign := placeIn(r.Variants, i, in.Variants, index[s])
			if told = told && sign != 0; sign == 0 {
				break
			}
			c, n := in.Count[k], in.Number[k]
			if sign < 0 {
				c = n - c
			}
			if len(r.BySite) > 0 {
				told = told && r.BySite[s].Count[i] == c && r.BySite[s].Number[i] == n
			}
			count, number = count+c, number+n
		}
		if !told || count != r.Count[i] || number != r.Number[i] {
			f.add(RuleCombinationUnknown, fmt.Sprintf("%s, variant %d", where, i+1))
			return
		}
	}
}

func (f *findings) association(r outputs.Association, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.masking(r.Threshold, rules, r.Combined != nil, where)
	f.unless(min(r.Cases, r.Controls) >= rules.Threshold, RuleGroup, where)
	f.membership(r.Variants.Len(), r.Cases+r.Controls, where)
	for i := range r.Variants.Len() {
		z := r.Beta[i] / r.SE[i]
		p := math.Erfc(math.Abs(z) / math.Sqrt2)
		// Of numbers of six digits the p-value has so many the fewer, the larger z is.
		follows := math.Abs(r.P[i]-p) <= p*1e-5*(2+z*z)
		if !follows || r.N[i] > r.Cases+r.Controls || r.N[i] < rules.Threshold {
			f.add(RuleInconsistent, fmt.Sprintf("%s, variant %d", where, i+1))
			return
		}
	}
	if r.Combined == nil {
		return
	}
	inputs := inputsOf[outputs.Association](f, r.Combined, rules, where)
	if inputs == nil {
		return
	}
	index, cases, controls := make([]map[string]int, len(inputs)), 0, 0
	for s, in := range inputs {
		index[s], cases, controls = places(in.Variants), cases+in.Cases, controls+in.Controls
		f.unless(in.Outcome == r.Outcome, RuleCombinationUnknown, where)
	}
	f.unless(cases == r.Cases && controls == r.Controls, RuleCombinationUnknown, where)
	for i := range r.Variants.Len() {
		if !weighted(r, i, inputs, index) {
			f.add(RuleCombinationUnknown, fmt.Sprintf("%s, variant %d", where, i+1))
			return
		}
	}
}

// weighted verifies one variant of a meta-analysis: the mean of the sites' effects by 1/se², its standard error, Q, and
// what is said of each site.
func weighted(r outputs.Association, i int, inputs []outputs.Association, index []map[string]int) bool {
	sum, weight, n := 0.0, 0.0, 0
	var betas, weights []float64
	for s, in := range inputs {
		k, sign := placeIn(r.Variants, i, in.Variants, index[s])
		if sign == 0 {
			return false
		}
		beta, w := sign*in.Beta[k], 1/(in.SE[k]*in.SE[k])
		betas, weights = append(betas, beta), append(weights, w)
		sum, weight, n = sum+w*beta, weight+w, n+in.N[k]
		if len(r.BySite) == 0 {
			continue
		}
		if b := r.BySite[s]; b.Beta[i] != beta+0 || b.SE[i] != in.SE[k] || b.N[i] != in.N[k] || b.P[i] != in.P[k] {
			return false
		}
	}
	q := 0.0
	for s := range betas {
		q += weights[s] * (betas[s] - sum/weight) * (betas[s] - sum/weight)
	}
	return near(r.Beta[i], sum/weight, 1) && near(r.SE[i], 1/math.Sqrt(weight), 1) && near(r.Q[i], q, q) && r.N[i] == n
}

func (f *findings) polygenicScore(r outputs.PolygenicScore, evidence *outputs.ResultEvidence, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.scores(r.Groups, rules, where)
	if r.Sites == nil {
		f.placed(r.Groups, evidence, rules, where)
		return
	}
	inputs := inputsOf[outputs.PolygenicScore](f, outputs.Sources(r), rules, where)
	for s, in := range inputs {
		f.scores(r.Sites[s].Groups, rules, fmt.Sprintf("%s, site %d", where, s+1))
		same := in.By == r.By && len(in.Groups) == len(r.Sites[s].Groups)
		for i := range in.Groups {
			same = same && in.Groups[i] == r.Sites[s].Groups[i]
		}
		f.unless(same, RuleCombinationUnknown, fmt.Sprintf("%s, site %d", where, s+1))
	}
	for i, g := range r.Groups {
		n, sum := 0, 0.0
		for _, site := range r.Sites {
			for _, of := range site.Groups {
				if of.Level == g.Level {
					n, sum = n+of.N, sum+float64(of.N)*of.Mean
				}
			}
		}
		f.unless(n == g.N && near(sum/float64(max(n, 1)), g.Mean, 1), RuleCombinationUnknown, fmt.Sprintf("%s, group %d", where, i+1))
	}
}

// placed holds the groups of a site's own scores against the evidence beside them. Whoever asks chooses the weights: of one
// variant the mean is its frequency, and of some with weights of other sizes it is that of each.
func (f *findings) placed(groups []outputs.ScoreGroup, evidence *outputs.ResultEvidence, rules Rules, where string) {
	if evidence == nil || len(evidence.Groups) != len(groups) {
		f.add(RuleEvidence, where)
		return
	}
	for i, g := range groups {
		at, e := fmt.Sprintf("%s, group %d", where, i+1), evidence.Groups[i]
		f.unless(e.N == g.N && near(e.Sum, g.Mean*float64(g.N), e.Sum), RuleInconsistent, at)
		f.unless(e.Fewest >= rules.Threshold, RuleValues, at)
	}
}

func (f *findings) scores(groups []outputs.ScoreGroup, rules Rules, where string) {
	for i, g := range groups {
		f.unless(g.N >= rules.Threshold, RuleGroup, fmt.Sprintf("%s, group %d", where, i+1))
	}
}

// inputsOf reads the results of a kind that a combination was made of; nil if one was not released or is not there.
func inputsOf[R outputs.Result](f *findings, sources []outputs.Source, rules Rules, where string) (all []R) {
	for i, s := range sources {
		at := fmt.Sprintf("%s, site %d", where, i+1)
		// Decision 26: the combination is made of what the sites' airlocks let go.
		if rules.Released == nil || rules.Input == nil || !rules.Released(s.OutputDigest) {
			f.add(RuleInputNotReleased, at)
			return nil
		}
		document, err := rules.Input(s.OutputDigest)
		found := false
		for _, result := range document.Results {
			if r, ok := result.(R); ok && !found {
				all, found = append(all, r), true
			}
		}
		if err != nil || !found {
			f.add(RuleInputNotReleased, at)
			return nil
		}
	}
	return all
}

func placeOf(v outputs.Variants, i int) string {
	return fmt.Sprint(v.Chromosome[i], " ", v.Position[i], " ", v.ID[i])
}

func places(v outputs.Variants) map[string]int {
	index := make(map[string]int, v.Len())
	for i := range v.Len() {
		index[placeOf(v, i)] = i
	}
	return index
}

// placeIn finds a variant of a combination in an input: 1 if it counts the same allele, −1 the other one, 0 if it is not
// there.
func placeIn(v outputs.Variants, i int, in outputs.Variants, index map[string]int) (k int, sign float64) {
	k, there := index[placeOf(v, i)]
	switch {
	case !there:
	case in.Effect[k] == v.Effect[i] && in.Other[k] == v.Other[i]:
		return k, 1
	case in.Effect[k] == v.Other[i] && in.Other[k] == v.Effect[i]:
		return k, -1
	}
	return 0, 0
}

// genomeSizes tells of how many people a result about genotypes is.
func genomeSizes(result outputs.Result) (list []people) {
	switch r := result.(type) {
	case outputs.AlleleFrequency:
		return []people{{n: r.People}}
	case outputs.Association:
		return split(kind{}, r.Outcome, r.Cases+r.Controls, r.Cases)
	case outputs.PolygenicScore:
		total := 0
		for _, g := range r.Groups {
			total += g.N
			if r.By != "" {
				list = append(list, people{kind{level: outputs.Level{Concept: r.By, Level: g.Level}}, g.N})
			}
		}
		return append(list, people{n: total})
	}
	return nil
}
