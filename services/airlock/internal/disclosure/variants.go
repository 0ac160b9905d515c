package disclosure

import (
	"fmt"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// variants judges what is told of variants beside what was told before: whoever asks of one after the other, or of some
// people and then of nearly the same, has asked of all.
func (f *findings) variants(document Release, rules Rules) {
	told, fewest := map[string]bool{}, 0
	results := 0
	for _, release := range append(rules.Earlier[:len(rules.Earlier):len(rules.Earlier)], document) {
		for _, result := range release.Results {
			v, people := variantsOf(result)
			if people == 0 {
				continue
			}
			if results++; fewest == 0 || people < fewest {
				fewest = people
			}
			for i := range v.Len() {
				told[placeOf(v, i)] = true
			}
		}
	}
	asks := false
	for _, result := range document.Results {
		_, people := variantsOf(result)
		asks = asks || people > 0
	}
	if asks && results > 1 {
		f.membership(len(told), fewest, "the document")
	}
	f.copies(document, rules)
}

// variantsOf is what a result of a site's own people tells variants of, and of how many people.
func variantsOf(result outputs.Result) (v outputs.Variants, people int) {
	switch r := result.(type) {
	case outputs.AlleleFrequency:
		return r.Variants, r.People
	case outputs.Association:
		return r.Variants, r.Cases + r.Controls
	}
	return v, 0
}

// frequencies are the copies of alleles among people of some population.
type frequencies struct {
	outputs.AlleleFrequency
	population population
}

func frequenciesOf(release Release) (all []frequencies) {
	frame := release.frame()
	for _, result := range release.Results {
		if r, ok := result.(outputs.AlleleFrequency); ok {
			all = append(all, frequencies{r, frame.base})
		}
	}
	return all
}

// copies compares the frequencies of people of whom the ones are among the others: those who are left over have a table
// of alleles too.
//
// ABS: the threshold holds for differences between tables too.
func (f *findings) copies(document Release, rules Rules) {
	var before []frequencies
	for _, earlier := range rules.Earlier {
		before = append(before, frequenciesOf(earlier)...)
	}
	for i, now := range frequenciesOf(document) {
		for _, other := range before {
			if now.People != other.People && (now.population.within(other.population) || other.population.within(now.population)) &&
				apart(now.AlleleFrequency, other.AlleleFrequency, rules.Threshold) {
				f.add(RuleDifference, fmt.Sprintf("frequencies %d (%s) against an earlier one", i+1, now.Kind()))
				break
			}
		}
		before = append(before, now)
	}
}

// apart finds a variant of which the people by whom two differ have fewer copies of an allele than the threshold.
func apart(a, b outputs.AlleleFrequency, threshold int) bool {
	index := places(b.Variants)
	few := func(n int) bool { return n != 0 && -threshold < n && n < threshold }
	for i := range a.Variants.Len() {
		k, sign := placeIn(a.Variants, i, b.Variants, index)
		if sign == 0 {
			continue
		}
		copies := b.Count[k]
		if sign < 0 {
			copies = b.Number[k] - copies
		}
		if n := a.Count[i] - copies; few(n) || few(a.Number[i]-b.Number[k]-n) {
			return true
		}
	}
	return false
}
