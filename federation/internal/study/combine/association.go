package combine

import (
	"fmt"
	"math"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// digits of a combined number: more than those of the sites, so that others who combine them find the same, and few
// enough for a document of so many.
const digits = 12

// association is a meta-analysis with fixed effects, weights 1/se², for each variant that all sites told; effects are
// turned to the effect allele of the first site before they are added.
func association(asked vocabulary.Analysis, parts []part) (outputs.Result, error) {
	sites, variants := make([]outputs.Association, len(parts)), make([]outputs.Variants, len(parts))
	var dropped []outputs.Dropped
	out := outputs.Association{N: []int{}, Beta: []float64{}, SE: []float64{}, P: []float64{}, Firth: []int{},
		Method: outputs.MethodInverseVariance, Q: []float64{}, ISquared: []float64{}}
	for s, p := range parts {
		r, ok := p.result.(outputs.Association)
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		case s > 0 && r.Outcome != out.Outcome:
			return nil, fmt.Errorf("%w: %s explains another outcome than %s", ErrDifferent, p.site, parts[0].site)
		}
		sites[s], variants[s] = r, r.Variants
		out.Outcome, out.Threshold = r.Outcome, max(out.Threshold, r.Threshold)
		out.Cases, out.Controls = out.Cases+r.Cases, out.Controls+r.Controls
		out.Combined, dropped = append(out.Combined, p.source(r.Cases+r.Controls)), append(dropped, r.Dropped)
	}
	out.Dropped = droppedOf(dropped)
	lines, aligned, told := align(variants)
	out.Variants, out.Alignment = aligned, told
	bySite, chi := make([]outputs.SiteAssociation, len(parts)), []float64{}
	for _, l := range lines {
		m := meta{}
		for s, r := range sites {
			at, beta := l.at[s], r.Beta[l.at[s]]
			if l.flipped[s] {
				beta = 0 - beta
			}
			m.add(r.N[at], beta, r.SE[at])
			b := &bySite[s]
			b.N, b.Beta, b.SE, b.P = append(b.N, r.N[at]), append(b.Beta, beta), append(b.SE, r.SE[at]), append(b.P, r.P[at])
		}
		beta, se, q, share := m.combined()
		out.N, out.Beta, out.SE = append(out.N, m.n), append(out.Beta, outputs.Digits(beta, digits)), append(out.SE, outputs.Digits(se, digits))
		out.P = append(out.P, outputs.Digits(math.Erfc(math.Abs(beta/se)/math.Sqrt2), digits))
		out.Q, out.ISquared = append(out.Q, outputs.Digits(q, digits)), append(out.ISquared, outputs.Digits(share, digits))
		chi = append(chi, beta/se*beta/se)
	}
	out.Lambda = outputs.Digits(outputs.GenomicControl(chi), digits)
	if analyses.Combining(asked) == analyses.PerSite {
		for s, p := range parts {
			bySite[s].Site = p.site
		}
		out.BySite = bySite
	}
	return out, nil
}

// meta sums the effects of one variant.
type meta struct {
	n               int
	effects, weight []float64
}

func (m *meta) add(n int, beta, se float64) {
	m.n += n
	m.effects, m.weight = append(m.effects, beta), append(m.weight, 1/(se*se))
}

// combined is the weighted mean and its standard error, Q = Σ w(β − mean)² with sites − 1 degrees of freedom, and
// I² = max(0, (Q − df)/Q). One site agrees with itself, whatever rounding makes of Q.
func (m *meta) combined() (beta, se, q, share float64) {
	sum, weight := 0.0, 0.0
	for i, w := range m.weight {
		sum, weight = sum+w*m.effects[i], weight+w
	}
	beta, se = sum/weight, 1/math.Sqrt(weight)
	if len(m.weight) == 1 {
		return m.effects[0], se, 0, 0
	}
	for i, w := range m.weight {
		q += w * (m.effects[i] - beta) * (m.effects[i] - beta)
	}
	if q > 0 {
		share = max(0, (q-float64(len(m.weight)-1))/q)
	}
	return beta, se, q, share
}
