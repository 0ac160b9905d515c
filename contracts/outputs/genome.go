package outputs

import (
	"math"
	"slices"
	"strconv"
)

// The kinds of results about genotypes.
const (
	KindAlleleFrequency = "allele-frequency"
	KindAssociation     = "association"
	KindPolygenicScore  = "polygenic-score"
)

// MethodInverseVariance is how associations of several sites are combined.
const MethodInverseVariance = "inverse-variance, fixed effect"

// Variants are columns of equal length. Effect is the allele that the numbers beside a variant count; ID is the
// variant's place (2:10205:T:G) where it has no id.
type Variants struct {
	Chromosome []string `json:"chromosome"`
	Position   []int    `json:"position"`
	ID         []string `json:"id"`
	Effect     []string `json:"effect"`
	Other      []string `json:"other"`
}

// Len is the number of variants.
func (v Variants) Len() int { return len(v.ID) }

// Add adds a variant at the end.
func (v *Variants) Add(chromosome string, position int, id, effect, other string) {
	v.Chromosome, v.Position, v.ID = append(v.Chromosome, chromosome), append(v.Position, position), append(v.ID, id)
	v.Effect, v.Other = append(v.Effect, effect), append(v.Other, other)
}

// Ambiguous tells of variant i whether its letters read the same on both strands (A/T, C/G): no letter shows then that
// two sites count the same allele.
func (v Variants) Ambiguous(i int) bool {
	pair := v.Effect[i] + v.Other[i]
	return slices.Contains([]string{"AT", "TA", "CG", "GC"}, pair)
}

// Alignment tells what became of the variants of several sites: Flipped had another effect allele at a site and were
// turned; Ambiguous are combined as their letters say; Mismatched had other alleles, or stood twice in one site's list, and
// Partial were not told by every site: both are left out.
type Alignment struct {
	Flipped    int `json:"flipped"`
	Ambiguous  int `json:"ambiguous"`
	Mismatched int `json:"mismatched"`
	Partial    int `json:"partial"`
}

// AlleleFrequency tells for each variant how many copies of the effect allele, Count, there are among Number copies in
// all, two for each of the People whose genotype is known. Variants whose rarer allele fewer than Threshold people carry
// are left out; Masked is their number. A combination has Sources, and BySite where each site's numbers were asked for.
type AlleleFrequency struct {
	People    int           `json:"people"`
	Threshold int           `json:"threshold"`
	Dropped   Dropped       `json:"dropped"`
	Masked    int           `json:"masked"`
	Variants  Variants      `json:"variants"`
	Count     []int         `json:"count"`
	Number    []int         `json:"number"`
	Combined  []Source      `json:"combined,omitzero"`
	Alignment *Alignment    `json:"alignment,omitzero"`
	BySite    []SiteAlleles `json:"bySite,omitzero"`
}

// SiteAlleles are one site's numbers for the variants of the combination.
type SiteAlleles struct {
	Site   string `json:"site"`
	Count  []int  `json:"count"`
	Number []int  `json:"number"`
}

// Association is a logistic regression of the outcome on the copies of the effect allele for each variant by itself:
// people whose genotype is known, log odds ratio for one copy, its standard error and the p-value of its Wald test. The
// effect allele is the rarer one of the people analysed; Firth lists the places, from 0, of the variants whose estimates
// are penalised because the usual one does not exist or was not found. Masked variants are left out as in
// [AlleleFrequency], Failed ones because there is no estimate. Lambda is the median of (beta/se)² over 0.4549364, the
// median of χ² with one degree of freedom. A combination has Sources, with Q and I² for each variant.
//
// Numbers of a site have six significant digits, as tools for such studies print them; those of a combination twelve.
type Association struct {
	Outcome   string            `json:"outcome"`
	Cases     int               `json:"cases"`
	Controls  int               `json:"controls"`
	Threshold int               `json:"threshold"`
	Dropped   Dropped           `json:"dropped"`
	Masked    int               `json:"masked"`
	Failed    int               `json:"failed"`
	Variants  Variants          `json:"variants"`
	N         []int             `json:"n"`
	Beta      []float64         `json:"beta"`
	SE        []float64         `json:"se"`
	P         []float64         `json:"p"`
	Firth     []int             `json:"firth"`
	Lambda    float64           `json:"lambda,omitzero"`
	Method    string            `json:"method,omitzero"`
	Combined  []Source          `json:"combined,omitzero"`
	Alignment *Alignment        `json:"alignment,omitzero"`
	Q         []float64         `json:"q,omitzero"`
	ISquared  []float64         `json:"iSquared,omitzero"`
	BySite    []SiteAssociation `json:"bySite,omitzero"`
}

