package simulation

import (
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// copiesOf are how many copies of an allele people have, of those of whom it is known.
func copiesOf(all []row, variant int, allele string) (copies []float64) {
	for _, r := range all {
		if c := r.copiesOf(variant, allele); c >= 0 {
			copies = append(copies, float64(c))
		}
	}
	return copies
}

func (r row) copiesOf(variant int, allele string) int {
	c := r.copies[variant]
	if c >= 0 && allele == ref {
		return 2 - c
	}
	return c
}

func variantOf(id string) int {
	return slices.Index([]string{variantID(0), variantID(1), variantID(2), variantID(3), variantID(4), variantID(5)}, id)
}

// carried reports whether each site has enough carriers of either allele to tell of a variant.
func (o *oracle) carried(variant int) bool {
	for _, p := range o.parts {
		for _, allele := range []string{ref, alt} {
			if n := len(having(p.people, func(r row) bool { return r.copiesOf(variant, allele) > 0 })); n < o.threshold {
				return false
			}
		}
	}
	return true
}

// alleles holds that no variant is told of whose rarer allele few people carry.
func (o *oracle) alleles(v outputs.Variants) {
	for i := range v.Len() {
		o.unless(o.carried(variantOf(v.ID[i])), "%s: %s is told, and few people carry one of its alleles", o.what, v.ID[i])
	}
}

func (o *oracle) alleleFrequency(r outputs.AlleleFrequency) {
	all := o.everybody()
	o.same("people", r.People, len(all))
	o.dropped(r.Dropped, len(all))
	o.alleles(r.Variants)
	for i, id := range r.Variants.ID {
		copies := copiesOf(all, variantOf(id), r.Variants.Effect[i])
		o.same("copies of an allele", r.Count[i], int(sum(copies)))
		o.same("alleles", r.Number[i], 2*len(copies))
		for k, s := range r.BySite {
			own := copiesOf(o.parts[k].people, variantOf(id), r.Variants.Effect[i])
			o.same("copies of an allele at a site", s.Count[i], int(sum(own)))
			o.same("alleles at a site", s.Number[i], 2*len(own))
		}
	}
}

// perCopy is the logistic regression of what happened on the copies of an allele, at one site.
func perCopy(all []row, variant int, allele string) (n int, beta, se float64) {
	var s sample
	for _, r := range all {
		if c := r.copiesOf(variant, allele); c >= 0 {
			y, _ := r.number("ended")
			s.x, s.y = append(s.x, []float64{1, float64(c)}), append(s.y, y)
		}
	}
	at, covariance, _ := s.climb(2)
	return len(s.y), at[1], math.Sqrt(covariance[1][1])
}

func (o *oracle) association(r outputs.Association) {
	o.precision = 2e-5 // sites tell six digits, and a combination is of what they told
	all := o.everybody()
	cases := len(having(all, func(r row) bool { return r.ended }))
	o.same("cases", r.Cases, cases)
	o.same("controls", r.Controls, len(all)-cases)
	o.dropped(r.Dropped, len(all))
	o.alleles(r.Variants)
	var chi []float64
	for i, id := range r.Variants.ID {
		n, weight, weighted := 0, 0.0, 0.0
		var betas, errors []float64
		for k, p := range o.parts {
			people, beta, se := perCopy(p.people, variantOf(id), r.Variants.Effect[i])
			n, weight, weighted = n+people, weight+1/(se*se), weighted+beta/(se*se)
			betas, errors = append(betas, beta), append(errors, se)
			if len(r.BySite) > 0 {
				o.same("people at a site", r.BySite[k].N[i], people)
				o.effect(r.BySite[k].Beta[i], r.BySite[k].SE[i], r.BySite[k].P[i], beta, se)
			}
		}
		beta, se := weighted/weight, 1/math.Sqrt(weight)
		o.same("people", r.N[i], n)
		o.effect(r.Beta[i], r.SE[i], r.P[i], beta, se)
		chi = append(chi, beta/se*beta/se)
		if len(r.Q) > 0 {
			q, share := 0.0, 0.0
			for k := range betas {
				q += (betas[k] - beta) * (betas[k] - beta) / (errors[k] * errors[k])
			}
			if q > 1e-9 { // else it is rounding alone
				share = max(0, (q-float64(len(betas)-1))/q)
			}
			o.about("Q", r.Q[i], q)
			o.about("I²", r.ISquared[i], share)
		}
	}
	if len(chi) > 0 {
		slices.Sort(chi)
		o.about("lambda", r.Lambda, (chi[(len(chi)-1)/2]+chi[len(chi)/2])/2/0.4549364)
	}
}

func (o *oracle) effect(beta, se, p, betaFound, seFound float64) {
	// what is left of six digits where effects of sites cancel is small against the standard error, not against itself
	o.unless(math.Abs(beta-betaFound) <= o.precision*math.Abs(betaFound)+1e-4*seFound, "%s: an effect is told as %v, the rows give %v", o.what, beta, betaFound)
	o.near("a standard error", se, seFound)
	o.about("p", p, math.Erfc(math.Abs(betaFound/seFound)/math.Sqrt2))
}

// about is near for what follows from numbers of six digits.
func (o *oracle) about(what string, told, found float64) {
	o.unless(math.Abs(told-found) <= 1e-3*math.Abs(found)+1e-4, "%s: %s is told as %v, the rows give %v", o.what, what, told, found)
}

func (o *oracle) polygenicScore(r outputs.PolygenicScore) {
	kept := 0
	for i, s := range r.Sites {
		kept += o.scores(o.parts[i].people, r, s.Groups)
	}
	if len(r.Groups) > 0 {
		kept = o.scores(o.everybody(), r, r.Groups)
	}
	o.dropped(r.Dropped, kept)
}

// scores holds groups of people by their sums of weights times copies, and counts the people.
func (o *oracle) scores(all []row, r outputs.PolygenicScore, groups []outputs.ScoreGroup) (people int) {
	for _, g := range groups {
		var scores []float64
	rows:
		for _, p := range having(all, func(p row) bool { return r.By == "" || p.level(r.By) == g.Level }) {
			score := 0.0
			for _, w := range r.Weights {
				c := p.copiesOf(variantOf(w.Variant), w.Allele)
				if c < 0 {
					continue rows
				}
				score += w.Weight * float64(c)
			}
			scores = append(scores, score)
		}
		people += len(scores)
		o.same("people of a group", g.N, len(scores))
		o.near("a mean score", g.Mean, mean(scores))
		o.near("the spread of a score", g.SD, spread(scores))
	}
	return people
}
