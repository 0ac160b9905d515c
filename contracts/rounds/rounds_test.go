package rounds

import (
	"errors"
	"math"
	"slices"
	"testing"
	"testing/quick"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// steep is a penalised likelihood of one term.
func steep(at []float64) Sum {
	x := at[0]
	e := math.Exp(-x)
	return Sum{At: at, Gradient: []float64{e/(1+e) - x/20}, Information: []float64{e/((1+e)*(1+e)) + 0.05}, Deviance: 2*math.Log1p(e) + x*x/20}
}

func run(kind string, compute func([]float64) Sum, at []float64) (*Fit, int, error) {
	var memory Memory
	for round := 1; round <= Most; round++ {
		fit, next, then, err := Advance(kind, compute(at), memory, "all")
		if err != nil || fit != nil {
			return fit, round, err
		}
		at, memory = next, then
	}
	return nil, Most, ErrNotConverged
}

func TestAnEstimateEndsWhereTheGradientIsZero(t *testing.T) {
	fit, n, err := run("cox", steep, []float64{0})
	if err != nil || math.Abs(steep(fit.At).Gradient[0]) > 1e-9 || n > 10 {
		t.Errorf("%+v after %d rounds: %v", fit, n, err)
	}
}

func TestAStepThatMakesTheModelLessLikelyIsHalved(t *testing.T) {
	// log cosh: from 1.2 on, a whole step overshoots farther each time.
	cosh := func(at []float64) Sum {
		x := at[0]
		return Sum{At: at, Gradient: []float64{-math.Tanh(x)}, Information: []float64{1 / (math.Cosh(x) * math.Cosh(x))}, Deviance: 2 * math.Log(math.Cosh(x))}
	}
	fit, n, err := run("cox", cosh, []float64{1.5})
	if err != nil || math.Abs(fit.At[0]) > 1e-8 {
		t.Errorf("%+v after %d rounds: %v", fit, n, err)
	}
	_, next, m, err := Advance("cox", cosh([]float64{1.5}), Memory{}, "all")
	if err != nil {
		t.Fatal(err)
	}
	_, again, halved, err := Advance("cox", cosh(next), m, "all")
	if err != nil || halved.Halved != 1 || again[0] != 1.5+m.Step[0]/2 {
		t.Errorf("from %g to %g, then %g: %v", 1.5, next[0], again[0], err)
	}
	if _, _, kept, err := Advance("cox", cosh(next), m, "others"); err != nil || kept.Halved != 0 || kept.Best[0] != next[0] {
		t.Errorf("of other people the deviance says nothing: %+v, %v", kept, err)
	}
	if next, _, err := m.Shorten(); err != nil || next[0] != again[0] {
		t.Errorf("shortened to %v, %v", next, err)
	}
	if _, _, err := (Memory{}).Shorten(); !errors.Is(err, ErrNotConverged) {
		t.Errorf("nothing to shorten: %v", err)
	}
}

func TestAnEstimateThatNeverSettlesIsGivenUp(t *testing.T) {
	worse := 0.0
	never := func(at []float64) Sum {
		worse++
		return Sum{At: at, Gradient: []float64{1}, Information: []float64{1}, Deviance: worse}
	}
	if _, n, err := run("cox", never, []float64{0}); !errors.Is(err, ErrNotConverged) || n > Most {
		t.Errorf("%d rounds, %v", n, err)
	}
	better := 1e6
	away := func(at []float64) Sum {
		better--
		return Sum{At: at, Gradient: []float64{1}, Information: []float64{1}, Deviance: better}
	}
	if _, n, err := run("logistic-regression", away, []float64{0}); !errors.Is(err, ErrSeparated) || n > Most {
		t.Errorf("%d rounds, %v", n, err)
	}
	nan := func(at []float64) Sum {
		if at[0] == 0 {
			return Sum{At: at, Gradient: []float64{1}, Information: []float64{1}, Deviance: 1}
		}
		return Sum{At: at, Gradient: []float64{math.NaN()}, Information: []float64{math.NaN()}, Deviance: math.NaN()}
	}
	if _, _, err := run("cox", nan, []float64{0}); !errors.Is(err, ErrNotConverged) {
		t.Errorf("not a number: %v", err)
	}
}

func TestTermsThatCannotBeToldApartAreFoundInAnyUnit(t *testing.T) {
	for _, unit := range []float64{1e-9, 1, 1e9} {
		s := Sum{At: []float64{0, 0}, Gradient: []float64{1, unit}, Information: []float64{10, 20 * unit, 40 * unit * unit}}
		if _, _, _, err := Advance("cox", s, Memory{}, ""); !errors.Is(err, ErrSingular) {
			t.Errorf("unit %g: %v", unit, err)
		}
		s.Information[2] *= 1.001
		if _, _, _, err := Advance("cox", s, Memory{}, ""); err != nil {
			t.Errorf("unit %g: %v", unit, err)
		}
	}
}

func TestSolutionAndInverseFitTheMatrix(t *testing.T) {
	holds := func(a, b, c, x, y float64) bool {
		a, b, c = math.Mod(a, 10), math.Mod(b, 10), math.Mod(c, 10)
		matrix := []float64{a*a + 1, a * b, b*b + c*c + 1} // positive definite
		right := []float64{math.Mod(x, 10), math.Mod(y, 10)}
		step, inverse, err := solve(right, matrix)
		if err != nil {
			return false
		}
		near := func(v, want float64) bool { return math.Abs(v-want) < 1e-6 }
		return near(matrix[0]*step[0]+matrix[1]*step[1], right[0]) && near(matrix[1]*step[0]+matrix[2]*step[1], right[1]) &&
			near(matrix[0]*inverse[0]+matrix[1]*inverse[1], 1) && near(matrix[1]*inverse[1]+matrix[2]*inverse[2], 1)
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

func TestParametersSurviveTheirTexts(t *testing.T) {
	holds := func(v float64) bool {
		at, err := Numbers(Texts([]float64{v}))
		return err == nil && len(at) == 1 && at[0] == v
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
	if texts := Texts([]float64{0.1, math.Copysign(0, -1), 1e-7, -12}); !slices.Equal(texts, []string{"0.1", "0", "1e-07", "-12"}) {
		t.Error(texts)
	}
	for _, text := range []string{"1e999", "NaN", "inf", "x", ""} {
		if _, err := Numbers([]string{text}); err == nil {
			t.Errorf("%q is taken for a number", text)
		}
	}
}

func TestAModelWritesDownItsFit(t *testing.T) {
	fit := Fit{At: []float64{2, -1}, Covariance: []float64{4, 0.5, 0.25}, Deviance: 30}
	linear := Model(outputs.Regression{Analysis: "linear-regression", N: 12}, []string{outputs.Intercept, "age"}, fit, func(float64, int) float64 { return 0.5 })
	if linear.DF != 10 || linear.Terms[0].SE != math.Sqrt(3*4) || linear.Terms[1].P != 0.5 {
		t.Errorf("%+v", linear)
	}
	cox := Model(outputs.Regression{Analysis: "cox", N: 100, Events: 30}, []string{"age", "sex=male"}, fit, nil)
	if cox.DF != 28 || cox.Terms[0].SE != 2 || math.Abs(cox.Terms[1].P-0.04550026389635842) > 1e-15 {
		t.Errorf("%+v", cox)
	}
}
