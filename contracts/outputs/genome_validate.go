package outputs

import "slices"

// letters tells which bytes a column of texts may hold: regular expressions take too long for so many.
type letters struct {
	allowed [256]bool
	most    int
	rule    string
}

func lettersOf(allowed string, most int, rule string) letters {
	l := letters{most: most, rule: rule}
	for _, b := range []byte(allowed) {
		l.allowed[b] = true
	}
	return l
}

const named = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/+<>=-"

func (l letters) fit(text string) bool {
	for i := range len(text) {
		if !l.allowed[text[i]] {
			return false
		}
	}
	return len(text) > 0 && len(text) <= l.most
}

func (c *checks) texts(l letters, column []string, where string) {
	c.must(!slices.ContainsFunc(column, func(text string) bool { return !l.fit(text) }), where, l.rule)
}

func (c *checks) counts(column []int, where string) {
	for _, n := range column {
		c.count(n, where)
	}
}

// each gives the first number that is not allowed a chance to be told.
func (c *checks) each(column []float64, one func(*checks, float64, string), where string) {
	for _, x := range column {
		one(c, x, where)
	}
}

func (c *checks) variants(v Variants, lengths ...int) {
	n := v.Len()
	for _, length := range append(lengths, len(v.Chromosome), len(v.Position), len(v.Effect), len(v.Other)) {
		c.must(length == n, "variants", "columns of one length")
	}
	c.texts(lettersOf(named, 96, "1 to 96 letters, digits or signs"), v.Chromosome, "chromosome")
	c.texts(lettersOf(named, 256, "1 to 256 letters, digits or signs"), v.ID, "id of a variant")
	alleles := lettersOf("ACGT", 64, "1 to 64 of A, C, G, T")
	c.texts(alleles, v.Effect, "effect")
	c.texts(alleles, v.Other, "other")
	c.counts(v.Position, "position")
	for i := range min(len(v.Effect), len(v.Other)) {
		c.must(v.Effect[i] != v.Other[i], "effect", "another allele than other")
	}
}

func (c *checks) masking(threshold int, dropped Dropped, masked int) {
	c.must(threshold >= 1 && threshold <= maxCount, "threshold", "one or more")
	c.text(droppedPattern, string(dropped), "dropped")
	c.count(masked, "masked")
}

// aligned is of a combination, whose sources come with what became of the variants.
func (c *checks) aligned(from []Source, alignment *Alignment) {
	c.sources(from)
	c.must(from == nil || len(from) > 0, "combined", "absent or a list of one or more")
	c.must((from == nil) == (alignment == nil), "alignment", "told of a combination and only then")
	if alignment != nil {
		c.counts([]int{alignment.Flipped, alignment.Ambiguous, alignment.Mismatched, alignment.Partial}, "alignment")
	}
}

// beside asks that the numbers by site are of the sources, in their order.
func (c *checks) beside(from []Source, i int, site string) {
	c.must(i < len(from) && from[i].Site == site, "bySite", "of the sources, in their order")
}

func (r AlleleFrequency) validate() error {
	var c checks
	c.count(r.People, "people")
	c.masking(r.Threshold, r.Dropped, r.Masked)
	c.variants(r.Variants, len(r.Count), len(r.Number))
	c.aligned(r.Combined, r.Alignment)
	c.alleles(r.Count, r.Number)
	c.must(r.BySite == nil || len(r.BySite) == len(r.Combined), "bySite", "of every source, if of any")
	for i, s := range r.BySite {
		c.beside(r.Combined, i, s.Site)
		c.must(len(s.Count) == r.Variants.Len() && len(s.Number) == r.Variants.Len(), "bySite", "columns of one length")
		c.alleles(s.Count, s.Number)
	}
	return c.err
}

func (c *checks) alleles(counts, numbers []int) {
	c.counts(numbers, "number")
	for i := range min(len(counts), len(numbers)) {
		c.must(counts[i] >= 0 && counts[i] <= numbers[i], "count", "from 0 to number")
	}
}

