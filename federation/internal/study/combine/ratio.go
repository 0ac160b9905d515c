package combine

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Risk ratios over the strata of all sites, such as trials. No site tells a stratum, and none needs to: fixed effect,
// Mantel-Haenszel, Cochran's Q and τ² are made of sums over strata, which add up over sites. Random effects weigh each
// stratum by 1/(v + τ²), which no sum at another τ² gives, so they take a second round, at the τ² of the first.

// riskRatio combines sums of one shot.
func riskRatio(_ vocabulary.Analysis, parts []part) (outputs.Result, error) {
	total, err := sumRatios(parts)
	if err != nil {
		return nil, err
	}
	model := ratioModel(total, parts)
	if total.Method == analyses.MantelHaenszel {
		// Greenland and Robins 1985, see outputs.RatioPart.
		r, s, p := total.Sums[0], total.Sums[1], total.Sums[2]
		return told(model, math.Log(r/s), math.Sqrt(p/(r*s)), nil)
	}
	h := scatter(total)
	return told(model, total.Sums[1]/total.Sums[0], math.Sqrt(1/total.Sums[0]), &h)
}

// twoRounds estimates random effects.
type twoRounds struct{}

// heard is what twoRounds keeps: the sums at zero of each part, and the τ² that was asked at.
type heard struct {
	First map[string][]float64 `json:"first"`
	Tau   float64              `json:"tau"`
}

func (twoRounds) next(_ vocabulary.Analysis, parts []part, notes jsontext.Value) (step, error) {
	total, err := sumRatios(parts)
	if err != nil {
		return step{}, err
	}
	h, err := readHeard(notes)
	switch {
	case err != nil:
		return step{}, err
	case h.First == nil && total.Later():
		return step{}, fmt.Errorf("%w: a later round before the first", ErrDifferent)
	case h.First == nil:
		h.First = map[string][]float64{}
		for _, p := range parts {
			h.First[ratioOf(p)] = p.result.(outputs.RatioPart).Sums
		}
	case !total.Later() || total.At[0] != h.Tau:
		return step{}, fmt.Errorf("%w: the parts are at another τ² than asked", ErrDifferent)
	}
	first := total
	first.Sums = make([]float64, 4)
	for _, p := range parts {
		sums, ok := h.First[ratioOf(p)]
		if !ok || len(sums) != 4 {
			return step{}, fmt.Errorf("%w: %s answered no first round", ErrDifferent, p.site)
		}
		for i, v := range sums {
			first.Sums[i] += v
		}
	}
	disagreement := scatter(first)
	// Of sites that fell silent meanwhile the strata are missing, and the τ² of the others is another.
	if tau := disagreement.TauSquared; tau != h.Tau || !total.Later() && tau > 0 {
		h.Tau = tau
		return h.step(nil)
	}
	model := ratioModel(total, parts)
	model.Rounds = max(total.Round, 1)
	result, err := told(model, total.Sums[1]/total.Sums[0], math.Sqrt(1/total.Sums[0]), &disagreement)
	if err != nil {
		return step{}, err
	}
	return h.step(result)
}

// shorten has nothing to try: τ² follows from the first round.
func (twoRounds) shorten(notes jsontext.Value) (step, error) {
	h, err := readHeard(notes)
	if err != nil {
		return step{}, err
	}
	s, err := h.step(nil)
	return s, errors.Join(err, errStill)
}

func (h heard) step(result outputs.Result) (step, error) {
	notes, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		return step{}, fmt.Errorf("write the notes of a round: %w", err)
	}
	return step{result: result, at: []float64{h.Tau}, notes: notes}, nil
}

func readHeard(notes jsontext.Value) (h heard, err error) {
	if len(notes) == 0 {
		return h, nil
	}
	if err := json.Unmarshal(notes, &h); err != nil {
		return h, fmt.Errorf("read the notes of the round before: %w", err)
	}
	return h, nil
}

func ratioOf(p part) string { return p.site + " " + p.document.Dataset }

// sumRatios adds the parts of one question at the same τ².
func sumRatios(parts []part) (total outputs.RatioPart, err error) {
	for i, p := range parts {
		one, ok := p.result.(outputs.RatioPart)
		if !ok {
			return total, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		if i == 0 {
			total = one
			total.Levels, total.Sums = slices.Clone(one.Levels), slices.Clone(one.Sums)
			continue
		}
		if why := unlike(total, one); why != "" {
			return total, fmt.Errorf("%s against %s: %w: other %s", p.site, parts[0].site, ErrDifferent, why)
		}
		total.N, total.Events, total.Strata = total.N+one.N, total.Events+one.Events, total.Strata+one.Strata
		for k, l := range one.Levels {
			total.Levels[k].N += l.N
		}
		for k, v := range one.Sums {
			total.Sums[k] += v
		}
	}
	return total, nil
}

// unlike says in what two parts are of different questions.
func unlike(a, b outputs.RatioPart) string {
	arms := func(p outputs.RatioPart) (all []string) {
		for _, l := range p.Levels {
			all = append(all, l.Concept+"="+l.Level)
		}
		return all
	}
	switch {
	case a.Outcome != b.Outcome || a.Stratum != b.Stratum:
		return "outcome or stratum"
	case !slices.Equal(arms(a), arms(b)):
		return "arms"
	case a.Method != b.Method || a.Round != b.Round || !slices.Equal(a.At, b.At) || len(a.Sums) != len(b.Sums):
		return "method, round or τ²"
	}
	return ""
}

// scatter is Cochran's Q of the strata and τ² of DerSimonian and Laird (1986), of the sums Σw, Σwy, Σwy² and, for τ², Σw²
// at τ² = 0: Q = Σwy² − (Σwy)²/Σw, τ² = max(0, (Q − (k − 1)) / (Σw − Σw²/Σw)).
func scatter(p outputs.RatioPart) outputs.Disagreement {
	h := outputs.Disagreement{DF: p.Strata - 1, P: 1}
	h.Q = max(0, p.Sums[2]-p.Sums[1]*p.Sums[1]/p.Sums[0])
	if h.DF == 0 {
		return h
	}
	h.P = pValue(h.Q, h.DF)
	if h.Q > 0 {
		h.ISquared = max(0, (h.Q-float64(h.DF))/h.Q)
	}
	if len(p.Sums) > 3 {
		h.TauSquared = max(0, (h.Q-float64(h.DF))/(p.Sums[0]-p.Sums[3]/p.Sums[0]))
	}
	return h
}

// ratioModel is what is told of a risk ratio beside its estimate: the logarithm of the ratio of the second arm to the
// first, as the one term of a model.
func ratioModel(total outputs.RatioPart, parts []part) outputs.Model {
	m := outputs.Model{Regression: total.Regression, DF: max(0, total.N-1), Method: total.Method}
	for _, p := range parts {
		m.From = append(m.From, p.source(p.result.(outputs.RatioPart).N))
	}
	return m
}

func told(m outputs.Model, estimate, se float64, h *outputs.Disagreement) (outputs.Result, error) {
	if math.IsNaN(estimate) || math.IsInf(estimate, 0) || !(se > 0) || math.IsInf(se, 0) {
		return nil, fmt.Errorf("%w: nobody of one arm had the outcome", ErrUnsupported)
	}
	compared := m.Levels[1]
	m.Terms = []outputs.Estimate{{Term: compared.Concept + "=" + compared.Level, Estimate: outputs.Plain(estimate), SE: se,
		Statistic: outputs.Plain(estimate / se), P: rounds.Normal(estimate / se), Heterogeneity: h}}
	return m, nil
}