// chiMedian is the median of χ² with one degree of freedom.
const chiMedian = 0.45493642311957283

// GenomicControl is Lambda of an [Association]: the median of the χ² of its variants over the one expected, by Devlin and
// Roeder; zero without a variant. It sorts chi.
func GenomicControl(chi []float64) float64 {
	if len(chi) == 0 {
		return 0
	}
	slices.Sort(chi)
	middle := len(chi) / 2
	if len(chi)%2 == 1 {
		return chi[middle] / chiMedian
	}
	return (chi[middle-1] + chi[middle]) / 2 / chiMedian
}

// SiteAssociation are one site's numbers for the variants and effect alleles of the combination.
type SiteAssociation struct {
	Site string    `json:"site"`
	N    []int     `json:"n"`
	Beta []float64 `json:"beta"`
	SE   []float64 `json:"se"`
	P    []float64 `json:"p"`
}

// EffectWeight is what each copy of an allele adds to a score.
type EffectWeight struct {
	Variant string  `json:"variant"`
	Allele  string  `json:"allele"`
	Weight  float64 `json:"weight"`
}

// ScoreGroup tells of the scores of one group; SD divides by n − 1.
type ScoreGroup struct {
	Level string  `json:"level"`
	N     int     `json:"n"`
	Mean  float64 `json:"mean"`
	SD    float64 `json:"sd"`
}

// PolygenicScore tells of the sums of weight times copies, of the people with a genotype at every variant, by the
// levels of By, or of all as the one level "all". Dropped are those without. A combination has Sites, and Groups of all
// sites together only where they were asked for.
type PolygenicScore struct {
	By      string         `json:"by,omitzero"`
	Weights []EffectWeight `json:"weights"`
	Dropped Dropped        `json:"dropped"`
	Groups  []ScoreGroup   `json:"groups"`
	Sites   []SiteScores   `json:"sites,omitzero"`
}

// SiteScores are the groups of one site, and the digest of the output that they were taken from.
type SiteScores struct {
	Site         string       `json:"site"`
	OutputDigest string       `json:"outputDigest"`
	Groups       []ScoreGroup `json:"groups"`
}

// Kind is the value of the member "kind".
func (AlleleFrequency) Kind() string { return KindAlleleFrequency }

// Kind is the value of the member "kind".
func (Association) Kind() string { return KindAssociation }

// Kind is the value of the member "kind".
func (PolygenicScore) Kind() string { return KindPolygenicScore }

// Sources are the released outputs that were combined.
func (r AlleleFrequency) Sources() []Source { return r.Combined }

// Sources are the released outputs that were combined.
func (r Association) Sources() []Source { return r.Combined }

// Sources are the released outputs that were combined.
func (r PolygenicScore) Sources() (out []Source) {
	for _, s := range r.Sites {
		n := 0
		for _, g := range s.Groups {
			n += g.N
		}
		out = append(out, Source{Site: s.Site, OutputDigest: s.OutputDigest, N: n})
	}
	return out
}

// Digits rounds a number to a number of significant decimal digits.
func Digits(value float64, digits int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', digits, 64), 64)
	if err != nil || math.IsNaN(rounded) {
		return value // NaN and the infinities, which no document holds
	}
	return rounded + 0 // no negative zero
}
