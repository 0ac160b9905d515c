package combine

import (
	"fmt"
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// inverseVariance averages the sites' own models, term by term, with weights 1/se²
// or, for random effects, 1/(se² + τ²). It is not the model of all people: that
// one takes rounds.
func inverseVariance(asked vocabulary.Analysis, parts []part) (outputs.Result, error) {
	var out outputs.Model
	models := make([]outputs.Model, len(parts))
	for i, p := range parts {
		m, ok := p.result.(outputs.Model)
		if !ok {
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		if models[i] = m; i == 0 {
			out = outputs.Model{Regression: m.Regression, DF: m.DF, Method: analyses.Combining(asked)}
		} else {
			if m.Analysis != out.Analysis || m.Outcome != out.Outcome || m.Time != out.Time || m.Event != out.Event || m.Stratum != out.Stratum {
				return nil, fmt.Errorf("%s against %s: %w: other outcome, time, event or stratum", p.site, parts[0].site, ErrDifferent)
			}
			out.N, out.Events, out.Strata, out.DF = out.N+m.N, out.Events+m.Events, out.Strata+m.Strata, out.DF+m.DF
			out.Levels = addLevels(out.Levels, m.Levels)
		}
		out.From = append(out.From, p.source(m.N))
	}
	for _, term := range models[0].Terms {
		var of []outputs.Estimate
		for i, m := range models {
			k := slices.IndexFunc(m.Terms, func(e outputs.Estimate) bool { return e.Term == term.Term })
			if k < 0 || len(m.Terms) != len(models[0].Terms) {
				return nil, fmt.Errorf("%s against %s: %w: other terms", parts[i].site, parts[0].site, ErrDifferent)
			}
			of = append(of, m.Terms[k])
		}
		out.Terms = append(out.Terms, average(of, out.Method == analyses.RandomEffects))
	}
	return out, nil
}

// average weighs estimates by the inverse of their variances. τ² is that of
// DerSimonian and Laird: max(0, (Q − df) / (Σw − Σw²/Σw)).
func average(of []outputs.Estimate, random bool) outputs.Estimate {
	weighted := func(tau float64) (mean, total, squares float64) {
		for _, e := range of {
			w := 1 / (e.SE*e.SE + tau)
			mean, total, squares = mean+w*e.Estimate, total+w, squares+w*w
		}
		return mean / total, total, squares
	}
	mean, total, squares := weighted(0)
	h := outputs.Disagreement{DF: len(of) - 1, P: 1}
	if h.DF > 0 { // one site agrees with itself, whatever rounding makes of Q
		for _, e := range of {
			h.Q += (e.Estimate - mean) * (e.Estimate - mean) / (e.SE * e.SE)
		}
		h.P = pValue(h.Q, h.DF)
		h.TauSquared = max(0, (h.Q-float64(h.DF))/(total-squares/total))
	}
	if h.Q > 0 {
		h.ISquared = max(0, (h.Q-float64(h.DF))/h.Q)
	}
	if random {
		mean, total, _ = weighted(h.TauSquared)
	}
	se := 1 / math.Sqrt(total)
	z := outputs.Plain(mean / se)
	return outputs.Estimate{Term: of[0].Term, Estimate: outputs.Plain(mean), SE: se, Statistic: z, P: rounds.Normal(z), Heterogeneity: &h}
}
