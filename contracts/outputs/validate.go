package outputs

import (
	"fmt"
	"math"
	"regexp"
)

var (
	labelPattern   = regexp.MustCompile(`^[A-Za-z0-9 _.<>=-]{1,64}$`)
	conceptPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	datasetPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$`)
	sitePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	digestPattern  = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	droppedPattern = regexp.MustCompile(`^(suppressed|0|[1-9][0-9]{0,8})$`)
)

// maxCount bounds every number of people or events.
const maxCount = 999_999_999

// checks collects the first value that is not allowed; texts never repeat it.
type checks struct{ err error }

func (c *checks) must(ok bool, where, rule string) {
	if !ok && c.err == nil {
		c.err = fmt.Errorf("%w: %s must be %s", ErrInvalid, where, rule)
	}
}

func (c *checks) text(pattern *regexp.Regexp, value, where string) {
	c.must(pattern.MatchString(value), where, "a text that matches "+pattern.String())
}

func (c *checks) concepts(time, event, arm string) {
	c.text(conceptPattern, time, "time")
	c.text(conceptPattern, event, "event")
	c.text(conceptPattern, arm, "arm")
}

func (c *checks) count(n int, where string) {
	c.must(n >= 0 && n <= maxCount, where, "a count")
}

// number refuses NaN, the infinities and negative zero, which has a second text.
func (c *checks) number(value float64, where string) {
	c.must(!math.IsNaN(value) && !math.IsInf(value, 0) && (value != 0 || !math.Signbit(value)),
		where, "a finite number and not negative zero")
}

func (c *checks) atLeastZero(value float64, where string) {
	c.number(value, where)
	c.must(value >= 0, where, "zero or more")
}

func (c *checks) share(value float64, where string) {
	c.number(value, where)
	c.must(value >= 0 && value <= 1, where, "from 0 to 1")
}

func (d Document) validate() error {
	var c checks
	c.must(d.Schema == Schema, "schema", Schema)
	c.text(datasetPattern, d.Dataset, "dataset")
	c.must(len(d.Results) >= 1 && len(d.Results) <= MaxResults, "results", "a list of 1 to 64")
	if c.err != nil {
		return c.err
	}
	for i, result := range d.Results {
		if result == nil {
			return fmt.Errorf("%w: result %d is absent", ErrInvalid, i)
		}
		if err := result.validate(); err != nil {
			return fmt.Errorf("result %d (%s): %w", i, result.Kind(), err)
		}
	}
	return nil
}

func (c *checks) groups(groups []Group) {
	c.must(len(groups) >= 2, "groups", "a list of two or more")
	seen := map[string]bool{}
	for _, g := range groups {
		c.text(labelPattern, g.Level, "level of a group")
		c.must(!seen[g.Level], "level", "different in every group")
		seen[g.Level] = true
		c.count(g.N, "n of a group")
		c.count(g.Observed, "observed")
		c.must(g.Observed <= g.N, "observed", "at most n")
		c.atLeastZero(g.Expected, "expected")
		c.number(g.OMinusE, "oMinusE")
		c.atLeastZero(g.Variance, "variance of a group")
	}
}

func (r LogRank) validate() error {
	var c checks
	c.concepts(r.Time, r.Event, r.Arm)
	c.must(r.Stratum == "" || conceptPattern.MatchString(r.Stratum), "stratum", "a concept")
	c.must(r.Strata >= 1 && r.Strata <= maxCount, "strata", "one or more")
	c.text(droppedPattern, string(r.Dropped), "dropped")
	c.groups(r.Groups)
	c.atLeastZero(r.Variance, "variance")
	c.must((r.Variance > 0) == (len(r.Groups) == 2), "variance", "told for two groups and only then")
	c.atLeastZero(r.ChiSquare, "chiSquare")
	c.must(r.DF >= 1 && r.DF < maxCount, "df", "one or more")
	c.share(r.P, "p")
	return c.err
}

func (r KaplanMeier) validate() error {
	var c checks
	c.concepts(r.Time, r.Event, r.Arm)
	c.must(r.Threshold >= 1 && r.Threshold <= maxCount, "threshold", "one or more")
	c.text(droppedPattern, string(r.Dropped), "dropped")
	c.must(len(r.Groups) > 0, "groups", "a list of one or more")
	seen := map[string]bool{}
	for _, g := range r.Groups {
		c.text(labelPattern, g.Level, "level of a group")
		c.must(!seen[g.Level], "level", "different in every group")
		seen[g.Level] = true
		c.count(g.N, "n of a group")
		c.steps(g.Steps)
	}
	return c.err
}

func (c *checks) steps(steps []Step) {
	before := Step{Time: -1, Survival: 1}
	for _, s := range steps {
		c.atLeastZero(s.Time, "time of a step")
		c.must(s.Time > before.Time, "time of a step", "later than the step before")
		c.share(s.Survival, "survival")
		c.must(s.Survival <= before.Survival, "survival", "no more than at the step before")
		c.count(s.AtRisk, "atRisk")
		c.count(s.Events, "events")
		before = s
	}
}

func (r Combination) validate() error {
	var c checks
	c.must(r.Method == MethodStratifiedBySite, "method", MethodStratifiedBySite)
	c.concepts(r.Time, r.Event, r.Arm)
	c.must(r.Stratum == "" || conceptPattern.MatchString(r.Stratum), "stratum", "a concept")
	c.text(labelPattern, r.Compared, "compared")
	c.sites(r.Sites)
	c.groups(r.Groups)
	c.atLeastZero(r.Variance, "variance")
	c.atLeastZero(r.ChiSquare, "chiSquare")
	c.must(r.DF >= 1 && r.DF < maxCount, "df", "one or more")
	c.share(r.P, "p")
	c.atLeastZero(r.Heterogeneity.Q, "q")
	c.must(r.Heterogeneity.DF == len(r.Sites)-1, "df of heterogeneity", "sites - 1")
	c.share(r.Heterogeneity.P, "p of heterogeneity")
	c.share(r.Heterogeneity.ISquared, "iSquared")
	for _, left := range r.LeaveOut {
		c.text(sitePattern, left.Site, "site left out")
		c.atLeastZero(left.ChiSquare, "chiSquare of a site left out")
		c.share(left.P, "p of a site left out")
	}
	if c.err != nil {
		return c.err
	}
	return r.validateCurves()
}

func (c *checks) sites(sites []SiteResult) {
	c.must(len(sites) > 0, "sites", "a list of one or more")
	seen := map[string]bool{}
	for _, s := range sites {
		c.text(sitePattern, s.Site, "site")
		c.must(!seen[s.Site], "site", "different in every entry")
		seen[s.Site] = true
		c.text(digestPattern, s.OutputDigest, "outputDigest")
		c.number(s.OMinusE, "oMinusE of a site")
		c.atLeastZero(s.Variance, "variance of a site")
		c.atLeastZero(s.ChiSquare, "chiSquare of a site")
		c.must(s.Direction == MoreEvents || s.Direction == FewerEvents || s.Direction == AsExpected,
			"direction", "one of the three directions")
	}
}

func (r Combination) validateCurves() error {
	for _, curve := range r.Curves {
		var c checks
		c.text(sitePattern, curve.Site, "site of a curve")
		if c.err != nil {
			return c.err
		}
		if err := curve.KaplanMeier.validate(); err != nil {
			return fmt.Errorf("curves of %s: %w", curve.Site, err)
		}
	}
	return nil
}