func (r Association) validate() error {
	var c checks
	c.text(conceptPattern, r.Outcome, "outcome")
	c.counts([]int{r.Cases, r.Controls, r.Failed}, "cases, controls and failed")
	c.masking(r.Threshold, r.Dropped, r.Masked)
	c.variants(r.Variants, len(r.N), len(r.Beta), len(r.SE), len(r.P))
	c.aligned(r.Combined, r.Alignment)
	c.estimates(r.N, r.Beta, r.SE, r.P)
	c.atLeastZero(r.Lambda, "lambda")
	for i, at := range r.Firth {
		c.must(at >= 0 && at < r.Variants.Len() && (i == 0 || at > r.Firth[i-1]), "firth", "rising places of variants")
	}
	combined := r.Combined != nil
	c.must((r.Method == MethodInverseVariance) == combined && (r.Method == "") != combined, "method", MethodInverseVariance+" for a combination and only then")
	c.must((r.Q != nil) == combined && (r.ISquared != nil) == combined, "q and iSquared", "told of a combination and only then")
	c.must(!combined || len(r.Q) == r.Variants.Len() && len(r.ISquared) == r.Variants.Len(), "q and iSquared", "columns of one length")
	c.each(r.Q, (*checks).atLeastZero, "q")
	c.each(r.ISquared, (*checks).share, "iSquared")
	c.must(r.BySite == nil || len(r.BySite) == len(r.Combined), "bySite", "of every source, if of any")
	for i, s := range r.BySite {
		c.beside(r.Combined, i, s.Site)
		for _, length := range []int{len(s.N), len(s.Beta), len(s.SE), len(s.P)} {
			c.must(length == r.Variants.Len(), "bySite", "columns of one length")
		}
		c.estimates(s.N, s.Beta, s.SE, s.P)
	}
	return c.err
}

func (c *checks) estimates(n []int, beta, se, p []float64) {
	c.counts(n, "n")
	c.each(beta, (*checks).number, "beta")
	c.each(se, (*checks).atLeastZero, "se")
	c.must(!slices.Contains(se, 0), "se", "more than zero")
	c.each(p, (*checks).share, "p")
}

func (r PolygenicScore) validate() error {
	var c checks
	c.must(r.By == "" || conceptPattern.MatchString(r.By), "by", "a concept")
	c.must(len(r.Weights) > 0, "weights", "a list of one or more")
	for _, w := range r.Weights {
		c.texts(lettersOf(named, 256, "1 to 256 letters, digits or signs"), []string{w.Variant}, "variant of a weight")
		c.texts(lettersOf("ACGT", 64, "1 to 64 of A, C, G, T"), []string{w.Allele}, "allele of a weight")
		c.number(w.Weight, "weight")
	}
	c.text(droppedPattern, string(r.Dropped), "dropped")
	c.must(r.Sites == nil || len(r.Sites) > 0, "sites", "absent or a list of one or more")
	c.must(len(r.Groups) > 0 || r.Sites != nil, "groups", "a list of one or more, but for a combination by site")
	c.scoreGroups(r.Groups)
	seen := map[string]bool{}
	for _, s := range r.Sites {
		c.text(sitePattern, s.Site, "site")
		c.must(!seen[s.Site], "site", "different in every entry")
		seen[s.Site] = true
		c.text(digestPattern, s.OutputDigest, "outputDigest")
		c.must(len(s.Groups) > 0, "groups of a site", "a list of one or more")
		c.scoreGroups(s.Groups)
	}
	return c.err
}

func (c *checks) scoreGroups(groups []ScoreGroup) {
	seen := map[string]bool{}
	for _, g := range groups {
		c.text(labelPattern, g.Level, "level of a group")
		c.must(!seen[g.Level], "level", "different in every group")
		seen[g.Level] = true
		c.count(g.N, "n of a group")
		c.number(g.Mean, "mean")
		c.atLeastZero(g.SD, "sd")
	}
}
