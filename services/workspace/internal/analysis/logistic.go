package analysis

import (
	"math"

	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// table2x3 is all that a logistic regression on the copies of one allele needs of the people: how many cases and
// controls have none, one and two.
type table2x3 struct{ cases, controls genotypes.Counts }

// turned counts the other allele.
func (t table2x3) turned() table2x3 {
	t.cases[0], t.cases[2] = t.cases[2], t.cases[0]
	t.controls[0], t.controls[2] = t.controls[2], t.controls[0]
	return t
}

func (t table2x3) all() genotypes.Counts { return t.cases.Plus(t.controls) }

// separated reports whether the table of alleles by outcome has an empty cell: then the estimate may not exist.
func (t table2x3) separated() bool {
	return min(t.cases.Alt(), t.cases.Ref(), t.controls.Alt(), t.controls.Ref()) == 0
}

// The codes of plink2 for variants without an estimate.
const (
	codeConstant   = "CONST_OMITTED_ALLELE"
	codeFewSamples = "SAMPLE_CT<=PREDICTOR_CT"
	codeFirth      = "FIRTH_CONVERGE_FAIL"
)

// estimate is what is known of one variant: log odds ratio of one copy, its standard error, the Wald statistic and its
// p-value; or why there is none.
type estimate struct {
	beta, se, z, p float64
	firth          bool
	code           string
}

// fit is plink2's --glm without covariates: logistic regression, or Firth's penalised one where a cell of the table of
// alleles is empty or the usual one does not converge.
func (t table2x3) fit() estimate {
	all := t.all()
	switch {
	case all.Alt() == 0 || all.Ref() == 0 || all[1] == all.Called():
		return estimate{code: codeConstant}
	case all.Called() <= 2:
		return estimate{code: codeFewSamples}
	}
	e, ok := estimate{}, false
	if !t.separated() {
		e, ok = t.climb(false)
	}
	if !ok {
		if e, ok = t.climb(true); !ok {
			return estimate{code: codeFirth}
		}
		e.firth = true
	}
	e.z = e.beta / e.se
	e.p = math.Erfc(math.Abs(e.z) / math.Sqrt2)
	return e
}

// information is X'WX of the intercept and the copies.
type information struct{ a, b, d float64 }

func (h information) det() float64 { return h.a*h.d - h.b*h.b }

// Bounds of the climb: steps, the longest and the last one, halvings of one step, and log odds from which on the
// estimate is taken to go on for ever.
const (
	mostSteps    = 100
	longestStep  = 5
	small        = 1e-10
	mostHalvings = 30
	infinite     = 30
)

// climb is Newton's on the likelihood, or on that with Firth's penalty, half the logarithm of the determinant of the
// information: each person's residual y − p becomes y − p + h(1/2 − p), h the person's leverage (Firth 1993; Heinze and
// Schemper 2002). The standard error is that of the information at the end.
func (t table2x3) climb(firth bool) (estimate, bool) {
	b0, b1 := 0.0, 0.0
	h, p := t.weigh(b0, b1)
	u0, u1 := t.score(h, p, firth)
	for range mostSteps {
		det := h.det()
		if !(det > 0) {
			return estimate{}, false
		}
		s0, s1 := (h.d*u0-h.b*u1)/det, (h.a*u1-h.b*u0)/det
		if long := max(math.Abs(s0), math.Abs(s1)); long > longestStep {
			s0, s1 = s0*longestStep/long, s1*longestStep/long
		}
		// The information is half of what the penalised likelihood curves by where one person decides: a whole step then
		// leads as far down the other side as it began on this one.
		for range mostHalvings {
			h, p = t.weigh(b0+s0, b1+s1)
			ahead0, ahead1 := t.score(h, p, firth)
			if ahead0*s0+ahead1*s1 > -(u0*s0+u1*s1)/2 {
				break
			}
			s0, s1 = s0/2, s1/2
		}
		b0, b1 = b0+s0, b1+s1
		h, p = t.weigh(b0, b1)
		u0, u1 = t.score(h, p, firth)
		switch {
		case math.Abs(b0) > infinite || math.Abs(b1) > infinite || math.IsNaN(b1):
			return estimate{}, false
		case max(math.Abs(s0), math.Abs(s1)) < small:
			return estimate{beta: b1, se: math.Sqrt(h.a / h.det())}, true
		}
	}
	return estimate{}, false
}

// score is the slope of the height.
func (t table2x3) score(h information, p [3]float64, firth bool) (u0, u1 float64) {
	for x := range 3 {
		n, copies := float64(t.cases[x]+t.controls[x]), float64(x)
		r := float64(t.cases[x]) - n*p[x]
		if firth {
			leverage := p[x] * (1 - p[x]) * (h.d - 2*copies*h.b + copies*copies*h.a) / h.det()
			r += n * leverage * (0.5 - p[x])
		}
		u0, u1 = u0+r, u1+copies*r
	}
	return u0, u1
}

// weigh is the information at the parameters, and the probability of being a case with each number of copies.
func (t table2x3) weigh(b0, b1 float64) (h information, p [3]float64) {
	for x := range 3 {
		copies := float64(x)
		p[x] = 1 / (1 + math.Exp(-b0-b1*copies))
		w := float64(t.cases[x]+t.controls[x]) * p[x] * (1 - p[x])
		h.a, h.b, h.d = h.a+w, h.b+copies*w, h.d+copies*copies*w
	}
	return h, p
}
