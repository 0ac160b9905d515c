package combine

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// ErrAnswer says that a site's output does not answer what the site was asked.
var ErrAnswer = errors.New("the output does not answer what was asked")

// answerers has a line for each kind of analysis that a host combines or sets
// beside each other: whether a result of a site answers it.
var answerers = map[string]func(vocabulary.Analysis, outputs.Result) bool{
	analyses.LogRank:            answersLogRank,
	analyses.KaplanMeier:        answersCurves,
	analyses.Count:              answersCount,
	analyses.Summary:            answersSummary,
	analyses.LinearRegression:   answersModel,
	analyses.LogisticRegression: answersModel,
	analyses.Cox:                answersModel,
	analyses.AlleleFrequency:    answersFrequency,
	analyses.Association:        answersAssociation,
	analyses.PolygenicScore:     answersScore,
	analyses.RiskRatio:          answersRatio,
}

// Answers refuses, with ErrAnswer, what would spoil the combination of all: an
// output that answers another question than the site was asked, in another
// round or at other parameters, one that a site made of other outputs, and numbers
// so large or small that sums of them are no numbers. first is what the site
// returned in the first round, nil in that or in one shot: in later ones it tells
// of the same people.
func Answers(asked []vocabulary.Analysis, output, first []byte) error {
	document, err := outputs.Decode(output)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if len(document.Results) != len(asked) {
		return fmt.Errorf("%w: %d results, asked were %d", ErrAnswer, len(document.Results), len(asked))
	}
	for i, a := range asked {
		r := document.Results[i]
		answers, known := answerers[a.Kind]
		switch {
		case known && !answers(a, r):
			return fmt.Errorf("%w: result %d is not the %s that was asked", ErrAnswer, i+1, a.Kind)
		case len(outputs.Sources(r)) > 0:
			return fmt.Errorf("%w: result %d is a combination, asked was what the site has itself", ErrAnswer, i+1)
		case !usable(reflect.ValueOf(r), 0):
			return fmt.Errorf("%w: result %d has a number beyond what can be added up", ErrAnswer, i+1)
		}
	}
	if first == nil {
		return nil
	}
	before, err := outputs.Decode(first)
	if err != nil {
		return fmt.Errorf("read the answer of the first round: %w", err)
	}
	known := questions(before) // also those of one shot, which are not asked again
	for _, q := range questions(document) {
		if !slices.Contains(known, q) {
			return fmt.Errorf("%w: it tells of other people than in the first round", ErrAnswer)
		}
	}
	return nil
}

// questions are the digests of what stays the same over rounds.
func questions(document outputs.Document) (digests []string) {
	for _, r := range document.Results {
		part, ok := r.(outputs.InRounds)
		if !ok {
			continue
		}
		if round, _ := part.Asked(); round > 0 { // what is of no round is not asked again
			digests = append(digests, part.Question())
		}
	}
	return digests
}

// Bounds of what a site tells. Squares and products of such numbers are finite, and
// so are sums of such counts over ten sites within what a document holds. What is
// divided by is not so small that the quotient is no number.
const (
	mostPeople = 99_999_999
	largest    = 1e50
	smallest   = 1e-50
)

// divisors are the members that a combination divides by.
var divisors = []string{"SE", "Variance"}

