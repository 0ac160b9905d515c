// Package analyses says what may be asked of a dataset: the closed table of
// analyses, and for each which members of the request it needs and takes. A
// workspace, a host, a plan of a study and a profile hold a request against
// this one table, each before anything is computed.
package analyses

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// The kinds of analyses.
const (
	Count              = "count"
	Summary            = "summary"
	LinearRegression   = "linear-regression"
	LogisticRegression = "logistic-regression"
	KaplanMeier        = "kaplan-meier"
	LogRank            = "log-rank"
	Cox                = "cox"
	RiskRatio          = "risk-ratio"
	AlleleFrequency    = "allele-frequency"
	Association        = "association"
	PolygenicScore     = "polygenic-score"
)

// The ways in which a host makes one answer of those of the sites.
const (
	Pooled          = "pooled"
	Stratified      = "stratified"
	SharedGradients = "shared-gradients"
	SiteEffects     = "site-effects" // as shared-gradients, with an effect of each site but one
	FixedEffect     = "fixed-effect"
	RandomEffects   = "random-effects"
	MantelHaenszel  = "mantel-haenszel"
	PerSite         = "per-site"
)

// Genotype is the concept that stands for the genotypes of a dataset: whoever
// asks about variants asks about it, and a permit names it.
const Genotype = "genotype"

// Site is the concept by which effects of sites are told, as site=trust.
const Site = "site"

// Most is how many analyses one job may have: as many as an output document
// holds results.
const Most = 64

// ErrAsked says that an analysis was asked for wrongly.
var ErrAsked = errors.New("the analysis is asked for wrongly")

// ErrHoldsRows says that a model was asked for that no site lets out.
var ErrHoldsRows = errors.New("the fitted model is made of its people's rows: whoever has it has them")

// holdRows are the model classes that are never allowed, at any size and threshold, whatever a permit says.
//
// SACRO-ML, safemodel: instance-based models (k-nearest neighbours, support vectors) keep rows of the training data.
var holdRows = []string{"k-nearest-neighbours", "support-vector-machine"}

// HoldsRows is the first of these kinds that is never allowed; empty if all may be asked for.
func HoldsRows(kinds ...string) string {
	i := slices.IndexFunc(kinds, func(kind string) bool { return slices.Contains(holdRows, kind) })
	if i < 0 {
		return ""
	}
	return kinds[i]
}

// kind is one line of the table.
type kind struct {
	must, may []string
	// combine lists the ways to make one answer of several; the first is taken
	// if none is asked for.
	combine []string
	// genotype is true if the analysis reads genotypes.
	genotype bool
}

var table = map[string]kind{
	Count:              {may: []string{"by", "smallCells"}, combine: []string{Pooled}},
	Summary:            {must: []string{"measure"}, may: []string{"by", "percentiles"}, combine: []string{Pooled, PerSite}},
	LinearRegression:   {must: []string{"outcome", "covariates"}, may: []string{"references", "round", "at"}, combine: []string{Pooled, SiteEffects, FixedEffect, RandomEffects}},
	LogisticRegression: {must: []string{"outcome", "covariates"}, may: []string{"references", "round", "at"}, combine: []string{SharedGradients, SiteEffects, FixedEffect, RandomEffects}},
	KaplanMeier:        {must: []string{"time", "event", "arm"}, may: []string{"stratum"}, combine: []string{PerSite}},
	LogRank:            {must: []string{"time", "event", "arm"}, may: []string{"stratum"}, combine: []string{Stratified}},
	Cox:                {must: []string{"time", "event", "covariates"}, may: []string{"stratum", "references", "round", "at"}, combine: []string{SharedGradients}},
	RiskRatio:          {must: []string{"outcome", "arm", "stratum"}, may: []string{"round", "at"}, combine: []string{FixedEffect, RandomEffects, MantelHaenszel}},
	AlleleFrequency:    {may: []string{"variants"}, combine: []string{Pooled, PerSite}, genotype: true},
	Association:        {must: []string{"outcome"}, may: []string{"variants"}, combine: []string{FixedEffect, PerSite}, genotype: true},
	PolygenicScore:     {must: []string{"weights"}, may: []string{"by"}, combine: []string{PerSite, Pooled}, genotype: true},
}

// Kinds lists the kinds of the table, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(table)) }

