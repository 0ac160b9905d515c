package workspace

import (
	"errors"
	"fmt"
	"slices"
)

// ErrAnalysis says that an analysis was asked for wrongly.
var ErrAnalysis = errors.New("the analysis is asked for wrongly")

// Analysis is one typed analysis over concepts of a data dictionary.
type Analysis struct {
	Kind    string
	Time    string
	Event   string
	Arm     string
	Stratum string
	By      []string
}

// needs lists, for each kind, what must be named and what may be.
var needs = map[string]struct{ survival, stratum, by bool }{
	"count":        {by: true},
	"kaplan-meier": {survival: true, stratum: true},
	"log-rank":     {survival: true, stratum: true},
}

// maxAnalyses of one job: as many results as an output document holds.
const maxAnalyses = 64

// CheckAnalyses finds what no data could answer. A curve may name a stratum: then only people who have one are in it,
// so that it is of the same people as the test beside it.
func CheckAnalyses(all []Analysis) error {
	if len(all) == 0 || len(all) > maxAnalyses {
		return fmt.Errorf("%w: a job has 1 to %d analyses", ErrAnalysis, maxAnalyses)
	}
	for i, a := range all {
		if err := a.check(); err != nil {
			return fmt.Errorf("%w: analysis %d (%s) %w", ErrAnalysis, i+1, a.Kind, err)
		}
	}
	return nil
}

func (a Analysis) check() error {
	n, known := needs[a.Kind]
	survival := []string{a.Time, a.Event, a.Arm}
	switch {
	case !known:
		return errors.New("is not one of count, kaplan-meier, log-rank")
	case n.survival && slices.Contains(survival, ""):
		return errors.New("needs time, event and arm")
	case !n.survival && !slices.Equal(survival, []string{"", "", ""}):
		return errors.New("takes neither time, event nor arm")
	case !n.stratum && a.Stratum != "":
		return errors.New("takes no stratum")
	case !n.by && len(a.By) > 0:
		return errors.New("takes no by")
	case len(a.By) > 2 || len(a.By) == 2 && a.By[0] == a.By[1]:
		return errors.New("takes at most two different concepts in by")
	}
	return nil
}

// Concepts lists what the analyses name, each once, in order.
func Concepts(all []Analysis) []string {
	var out []string
	for _, a := range all {
		for _, c := range append([]string{a.Time, a.Event, a.Arm, a.Stratum}, a.By...) {
			if c != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// Kinds lists the kinds of the analyses, each once, in order.
func Kinds(all []Analysis) []string {
	var out []string
	for _, a := range all {
		if !slices.Contains(out, a.Kind) {
			out = append(out, a.Kind)
		}
	}
	return out
}
