package outputs

import (
	"bytes"
	"math"
	"regexp"

	"github.com/go-json-experiment/json"
)

// The kinds of results of regressions.
const (
	KindModel     = "model"
	KindModelPart = "model-part"
)

// Intercept names the term of a model that belongs to no concept.
const Intercept = "(intercept)"

// MaxTerms is how many terms a model may have.
const MaxTerms = 64

// Regression says what a model explains and by what, and of how many people. The
// kind of analysis tells which members are filled: an outcome of linear-regression
// and logistic-regression, time, event and perhaps stratum of cox, outcome and
// stratum of risk-ratio.
type Regression struct {
	Analysis string `json:"analysis"` // linear-regression, logistic-regression, cox, risk-ratio
	Outcome  string `json:"outcome,omitzero"`
	Time     string `json:"time,omitzero"`
	Event    string `json:"event,omitzero"`
	Stratum  string `json:"stratum,omitzero"`
	N        int    `json:"n"`
	// Events counts the people with the outcome or event; absent of linear-regression.
	Events int `json:"events,omitzero"`
	// Strata counts the strata that are not empty; a model without is one.
	Strata int `json:"strata"`
	// Levels are all levels of the categorical covariates, in order, the reference too.
	Levels []LevelSize `json:"levels"`
}

// LevelSize is how many people have a level of a covariate. Of the levels of a
// concept one is the reference, which has no term.
type LevelSize struct {
	Concept   string `json:"concept"`
	Level     string `json:"level"`
	N         int    `json:"n"`
	Reference bool   `json:"reference,omitzero"`
}

// Estimate is one term of a fitted model: [Intercept], "concept" or
// "concept=level". Statistic is estimate/se, and P its two-sided probability
// under Student's t with DF degrees of freedom for linear-regression, else under
// the normal distribution. Heterogeneity is told if the estimate is an average of sites.
type Estimate struct {
	Term          string        `json:"term"`
	Estimate      float64       `json:"estimate"`
	SE            float64       `json:"se"`
	Statistic     float64       `json:"statistic"`
	P             float64       `json:"p"`
	Heterogeneity *Disagreement `json:"heterogeneity,omitzero"`
}

// Disagreement compares the estimates of the sites, or of strata: Q = Σ w(β−β̄)² with weights
// 1/se², I² = max(0, (Q−df)/Q), and τ² of DerSimonian and Laird.
type Disagreement struct {
	Q          float64 `json:"q"`
	DF         int     `json:"df"`
	P          float64 `json:"p"`
	ISquared   float64 `json:"iSquared"`
	TauSquared float64 `json:"tauSquared"`
}

// Model is a fitted regression. Deviance is the sum of squared residuals of
// linear-regression, −2 log likelihood of logistic-regression and −2 log partial
// likelihood of cox; absent of an average of sites. DF are the residual degrees of
// freedom: people less terms, of cox events less terms. Method, Rounds and From
// are of a model over sites: how it was made, in how many rounds, and of what.
type Model struct {
	Regression
	Dropped  Dropped    `json:"dropped,omitzero"` // of a site
	Terms    []Estimate `json:"terms"`
	Deviance float64    `json:"deviance,omitzero"`
	DF       int        `json:"df"`
	Method   string     `json:"method,omitzero"`
	Rounds   int        `json:"rounds,omitzero"`
	From     []Source   `json:"from,omitzero"`
}

// ModelPart is what one site adds to a model over sites in one round: gradient
// and information (the negative Hessian; its upper triangle, row by row) of the
// log-likelihood at the parameters At, in the order of the terms. Of
// linear-regression the log-likelihood is that of unit variance, so at zero they
// are X'y, X'X and, as deviance, y'y; deviance as in [Model].
type ModelPart struct {
	Regression
	Dropped     Dropped   `json:"dropped"`
	Round       int       `json:"round"`
	Terms       []string  `json:"terms"`
	At          []float64 `json:"at"`
	Gradient    []float64 `json:"gradient"`
	Information []float64 `json:"information"`
	Deviance    float64   `json:"deviance"`
}

// InRounds is a result that answers one round of an analysis.
type InRounds interface {
	Result
	// Asked is which round it answers, from 1, and at which parameters.
	Asked() (round int, at []float64)
	// Question is the digest of all that stays the same over the rounds of one
	// question about the same people.
	Question() string
}

// Kind is the value of the member "kind".
func (Model) Kind() string { return KindModel }

// Kind is the value of the member "kind".
func (ModelPart) Kind() string { return KindModelPart }

// Sources are the released outputs that the model was made of.
func (m Model) Sources() []Source { return m.From }

// Asked is the round and its parameters.
func (p ModelPart) Asked() (int, []float64) { return p.Round, p.At }

// Question is the digest of the part without its round, parameters and what follows from them.
func (p ModelPart) Question() string {
	p.Round, p.At, p.Gradient, p.Information, p.Deviance = 0, nil, nil, nil, 0
	return digestOf(p)
}

// digestOf is the digest of one result as a document has it.
func digestOf[T Result](r T) string {
	text, err := json.Marshal(tagged[T]{r.Kind(), r}, json.Deterministic(true))
	if err != nil {
		return ""
	}
	return Digest(bytes.TrimSpace(text))
}

