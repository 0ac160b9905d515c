// Package combine makes one answer of the outputs that sites released: for each
// analysis that a study asked, the combiner of its kind. It sees no rows.
package combine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// One sentinel per way in which outputs cannot be combined.
var (
	ErrInput       = errors.New("the input is not one released output of each site")
	ErrNothing     = errors.New("no analysis of the study can be combined")
	ErrDifferent   = errors.New("the sites answered different questions")
	ErrUnsupported = errors.New("only two groups, each with the outcome, can be compared")
)

// Input is what a site released: the bytes as they were approved.
type Input struct {
	Site   string
	Output []byte
}

// part is what one site answered to one analysis.
type part struct {
	site, digest string
	result       outputs.Result
	document     outputs.Document // all that the site released with it
}

// source names the part in what is made of it, with the people it tells of.
func (p part) source(n int) outputs.Source {
	return outputs.Source{Site: p.site, Dataset: p.document.Dataset, OutputDigest: p.digest, N: n}
}

// combiner makes one result of the answers of all sites, which are in the order
// of their names.
type combiner func(asked vocabulary.Analysis, parts []part) (outputs.Result, error)

// combiners has a line for each kind of analysis that a host combines.
var combiners = map[string]combiner{
	analyses.LogRank:         logRank,
	analyses.Count:           count,
	analyses.Summary:         summary,
	analyses.AlleleFrequency: alleleFrequency,
	analyses.Association:     association,
	analyses.PolygenicScore:  polygenicScore,
	analyses.RiskRatio:       riskRatio,

	analyses.LinearRegression:   inverseVariance,
	analyses.LogisticRegression: inverseVariance,
}

// Combinable tells whether there is an answer over sites to an analysis.
func Combinable(a vocabulary.Analysis) bool { return combiners[a.Kind] != nil || inRounds(a) }

// Combine gives one result for each analysis that can be combined, in the order
// asked; sites are taken in the order of their names, so the bytes do not depend
// on who answered first. Every document must answer each analysis, in its
// place. Study becomes the document's dataset.
func Combine(study string, asked []vocabulary.Analysis, inputs []Input) (outputs.Document, error) {
	document, err := combine(study, asked, inputs)
	if err != nil {
		return outputs.Document{}, fmt.Errorf("combine study %s: %w", study, err)
	}
	return document, nil
}

func combine(study string, asked []vocabulary.Analysis, inputs []Input) (outputs.Document, error) {
	document := outputs.Document{Schema: outputs.Schema, Dataset: study}
	sites, err := readAll(inputs, len(asked))
	if err != nil {
		return document, err
	}
	for i, a := range asked {
		result, err := oneShot(a, i, sites)
		if err != nil {
			return document, err
		}
		if result != nil {
			document.Results = append(document.Results, result)
		}
	}
	if len(document.Results) == 0 {
		return document, ErrNothing
	}
	_, err = outputs.Encode(document)
	return document, err
}

// oneShot makes the result of the i-th analysis; none of a kind that is not combined.
func oneShot(a vocabulary.Analysis, i int, sites []part) (outputs.Result, error) {
	combiner, known := combiners[a.Kind]
	if !known {
		return nil, nil
	}
	parts := slices.Clone(sites)
	for k, s := range sites {
		parts[k].result = s.document.Results[i]
	}
	result, err := combiner(a, parts)
	if err != nil {
		return nil, fmt.Errorf("analysis %d (%s): %w", i+1, a.Kind, err)
	}
	return result, nil
}

// readAll reads the sites' documents, each of which has a result for each analysis.
func readAll(inputs []Input, results int) ([]part, error) {
	if len(inputs) == 0 {
		return nil, fmt.Errorf("%w: no site returned any", ErrInput)
	}
	var sites []part
	for _, input := range inputs {
		document, canonical, err := outputs.Canonical(input.Output)
		switch {
		case err != nil:
			return nil, fmt.Errorf("output of %s: %w: %w", input.Site, ErrInput, err)
		case !canonical:
			return nil, fmt.Errorf("output of %s: %w: the bytes are not the canonical text", input.Site, ErrInput)
		case len(document.Results) != results:
			return nil, fmt.Errorf("output of %s: %w: %d results, asked were %d", input.Site, ErrDifferent, len(document.Results), results)
		}
		sites = append(sites, part{site: input.Site, digest: outputs.Digest(input.Output), document: document})
	}
	slices.SortFunc(sites, func(a, b part) int {
		return cmp.Or(strings.Compare(a.site, b.site), strings.Compare(a.document.Dataset, b.document.Dataset))
	})
	for i, s := range sites {
		if i > 0 && s.site == sites[i-1].site && s.document.Dataset == sites[i-1].document.Dataset {
			return nil, fmt.Errorf("%w: %s of %s is there twice", ErrInput, s.document.Dataset, s.site)
		}
	}
	return sites, nil
}