// members lists which optional members of a request are filled.
func members(a vocabulary.Analysis) map[string]bool {
	return map[string]bool{
		"time": a.Time != "", "event": a.Event != "", "arm": a.Arm != "", "stratum": a.Stratum != "", "by": len(a.By) > 0,
		"outcome": a.Outcome != "", "covariates": len(a.Covariates) > 0, "references": len(a.References) > 0,
		"measure": a.Measure != "", "percentiles": len(a.Percentiles) > 0, "variants": len(a.Variants) > 0,
		"weights": len(a.Weights) > 0, "smallCells": a.SmallCells != "", "round": a.Round != 0, "at": len(a.At) > 0,
	}
}

// Check finds what no data could answer. A curve may name a stratum: then only
// people who have one are in it, so that it is of the same people as the test
// beside it.
func Check(all []vocabulary.Analysis) error {
	if len(all) == 0 || len(all) > Most {
		return fmt.Errorf("%w: a job has 1 to %d analyses", ErrAsked, Most)
	}
	for i, a := range all {
		if err := check(a); err != nil {
			return fmt.Errorf("%w: analysis %d (%s) %w", ErrAsked, i+1, a.Kind, err)
		}
	}
	return nil
}

func check(a vocabulary.Analysis) error {
	if HoldsRows(a.Kind) != "" {
		return ErrHoldsRows
	}
	k, known := table[a.Kind]
	if !known {
		return fmt.Errorf("is not one of %s", strings.Join(Kinds(), ", "))
	}
	given := members(a)
	for _, name := range k.must {
		if !given[name] {
			return fmt.Errorf("needs %s", strings.Join(k.must, ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] && !slices.Contains(k.must, name) && !slices.Contains(k.may, name) {
			return fmt.Errorf("takes no %s", name)
		}
	}
	if a.Combine != "" && !slices.Contains(k.combine, a.Combine) {
		return fmt.Errorf("is combined as one of %s", strings.Join(k.combine, ", "))
	}
	if a.Round == 0 && given["at"] {
		return errors.New("takes at in a round only")
	}
	return distinct(a)
}

// InRounds says whether a host makes the answer of parts of the sites, which it
// asks for round by round, rather than of their answers. One of linear-regression
// needs one round, random effects of risk-ratio two: the second is at the τ² that
// the first gives.
func InRounds(a vocabulary.Analysis) bool {
	way := Combining(a)
	return way == SharedGradients || way == SiteEffects || a.Kind == LinearRegression && way == Pooled || a.Kind == RiskRatio && way == RandomEffects
}

// distinct refuses a concept that is named twice where that says nothing.
func distinct(a vocabulary.Analysis) error {
	if len(a.By) > 2 || len(a.By) == 2 && a.By[0] == a.By[1] {
		return errors.New("takes at most two different concepts in by")
	}
	if a.Combine == SiteEffects && slices.Contains(a.Covariates, Site) {
		return fmt.Errorf("has an effect of each site, which is told as %s; name the covariate otherwise", Site)
	}
	for i, c := range a.Covariates {
		if slices.Contains(a.Covariates[:i], c) || c == a.Outcome || c == a.Time || c == a.Event {
			return fmt.Errorf("names %s twice", c)
		}
	}
	for _, r := range a.References {
		if !slices.Contains(a.Covariates, r.Concept) {
			return fmt.Errorf("has a reference for %s, which is no covariate", r.Concept)
		}
	}
	return nil
}

// Combining is how the host makes one answer of this analysis; empty for an
// unknown kind.
func Combining(a vocabulary.Analysis) string {
	if k := table[a.Kind]; a.Combine == "" && len(k.combine) > 0 {
		return k.combine[0]
	}
	return a.Combine
}

// Concepts lists what the analyses name, each once, in order.
func Concepts(all []vocabulary.Analysis) []string {
	var out []string
	for _, a := range all {
		named := slices.Concat([]string{a.Time, a.Event, a.Arm, a.Stratum, a.Outcome, a.Measure}, a.By, a.Covariates)
		if table[a.Kind].genotype {
			named = append(named, Genotype)
		}
		for _, c := range named {
			if c != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// KindsOf lists the kinds of the analyses, each once, in order.
func KindsOf(all []vocabulary.Analysis) []string {
	var out []string
	for _, a := range all {
		if !slices.Contains(out, a.Kind) {
			out = append(out, a.Kind)
		}
	}
	return out
}
