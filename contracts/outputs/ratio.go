package outputs

// KindRatioPart is the kind of a [RatioPart].
const KindRatioPart = "risk-ratio-part"

// RiskRatio is the analysis of a [RatioPart], and of the [Model] made of those of all sites.
const RiskRatio = "risk-ratio"

// RatioPart is what one site adds to a risk ratio over strata, such as trials: sums over its strata, none of which is told
// by itself. Of a stratum with the logarithm y of its risk ratio and the variance v of that, w is 1/(v + τ²), with τ² as
// At says, zero without. A stratum with an empty cell counts with half a person more in each of its four. The levels are
// the two arms, of which the first is the reference. What is told follows from the method:
//
//	fixed-effect    Σw, Σwy, Σwy²
//	random-effects  in the first round, at zero, the same and Σw²; later Σw, Σwy
//	mantel-haenszel with a of n treated and c of m others who had the outcome, N = n + m:
//	                Σ am/N, Σ cn/N, Σ (nm(a + c) − acN)/N²
type RatioPart struct {
	Regression
	Method  string    `json:"method"`
	Dropped Dropped   `json:"dropped"`
	Round   int       `json:"round,omitzero"` // of random-effects
	At      []float64 `json:"at,omitzero"`    // τ² of a later round
	Sums    []float64 `json:"sums"`
}

// Kind is the value of the member "kind".
func (RatioPart) Kind() string { return KindRatioPart }

// Asked is the round and its τ²; no round of an answer in one shot.
func (p RatioPart) Asked() (int, []float64) { return p.Round, p.At }

// Question is the digest of the part without its round, τ² and sums.
func (p RatioPart) Question() string {
	p.Round, p.At, p.Sums = 0, nil, nil
	return digestOf(p)
}

// Later tells whether the part is of a later round than the first.
func (p RatioPart) Later() bool { return p.Round > 1 }

// ratioSums is how many sums each method tells in its first round.
var ratioSums = map[string]int{"fixed-effect": 3, "random-effects": 4, "mantel-haenszel": 3}

func (p RatioPart) validate() error {
	var c checks
	c.regression(p.Regression)
	c.must(p.Analysis == RiskRatio, "analysis", RiskRatio)
	c.must(len(p.Levels) == 2 && p.Levels[0].Concept == p.Levels[1].Concept && p.Levels[0].Reference && !p.Levels[1].Reference,
		"levels", "the two arms, the reference first")
	c.text(droppedPattern, string(p.Dropped), "dropped")
	want, known := ratioSums[p.Method]
	c.must(known, "method", "one of fixed-effect, random-effects, mantel-haenszel")
	c.must((p.Round > 0) == (p.Method == "random-effects") && p.Round <= maxCount, "round", "told of random-effects alone")
	if p.Later() {
		want = 2
	}
	c.must(p.Later() && len(p.At) == 1 || !p.Later() && len(p.At) == 0, "at", "one number of a later round")
	c.must(len(p.Sums) == want, "sums", "those of the method and its round")
	for _, v := range p.At {
		c.atLeastZero(v, "at")
	}
	for i, v := range p.Sums {
		c.number(v, "a sum")
		c.must(v >= 0 || i == 1 && p.Method != "mantel-haenszel", "a sum", "zero or more, but for that of the ratios")
	}
	return c.err
}
