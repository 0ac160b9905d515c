package report

// Table is a released table of counts over no, one or two concepts; a cell with fewer levels than there are concepts is
// a margin.
type Table struct {
	Concepts []string
	Cells    []Cell
}

// Cell is one cell of a table, with a level for each concept. Of a suppressed one no number left the site: N is zero.
type Cell struct {
	Levels     []string
	N          int
	Suppressed bool
}

// Scan is the association of an outcome with many variants, each by itself, as it was combined. The slices Chromosome,
// Position, ID and P are of equal length, one entry for each variant that was told.
type Scan struct {
	Outcome         string
	Cases, Controls int
	Masked          int // variants that are too rare to be told of
	Flipped         int // variants whose effect alleles differed between sites, and were turned
	LeftOut         int // variants that not every site told of, or whose alleles matched neither way
	Lambda          float64

	Chromosome []string
	Position   []int // base pairs
	ID         []string
	P          []float64

	Strongest Fit // the variant with the smallest p, at each site and combined
}

// Fit is a list of estimates on a logarithmic or linear scale, each with its standard error, such as the terms of a
// model or the effects of sites.
type Fit struct {
	Title string
	// Measure is what an estimate is: "log odds ratio", "log hazard ratio", "difference".
	Measure string
	People  int
	Rounds  int // in which it was fitted over the sites; 0 if in one
	Terms   []Term
}

// Term is one estimate of a fit.
type Term struct {
	Name         string
	Estimate, SE float64
	P            float64
	Combined     bool // of all sites, beside terms of single ones
}

// Means are the means of a measure in groups of people.
type Means struct {
	Measure string
	Groups  []Mean
}

// Mean is that of one group. SD is among people, not of the mean. Of a suppressed one no number left the site.
type Mean struct {
	Group      string
	Site       string // Site.ID, empty if of all
	N          int
	Mean, SD   float64
	Suppressed bool

	Percentiles []Percentile
}

// Percentile is the value below which so many of a hundred people are.
type Percentile struct {
	Percent int
	Value   float64
}

// Frequencies tell how often alleles are at each site: Shares[i][k] is the share of the effect allele of variant i at
// Sites[k].
type Frequencies struct {
	Sites   []string
	Masked  int
	Flipped int
	LeftOut int
	ID      []string
	Shares  [][]float64
}
