package analysis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
)

// One sentinel per way in which a regression is not answered.
var (
	ErrParameters = errors.New("round-parameters-refused: at these parameters the round would tell of few people")
	ErrSaturated  = errors.New("model-saturated: the model has a term for every combination of its covariates, so it is their table")
)

// Regression is what a model explains, and by what. Kind is linear-regression or
// logistic-regression, with an outcome, or cox, with a time, an event and perhaps
// a stratum. A category without a reference is compared with its first level.
type Regression struct {
	Kind                          string
	Outcome, Time, Event, Stratum string
	Covariates                    []string
	References                    map[string]string
}

// likelihood computes what one part is made of at some parameters.
type likelihood func(ctx context.Context, at []float64) (rounds.Sum, error)

// Fit estimates a model on one site's rows. Levels that nobody has are left out.
func Fit(ctx context.Context, table Table, q Regression, threshold int) (outputs.Model, error) {
	d, err := newDesign(table, q, threshold, true)
	if err != nil {
		return outputs.Model{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	if concept := d.constant(); concept != "" {
		return outputs.Model{}, fmt.Errorf("%s: %w: %s has one value", q.Kind, rounds.ErrSingular, concept)
	}
	if err := d.saturated(); err != nil {
		return outputs.Model{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	fit, err := d.settle(ctx)
	if err != nil {
		return outputs.Model{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	model := rounds.Model(d.told, d.terms, *fit, student)
	model.Dropped = d.dropped
	return model, nil
}

func student(t float64, df int) float64 {
	if df < 1 {
		return 1
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Survival(math.Abs(t))
}

// settle finds the best parameters from zero on. Those of linear-regression are
// found in one step, and once more from there: of an outcome far from zero the
// squares around zero have no digits left for those around the estimate.
func (d *design) settle(ctx context.Context) (*rounds.Fit, error) {
	kind, compute := d.told.Analysis, d.likelihood()
	at, memory, once := make([]float64, len(d.terms)), rounds.Memory{}, kind != "linear-regression"
	if !once {
		at[0] = stat.Mean(d.y, nil)
	}
	for range rounds.Most {
		sum, err := compute(ctx, at)
		if err != nil {
			return nil, err
		}
		fit, next, then, err := rounds.Advance(kind, sum, memory, "")
		switch {
		case err != nil || fit != nil && once:
			return fit, err
		case fit != nil:
			at, once = fit.At, true
		default:
			at, memory = next, then
		}
	}
	return nil, rounds.ErrNotConverged
}

// Part computes what this site adds to a model over sites in one round. Without
// parameters they are zero, as they have to be in the first round. A level that
// nobody here has keeps its term, so that the sites' parts add up.
func Part(ctx context.Context, table Table, q Regression, round int, at []float64, threshold int) (outputs.ModelPart, error) {
	d, err := newDesign(table, q, threshold, false)
	if err != nil {
		return outputs.ModelPart{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	if at == nil {
		at = make([]float64, len(d.terms))
	}
	if len(at) != len(d.terms) {
		return outputs.ModelPart{}, fmt.Errorf("%s: %w: as many parameters as terms are needed", q.Kind, ErrRequest)
	}
	if err := errors.Join(d.saturated(), d.mayAnswer(round, at, threshold)); err != nil {
		return outputs.ModelPart{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	sum, err := d.likelihood()(ctx, at)
	if err != nil {
		return outputs.ModelPart{}, fmt.Errorf("%s: %w", q.Kind, err)
	}
	return outputs.ModelPart{Regression: d.told, Dropped: d.dropped, Round: round, Terms: d.terms, At: plain(at),
		Gradient: plain(sum.Gradient), Information: plain(sum.Information), Deviance: sum.Deviance}, nil
}

// mayAnswer refuses parameters that let a round tell of few people.
func (d *design) mayAnswer(round int, at []float64, threshold int) error {
	if round == 1 && slices.ContainsFunc(at, func(v float64) bool { return v != 0 }) {
		return fmt.Errorf("%w: the first round is at zero", ErrParameters)
	}
	if round < 1 || round > rounds.Most {
		return fmt.Errorf("%w: a study has at most %d rounds", ErrParameters, rounds.Most)
	}
	if d.told.Analysis == "linear-regression" {
		return nil // the same numbers at any parameters, but for arithmetic
	}
	predictors := d.predictors(at)
	mean := 0.0
	for _, eta := range predictors {
		mean += eta / float64(len(predictors))
	}
	sum, squares := 0.0, 0.0
	for _, eta := range predictors {
		if !(math.Abs(eta-mean) <= rounds.MostPredictor) {
			return fmt.Errorf("%w: a linear predictor is too far out", ErrParameters)
		}
		weight := d.weight(eta, mean)
		sum, squares = sum+weight, squares+weight*weight
	}
	// As many people as weigh alike would count: Kish's effective sample size.
	effective := int(sum * sum / squares)
	if effective < threshold || effective-len(d.terms) < rounds.FewestDF {
		return fmt.Errorf("%w: the weights leave too few people", ErrParameters)
	}
	return nil
}

// weight is what a person counts for in the information.
func (d *design) weight(eta, mean float64) float64 {
	if d.told.Analysis == "cox" {
		return math.Exp(eta - mean)
	}
	p := 1 / (1 + math.Exp(-eta))
	return p * (1 - p)
}

func plain(all []float64) []float64 {
	out := make([]float64, len(all))
	for i, v := range all {
		out[i] = outputs.Plain(v)
	}
	return out
}
