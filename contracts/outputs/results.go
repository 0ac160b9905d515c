package outputs

import "strconv"

// The closed vocabulary of kinds.
const (
	KindLogRank     = "log-rank"
	KindKaplanMeier = "kaplan-meier"
	KindCombination = "combination"
)

// MethodStratifiedBySite is the one method of a [Combination].
const MethodStratifiedBySite = "log-rank stratified by site"

// Directions of a site's difference for the compared group.
const (
	MoreEvents  = "more events than expected"
	FewerEvents = "fewer events than expected"
	AsExpected  = "as many events as expected"
)

// Suppressed stands for a number of dropped rows that is itself a small cell.
const Suppressed = "suppressed"

// Dropped tells how many rows an analysis could not use because a value was
// missing: "0", a decimal number, or [Suppressed].
type Dropped string

// DroppedRows hides the numbers 1 to threshold-1: one row dropped is a cell of
// one person.
func DroppedRows(n, threshold int) Dropped {
	if n > 0 && n < threshold {
		return Suppressed
	}
	return Dropped(strconv.Itoa(n))
}

// Rows is the number told; false if it is suppressed.
func (d Dropped) Rows() (int, bool) {
	n, err := strconv.Atoi(string(d))
	return n, err == nil
}

// Level is one value of a categorical concept.
type Level struct {
	Concept string `json:"concept"`
	Level   string `json:"level"`
}

// Group is one arm of a log-rank test, summed over the strata. Variance is the
// hypergeometric variance of OMinusE.
type Group struct {
	Level    string  `json:"level"`
	N        int     `json:"n"`
	Observed int     `json:"observed"`
	Expected float64 `json:"expected"`
	OMinusE  float64 `json:"oMinusE"`
	Variance float64 `json:"variance"`
}

// LogRank is a log-rank test. Stratum is empty and Strata 1 if unstratified.
// Variance is V of the two-group test, chiSquare = (O-E)²/V; it is left out if
// there are more groups.
type LogRank struct {
	Time      string  `json:"time"`
	Event     string  `json:"event"`
	Arm       string  `json:"arm"`
	Stratum   string  `json:"stratum,omitzero"`
	Strata    int     `json:"strata"`
	Dropped   Dropped `json:"dropped"`
	Groups    []Group `json:"groups"`
	Variance  float64 `json:"variance,omitzero"`
	ChiSquare float64 `json:"chiSquare"`
	DF        int     `json:"df"`
	P         float64 `json:"p"`
}

// Step is one published point of a survival curve. Events counts those since
// the step published before it; AtRisk counts the people whose time is later
// than Time, in the unit of the time concept.
type Step struct {
	Time     float64 `json:"time"`
	Survival float64 `json:"survival"`
	AtRisk   int     `json:"atRisk"`
	Events   int     `json:"events"`
}

// Curve is the survival curve of one arm. It starts at 1 and may have no step.
type Curve struct {
	Level string `json:"level"`
	N     int    `json:"n"`
	Steps []Step `json:"steps"`
}

// KaplanMeier holds the survival curve of each arm, thinned so that no step
// tells of fewer than Threshold people.
type KaplanMeier struct {
	Time      string  `json:"time"`
	Event     string  `json:"event"`
	Arm       string  `json:"arm"`
	Threshold int     `json:"threshold"`
	Dropped   Dropped `json:"dropped"`
	Groups    []Curve `json:"groups"`
}

// SiteResult is what one site's released output adds to a combination: O-E and
// V of the compared group, and the digest of the output they were taken from.
type SiteResult struct {
	Site         string  `json:"site"`
	OutputDigest string  `json:"outputDigest"`
	OMinusE      float64 `json:"oMinusE"`
	Variance     float64 `json:"variance"`
	ChiSquare    float64 `json:"chiSquare"`
	Direction    string  `json:"direction"`
}

// Heterogeneity compares the sites: Q = Σ χ²(site) − χ²(combined) with df =
// sites − 1, and I² = max(0, (Q − df)/Q) as a share from 0 to 1. Agree is true
// if every site's difference has the same direction.
type Heterogeneity struct {
	Q        float64 `json:"q"`
	DF       int     `json:"df"`
	P        float64 `json:"p"`
	ISquared float64 `json:"iSquared"`
	Agree    bool    `json:"agree"`
}

// LeftOut is the combined answer without one site.
type LeftOut struct {
	Site      string  `json:"site"`
	ChiSquare float64 `json:"chiSquare"`
	P         float64 `json:"p"`
}

// SiteCurves carries the released curves of one site.
type SiteCurves struct {
	Site string `json:"site"`
	KaplanMeier
}

// Combination is one log-rank test over several sites, stratified by site:
// chiSquare = (Σ O-E)² / Σ V. Compared is the level that OMinusE of the sites
// speaks of. Stratum is the concept each site stratified by, if any.
type Combination struct {
	Method        string        `json:"method"`
	Time          string        `json:"time"`
	Event         string        `json:"event"`
	Arm           string        `json:"arm"`
	Stratum       string        `json:"stratum,omitzero"`
	Compared      string        `json:"compared"`
	Sites         []SiteResult  `json:"sites"`
	Groups        []Group       `json:"groups"`
	Variance      float64       `json:"variance"`
	ChiSquare     float64       `json:"chiSquare"`
	DF            int           `json:"df"`
	P             float64       `json:"p"`
	Heterogeneity Heterogeneity `json:"heterogeneity"`
	LeaveOut      []LeftOut     `json:"leaveOut"`
	Curves        []SiteCurves  `json:"curves"`
}

// Kind is the value of the member "kind".
func (LogRank) Kind() string { return KindLogRank }

// Kind is the value of the member "kind".
func (KaplanMeier) Kind() string { return KindKaplanMeier }

// Sources are the released outputs that were combined.
func (c Combination) Sources() []Source {
	out := make([]Source, len(c.Sites))
	for i, s := range c.Sites {
		out[i] = Source{Site: s.Site, OutputDigest: s.OutputDigest}
	}
	return out
}

// Kind is the value of the member "kind".
func (Combination) Kind() string { return KindCombination }
