package outputs

import "math"

// KindSummary is the kind of a [Summary].
const KindSummary = "summary"

// Percentile is the value below which so many of a hundred people are, by linear
// interpolation between the two nearest (Hyndman and Fan 1996, type 7).
type Percentile struct {
	Percent int     `json:"percent"`
	Value   float64 `json:"value"`
}

// Summarised is one group of a summary, without levels all people: how many have
// a value, their mean and standard deviation (n − 1), in the unit of the measure,
// and percentiles. A suppressed one tells no number: all are zero.
type Summarised struct {
	By          []Level      `json:"by"`
	N           int          `json:"n"`
	Mean        float64      `json:"mean"`
	SD          float64      `json:"sd"`
	Percentiles []Percentile `json:"percentiles"`
	Suppressed  bool         `json:"suppressed,omitzero"`
}

// Summary tells of a measure, over all people or by the levels of one or two
// concepts. A group is suppressed if it is small or if few people make most of
// its sum; a percentile is left out if few people lie on one side of it. Combined
// is made of the summaries of sites; of several it has no percentiles. BySite has
// what each source told, with its percentiles, where that was asked for.
type Summary struct {
	Measure  string        `json:"measure"`
	Groups   []Summarised  `json:"groups"`
	Dropped  Dropped       `json:"dropped"`
	Combined []Source      `json:"combined,omitzero"`
	BySite   []SiteSummary `json:"bySite,omitzero"`
}

// SiteSummary are the groups of one source of a combination, as it told them.
type SiteSummary struct {
	Site   string       `json:"site"`
	Groups []Summarised `json:"groups"`
}

// Kind is the value of the member "kind".
func (Summary) Kind() string { return KindSummary }

// Sources are the released outputs that were combined.
func (r Summary) Sources() []Source { return r.Combined }

func (r Summary) validate() error {
	var c checks
	c.text(conceptPattern, r.Measure, "measure")
	c.text(droppedPattern, string(r.Dropped), "dropped")
	c.sources(r.Combined)
	c.summarised(r.Groups)
	c.must(r.BySite == nil || len(r.BySite) == len(r.Combined), "bySite", "of every source, if of any")
	for i, s := range r.BySite {
		c.beside(r.Combined, i, s.Site)
		c.summarised(s.Groups)
	}
	return c.err
}

func (c *checks) summarised(groups []Summarised) {
	c.must(len(groups) > 0, "groups", "a list of one or more")
	seen := map[string]bool{}
	for _, g := range groups {
		key := c.levels(g.By)
		c.must(!seen[key], "by", "different in every group")
		seen[key] = true
		c.count(g.N, "n of a group")
		c.number(g.Mean, "mean")
		c.atLeastZero(g.SD, "sd")
		c.must(!g.Suppressed || g.N == 0 && g.Mean == 0 && g.SD == 0 && len(g.Percentiles) == 0, "a suppressed group", "without numbers")
		before := 0
		for _, p := range g.Percentiles {
			c.must(p.Percent > before && p.Percent < 100, "percent", "from 1 to 99 and rising")
			c.number(p.Value, "value of a percentile")
			before = p.Percent
		}
	}
}

// Pool makes one group of those of several sites, exactly: n = Σ nᵢ, mean =
// Σ nᵢ·meanᵢ / n, and sd of the sum of squares about it. Percentiles do not add
// up: those of one group stay, those of several are left out. It is suppressed if
// one of them is, or if there is none.
func Pool(groups []Summarised) Summarised {
	out := Summarised{Percentiles: []Percentile{}, Suppressed: len(groups) == 0}
	for _, g := range groups {
		out.By, out.Suppressed = g.By, out.Suppressed || g.Suppressed
		out.N += g.N
		out.Mean += float64(g.N) * g.Mean
	}
	if out.Suppressed || out.N < 2 {
		return Summarised{By: out.By, Percentiles: []Percentile{}, Suppressed: true}
	}
	out.Mean /= float64(out.N)
	squares := 0.0
	for _, g := range groups {
		squares += float64(g.N-1)*g.SD*g.SD + float64(g.N)*(g.Mean-out.Mean)*(g.Mean-out.Mean)
	}
	out.SD = math.Sqrt(squares / float64(out.N-1))
	if len(groups) == 1 {
		out.Percentiles = append(out.Percentiles, groups[0].Percentiles...)
	}
	return out
}
