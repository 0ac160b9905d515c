package combine

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
)

// A model with site effects has an intercept of each site beside the coefficients that all share. A site's own rows know
// one intercept, so it is asked as for any model, at its own; the host alone tells the intercepts apart. Which site a
// person is of need not be told to anybody, and no site computes a column for another.

// sitesOf are the sites of the parts, each once, in order.
func sitesOf(parts []part) (sites []string) {
	for _, p := range parts {
		sites = append(sites, p.site)
	}
	slices.Sort(sites)
	return slices.Compact(sites)
}

// beside writes each part in the parameters of all: the intercepts of the sites, then what they share. Gradient and
// information of a part are zero at the intercepts of others.
func beside(sites []string, parts []part) ([]part, error) {
	intercepts := make([]float64, len(sites))
	for _, p := range parts {
		m, ok := p.result.(outputs.ModelPart)
		if !ok || m.Terms[0] != outputs.Intercept {
			return nil, fmt.Errorf("%w: %s answered without an intercept", ErrDifferent, p.site)
		}
		intercepts[slices.Index(sites, p.site)] = m.At[0]
	}
	out := slices.Clone(parts)
	for i, p := range parts {
		m := p.result.(outputs.ModelPart)
		k, own, shift := len(m.Terms), slices.Index(sites, p.site), len(sites)-1
		place := func(j int) int { // of the part's term j among those of all
			if j == 0 {
				return own
			}
			return j + shift
		}
		wide := m
		wide.Terms = make([]string, 0, k+shift)
		for _, site := range sites {
			wide.Terms = append(wide.Terms, outputs.Intercept+" of "+site)
		}
		wide.Terms = append(wide.Terms, m.Terms[1:]...)
		wide.At = append(slices.Clone(intercepts), m.At[1:]...)
		wide.Gradient, wide.Information = make([]float64, k+shift), make([]float64, (k+shift)*(k+shift+1)/2)
		for j := range k {
			wide.Gradient[place(j)] = m.Gradient[j]
			for l := j; l < k; l++ {
				wide.Information[rounds.Upper(k+shift, place(j), place(l))] = m.Information[rounds.Upper(k, j, l)]
			}
		}
		out[i].result = wide
	}
	return out, nil
}

// wanted is what was asked, of the sites that are still there.
func (n noted) wanted(sites []string) []float64 {
	if len(n.Sites) == 0 {
		return n.At
	}
	var at []float64
	for _, site := range sites {
		if i := slices.Index(n.Sites, site); i >= 0 {
			at = append(at, n.At[i])
		}
	}
	return append(at, n.At[len(n.Sites):]...)
}

// own is what each site is asked at: its intercept, and what all share.
func (n noted) own() map[string][]float64 {
	if len(n.Sites) == 0 {
		return nil
	}
	own := map[string][]float64{}
	for i, site := range n.Sites {
		own[site] = append([]float64{n.At[i]}, n.At[len(n.Sites):]...)
	}
	return own
}

// effects tells a fit as the intercept of the first site, the reference, and by how much those of the others differ.
func effects(sites []string, parts []part, total outputs.ModelPart, fit rounds.Fit) (outputs.ModelPart, rounds.Fit) {
	k := len(total.Terms)
	total.Terms = slices.Clone(total.Terms)
	total.Terms[0] = outputs.Intercept
	told := rounds.Fit{At: slices.Clone(fit.At), Covariance: make([]float64, len(fit.Covariance)), Deviance: fit.Deviance}
	for i := 1; i < len(sites); i++ {
		total.Terms[i] = analyses.Site + "=" + sites[i]
		told.At[i] = outputs.Plain(fit.At[i] - fit.At[0])
	}
	// A difference of parameters has that of their rows as its row of the covariance.
	cov := func(i, j int) float64 { return fit.Covariance[rounds.Upper(k, i, j)] }
	less := func(i, j int) float64 { // row i told, column j as estimated
		if i > 0 && i < len(sites) {
			return cov(i, j) - cov(0, j)
		}
		return cov(i, j)
	}
	for i := range k {
		for j := i; j < k; j++ {
			v := less(i, j)
			if j > 0 && j < len(sites) {
				v -= less(i, 0)
			}
			told.Covariance[rounds.Upper(k, i, j)] = v
		}
	}
	if len(sites) > 1 {
		total.Levels = append(levelsOf(sites, parts), total.Levels...)
	}
	return total, told
}

// levelsOf are the sites as levels, with the people of each.
func levelsOf(sites []string, parts []part) []outputs.LevelSize {
	levels := make([]outputs.LevelSize, len(sites))
	for i, site := range sites {
		levels[i] = outputs.LevelSize{Concept: analyses.Site, Level: site, Reference: i == 0}
	}
	for _, p := range parts {
		levels[slices.Index(sites, p.site)].N += p.result.(outputs.ModelPart).N
	}
	return levels
}