// usable tells whether all numbers below v, but for places on a genome, are within
// the bounds, and not smaller than least, unless they are zero.
func usable(v reflect.Value, least float64) bool {
	switch v.Kind() {
	case reflect.Int:
		return v.Int() <= mostPeople
	case reflect.Float64:
		x := math.Abs(v.Float())
		return x == 0 || x >= least && x <= largest
	case reflect.Slice:
		for i := range v.Len() {
			if !usable(v.Index(i), least) {
				return false
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[outputs.Variants]() {
			return true
		}
		for i := range v.NumField() {
			least := 0.0
			if slices.Contains(divisors, v.Type().Field(i).Name) {
				least = smallest
			}
			if !usable(v.Field(i), least) {
				return false
			}
		}
	}
	return true
}

func answersLogRank(a vocabulary.Analysis, r outputs.Result) bool {
	l, ok := r.(outputs.LogRank)
	return ok && l.Time == a.Time && l.Event == a.Event && l.Arm == a.Arm && l.Stratum == a.Stratum
}

func answersCurves(a vocabulary.Analysis, r outputs.Result) bool {
	k, ok := r.(outputs.KaplanMeier)
	return ok && k.Time == a.Time && k.Event == a.Event && k.Arm == a.Arm
}

// answersBy tells whether a cell is one of a table by these concepts, or of its margins.
func answersBy(by []string, cell []outputs.Level) bool {
	return !slices.ContainsFunc(cell, func(l outputs.Level) bool { return !slices.Contains(by, l.Concept) })
}

func answersCount(a vocabulary.Analysis, r outputs.Result) bool {
	c, ok := r.(outputs.Count)
	return ok && !slices.ContainsFunc(c.Cells, func(cell outputs.Cell) bool { return !answersBy(a.By, cell.By) })
}

func answersSummary(a vocabulary.Analysis, r outputs.Result) bool {
	s, ok := r.(outputs.Summary)
	return ok && s.Measure == a.Measure && !slices.ContainsFunc(s.Groups, func(g outputs.Summarised) bool { return !answersBy(a.By, g.By) })
}

// answersModel takes a part of a round, or a whole model where no round was asked.
func answersModel(a vocabulary.Analysis, r outputs.Result) bool {
	if a.Round == 0 {
		m, ok := r.(outputs.Model)
		var terms []string
		for _, t := range m.Terms {
			terms = append(terms, t.Term)
		}
		return ok && explains(a, m.Regression, terms)
	}
	p, ok := r.(outputs.ModelPart)
	at, err := rounds.Numbers(a.At)
	if a.Round == 1 && len(a.At) == 0 {
		at = make([]float64, len(p.Terms)) // the first round is at zero
	}
	return ok && err == nil && explains(a, p.Regression, p.Terms) && int64(p.Round) == a.Round && slices.Equal(p.At, at) && convex(p)
}

// explains tells whether a regression is the one that was asked for, by its
// covariates and no others.
func explains(a vocabulary.Analysis, r outputs.Regression, terms []string) bool {
	if r.Analysis != a.Kind || r.Outcome != a.Outcome || r.Time != a.Time || r.Event != a.Event || r.Stratum != a.Stratum {
		return false
	}
	named := map[string]bool{}
	for _, t := range terms {
		if t == outputs.Intercept {
			continue
		}
		concept, _, _ := strings.Cut(t, "=")
		named[concept] = true
		if !slices.Contains(a.Covariates, concept) {
			return false
		}
	}
	return len(named) == len(a.Covariates)
}

// answersRatio takes the sums that the method needs in the round, which must be of strata that there can be: Σw is more
// than zero and, by Cauchy and Schwarz, (Σwy)² is at most Σw Σwy², and Σw² between (Σw)²/strata and (Σw)².
func answersRatio(a vocabulary.Analysis, r outputs.Result) bool {
	p, ok := r.(outputs.RatioPart)
	if !ok || p.Outcome != a.Outcome || p.Stratum != a.Stratum || p.Levels[0].Concept != a.Arm || p.Method != analyses.Combining(a) {
		return false
	}
	at, err := rounds.Numbers(a.At)
	if err != nil || int64(p.Round) != a.Round || !slices.Equal(p.At, at) {
		return false
	}
	if p.Method == analyses.MantelHaenszel {
		return true
	}
	const rounding = 1 + 1e-9
	w := p.Sums[0]
	return w >= smallest && (len(p.Sums) < 3 || p.Sums[1]*p.Sums[1] <= w*p.Sums[2]*rounding) &&
		(len(p.Sums) < 4 || w*w <= float64(p.Strata)*p.Sums[3]*rounding && p.Sums[3] <= w*w*rounding)
}

// convex tells whether an information can be one of people: no variance is below
// zero, and no covariance beyond what the variances allow, but for rounding.
func convex(p outputs.ModelPart) bool {
	k, scale := len(p.Terms), 0.0
	of := func(i, j int) float64 { return p.Information[rounds.Upper(k, i, j)] }
	for i := range k {
		scale = max(scale, math.Abs(of(i, i)))
	}
	for i := range k {
		for j := i; j < k; j++ {
			most := math.Sqrt(max(0, of(i, i)) * max(0, of(j, j)))
			if of(i, i) < -1e-9*scale || math.Abs(of(i, j)) > most+1e-9*scale {
				return false
			}
		}
	}
	return true
}

// among tells whether all variants are of those that were asked about, if any were named.
func among(asked []string, told outputs.Variants) bool {
	return len(asked) == 0 || !slices.ContainsFunc(told.ID, func(id string) bool { return !slices.Contains(asked, id) })
}

func answersFrequency(a vocabulary.Analysis, r outputs.Result) bool {
	f, ok := r.(outputs.AlleleFrequency)
	return ok && among(a.Variants, f.Variants)
}

func answersAssociation(a vocabulary.Analysis, r outputs.Result) bool {
	s, ok := r.(outputs.Association)
	return ok && s.Outcome == a.Outcome && among(a.Variants, s.Variants)
}

func answersScore(a vocabulary.Analysis, r outputs.Result) bool {
	s, ok := r.(outputs.PolygenicScore)
	if !ok || len(s.Sites) > 0 || s.By != "" && !slices.Equal(a.By, []string{s.By}) || s.By == "" && len(a.By) > 0 || len(s.Weights) != len(a.Weights) {
		return false
	}
	for i, w := range a.Weights {
		weight, err := strconv.ParseFloat(w.Weight, 64)
		if err != nil || s.Weights[i] != (outputs.EffectWeight{Variant: w.Variant, Allele: w.Allele, Weight: outputs.Plain(weight)}) {
			return false
		}
	}
	return true
}