var termPattern = regexp.MustCompile(`^(\(intercept\)|[A-Za-z][A-Za-z0-9._-]{0,63}(=[A-Za-z0-9 _.<>=-]{1,64})?)$`)

func (c *checks) regression(r Regression) {
	c.count(r.N, "n")
	c.count(r.Events, "events")
	c.must(r.Events <= r.N, "events", "at most n")
	c.must(r.Strata >= 1 && r.Strata <= maxCount, "strata", "one or more")
	c.must(r.Stratum == "" || conceptPattern.MatchString(r.Stratum), "stratum", "a concept")
	switch r.Analysis {
	case "linear-regression", "logistic-regression":
		c.text(conceptPattern, r.Outcome, "outcome")
		c.must(r.Time == "" && r.Event == "" && r.Stratum == "", "time, event and stratum", "absent of "+r.Analysis)
		c.must(r.Events == 0 || r.Analysis != "linear-regression", "events", "absent of linear-regression")
	case "cox":
		c.text(conceptPattern, r.Time, "time")
		c.text(conceptPattern, r.Event, "event")
		c.must(r.Outcome == "", "outcome", "absent of cox")
	case RiskRatio:
		c.text(conceptPattern, r.Outcome, "outcome")
		c.text(conceptPattern, r.Stratum, "stratum")
		c.must(r.Time == "" && r.Event == "", "time and event", "absent of risk-ratio")
	default:
		c.must(false, "analysis", "one of linear-regression, logistic-regression, cox, risk-ratio")
	}
	seen := map[Level]bool{}
	for _, l := range r.Levels {
		c.text(conceptPattern, l.Concept, "concept of a level")
		c.text(labelPattern, l.Level, "level")
		c.count(l.N, "n of a level")
		c.must(!seen[Level{l.Concept, l.Level}], "levels", "different from each other")
		seen[Level{l.Concept, l.Level}] = true
	}
}

func (c *checks) terms(terms []string) {
	c.must(len(terms) >= 1 && len(terms) <= MaxTerms, "terms", "a list of 1 to 64")
	seen := map[string]bool{}
	for _, term := range terms {
		c.text(termPattern, term, "term")
		c.must(!seen[term], "terms", "different from each other")
		seen[term] = true
	}
}

func (m Model) validate() error {
	var c checks
	c.regression(m.Regression)
	var names []string
	for _, t := range m.Terms {
		names = append(names, t.Term)
		c.number(t.Estimate, "estimate")
		c.number(t.SE, "se")
		c.must(t.SE > 0, "se", "more than zero")
		c.number(t.Statistic, "statistic")
		c.share(t.P, "p")
		if h := t.Heterogeneity; h != nil {
			c.must(len(m.From) > 0 && h.DF == m.averages()-1, "df of heterogeneity", "one less than the sites, or the strata of a risk ratio")
			c.atLeastZero(h.Q, "q")
			c.share(h.P, "p of heterogeneity")
			c.share(h.ISquared, "iSquared")
			c.atLeastZero(h.TauSquared, "tauSquared")
		}
	}
	c.terms(names)
	c.atLeastZero(m.Deviance, "deviance")
	c.must(m.DF >= 0 && m.DF <= maxCount, "df", "zero or more")
	c.must((len(m.From) > 0) == (m.Method != ""), "method", "told of a model over sites and only of one")
	c.must(m.Method == "" || methods[m.Method], "method", "one of pooled, shared-gradients, site-effects, fixed-effect, random-effects, mantel-haenszel")
	c.must(m.Rounds >= 0 && m.Rounds <= maxCount && (m.Rounds == 0 || m.Method != ""), "rounds", "told of a model over sites")
	c.must(m.Dropped == "" && len(m.From) > 0 || droppedPattern.MatchString(string(m.Dropped)), "dropped", "told of a site")
	c.sources(m.From)
	return c.err
}

// averages is of how many estimates the model's are averages.
func (m Model) averages() int {
	if m.Analysis == RiskRatio {
		return m.Strata
	}
	return len(m.From)
}

var methods = map[string]bool{"pooled": true, "shared-gradients": true, "site-effects": true, "fixed-effect": true, "random-effects": true,
	"mantel-haenszel": true}

func (p ModelPart) validate() error {
	var c checks
	c.regression(p.Regression)
	c.text(droppedPattern, string(p.Dropped), "dropped")
	c.must(p.Round >= 1 && p.Round <= maxCount, "round", "1 or more")
	c.terms(p.Terms)
	k := len(p.Terms)
	c.must(len(p.At) == k && len(p.Gradient) == k, "at and gradient", "as many as terms")
	c.must(len(p.Information) == k*(k+1)/2, "information", "the upper triangle")
	for _, list := range [][]float64{p.At, p.Gradient, p.Information} {
		for _, v := range list {
			c.number(v, "a number of at, gradient or information")
		}
	}
	c.atLeastZero(p.Deviance, "deviance")
	return c.err
}

// Plain is a number without negative zero, which has no canonical text.
func Plain(v float64) float64 {
	if v == 0 {
		return math.Abs(v)
	}
	return v
}
