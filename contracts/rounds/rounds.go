// Package rounds is what a host and the sites of a study in rounds have to agree
// on: how the host comes from one round's parts to the next parameters, when it
// is done, and within which bounds a site answers.
//
// A model over sites is the maximum of the sum of the sites' log-likelihoods. In
// each round every site computes gradient and information of its own at the same
// parameters; their sums give the Newton step to the next. What comes out is the
// answer on the people of all sites, not an average of answers.
package rounds

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Bounds of a study in rounds.
const (
	// Most is how many rounds a study may have. Newton's method on a regular
	// model takes 4 to 8 from zero.
	Most = 25
	// MostPredictor is how far from the middle of its people a linear predictor
	// may lie at the parameters of a round, in logits or log hazards. At 15 one
	// person weighs three million times as much as another: no estimate of data
	// is out there, and parameters that single somebody out are.
	MostPredictor = 15
	// FewestDF are the residual degrees of freedom that a model needs at least
	// (ACRO 1.0.1, safe_dof_threshold).
	FewestDF = 10
)

// Why no model comes out of parts.
var (
	ErrSingular     = errors.New("the covariates cannot be told apart: one is constant among the people, or follows from the others")
	ErrSeparated    = errors.New("the covariates foretell the outcome without a miss, so that no estimate is the best")
	ErrNotConverged = errors.New("the estimate did not settle")
)

// Sum is what the parts of a round add up to.
type Sum struct {
	At, Gradient, Information []float64
	Deviance                  float64
}

// Add adds a part. Terms, parameters and order are the caller's to compare.
func (s *Sum) Add(p outputs.ModelPart) {
	if s.Gradient == nil {
		s.At = p.At
		s.Gradient, s.Information = make([]float64, len(p.Gradient)), make([]float64, len(p.Information))
	}
	for i, g := range p.Gradient {
		s.Gradient[i] += g
	}
	for i, v := range p.Information {
		s.Information[i] += v
	}
	s.Deviance += p.Deviance
}

// Memory is what an estimation keeps from one round to the next. The zero value
// begins.
type Memory struct {
	Best     []float64 `json:"best,omitzero"`     // the best parameters so far
	Deviance float64   `json:"deviance,omitzero"` // at the best
	Step     []float64 `json:"step,omitzero"`     // from the best to what is asked now, before it was halved
	Halved   int       `json:"halved,omitzero"`   // how often it was
	Taken    int       `json:"taken,omitzero"`    // steps that were taken
	// Of names whose parts the deviance at the best is of: a part more or less
	// makes another likelihood, and the estimation goes on from where it is.
	Of string `json:"of,omitzero"`
}

// Fit is a settled estimate and the inverse of its information.
type Fit struct {
	At, Covariance []float64 // Covariance is an upper triangle, row by row
	Deviance       float64
}

const (
	// settled bounds the squared length of the next step in standard errors: the
	// estimate is then within 1e-9 of a standard error of where it would end.
	settled = 1e-18
	// still is a change of the deviance, relative, that rounding makes.
	still = 1e-12
	// mostHalved is how often a step is halved before it is given up.
	mostHalved = 12
	// regular is how many steps a regular model takes at most from zero, also one
	// of an outcome that one person in ten thousand has. One that still moves then
	// runs away: with every step the farther the likelier, and no end.
	regular = 14
)

// Advance takes the sum of a round. It returns a fit, or the parameters of the
// next round and what to remember until then.
func Advance(kind string, s Sum, before Memory, of string) (fit *Fit, next []float64, m Memory, err error) {
	if kind == "linear-regression" {
		return linear(s)
	}
	m = before
	// Not a number is no likelier either.
	if known := m.Of == of && m.Best != nil; known && !(s.Deviance <= m.Deviance+still*(math.Abs(m.Deviance)+1)) {
		next, m, err = m.Shorten()
		return nil, next, m, err
	}
	step, inverse, err := solve(s.Gradient, s.Information)
	if err != nil {
		return nil, nil, m, err
	}
	length := 0.0
	for i := range step {
		length += step[i] * s.Gradient[i]
	}
	unmoved := m.Of == of && m.Best != nil && math.Abs(m.Deviance-s.Deviance) <= still*(math.Abs(s.Deviance)+0.1)
	if length <= settled || unmoved && length <= math.Sqrt(settled) {
		return &Fit{At: s.At, Covariance: inverse, Deviance: s.Deviance}, nil, m, nil
	}
	if m.Taken >= regular {
		return nil, nil, m, ErrSeparated
	}
	m = Memory{Best: s.At, Deviance: s.Deviance, Step: step, Taken: m.Taken + 1, Of: of}
	return nil, m.along(1), m, nil
}

// Shorten goes half as far as before: the model was no likelier there, or a site
// would have told of few people. It fails where there is no step to shorten.
func (m Memory) Shorten() (next []float64, after Memory, err error) {
	if m.Halved >= mostHalved || m.Best == nil {
		return nil, m, fmt.Errorf("%w: no step is short enough", ErrNotConverged)
	}
	m.Halved++
	return m.along(math.Pow(0.5, float64(m.Halved))), m, nil
}

func (m Memory) along(share float64) []float64 {
	next := make([]float64, len(m.Best))
	for i := range next {
		next[i] = outputs.Plain(m.Best[i] + share*m.Step[i])
	}
	return next
}

// linear solves the normal equations: the sum of squares is a parabola, and one
// step ends at its bottom.
func linear(s Sum) (*Fit, []float64, Memory, error) {
	step, inverse, err := solve(s.Gradient, s.Information)
	if err != nil {
		return nil, nil, Memory{}, err
	}
	fit := &Fit{At: make([]float64, len(step)), Covariance: inverse, Deviance: s.Deviance}
	for i := range step {
		fit.At[i] = outputs.Plain(s.At[i] + step[i])
		fit.Deviance -= step[i] * s.Gradient[i]
	}
	if fit.Deviance <= still*s.Deviance {
		return nil, nil, Memory{}, ErrSeparated
	}
	return fit, nil, Memory{}, nil
}

// Texts writes parameters as a request carries them: the shortest decimals that
// read back equal.
func Texts(at []float64) []string {
	texts := make([]string, len(at))
	for i, v := range at {
		texts[i] = strconv.FormatFloat(outputs.Plain(v), 'g', -1, 64)
	}
	return texts
}

// Numbers reads them back; it refuses what is no finite number.
func Numbers(texts []string) ([]float64, error) {
	var at []float64
	for i, text := range texts {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("parameter %d is no finite number", i+1)
		}
		at = append(at, outputs.Plain(v))
	}
	return at, nil
}
