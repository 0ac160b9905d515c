package combine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// estimator makes one result in rounds: after each it gives the result, or the
// parameters to ask at next.
type estimator interface {
	// next takes the parts of one round. Notes are what the step before left, none
	// at first.
	next(asked vocabulary.Analysis, parts []part, notes jsontext.Value) (step, error)
	// shorten gives parameters nearer to the last that all sites answered at,
	// because one of them would not answer at these.
	shorten(notes jsontext.Value) (step, error)
}

// step is what an estimator says: the result if it has it, and where it is.
type step struct {
	result outputs.Result
	at     []float64
	own    map[string][]float64 // instead of at, where each site is asked at parameters of its own
	notes  jsontext.Value
}

// estimators has a line for each kind of analysis that is estimated in rounds.
var estimators = map[string]estimator{
	analyses.LinearRegression:   newton{},
	analyses.LogisticRegression: newton{},
	analyses.Cox:                newton{},
	analyses.RiskRatio:          twoRounds{},
}

func inRounds(a vocabulary.Analysis) bool { return analyses.InRounds(a) && estimators[a.Kind] != nil }

// InRounds says whether a study that asks this needs rounds.
func InRounds(asked []vocabulary.Analysis) bool { return slices.ContainsFunc(asked, inRounds) }

// First is what the sites are asked at first: everything, of an analysis in rounds
// its first round, which is at zero.
func First(asked []vocabulary.Analysis) []vocabulary.Analysis {
	out := slices.Clone(asked)
	for i, a := range out {
		if inRounds(a) {
			out[i].Round = 1
		}
	}
	return out
}

// Progress is how far the analyses in rounds of a study are: of each, by its place
// in what the study asks, what its estimator noted. The zero value begins.
type Progress struct {
	Notes map[int]jsontext.Value
}

// Outcome is what a round came to: the study's document, or what to ask next.
type Outcome struct {
	Document outputs.Document
	Next     []vocabulary.Analysis // nil if the document is there
	Progress Progress
	own      map[string][][]string // parameters of a site, by place in Next; nil where they are those of all
}

// For is what to ask one site next.
func (o Outcome) For(site string) []vocabulary.Analysis {
	asked := slices.Clone(o.Next)
	for i, at := range o.own[site] {
		if at != nil {
			asked[i].At = at
		}
	}
	return asked
}

// Round takes what the sites answered in a round. Analyses in one shot are made of
// first, the answers of the first round. As long as one analysis in rounds is not
// settled all of them are asked again, those that are at their estimate, so that
// all end with the same sites.
func Round(study string, asked []vocabulary.Analysis, round int, before Progress, first, now []Input) (Outcome, error) {
	out, err := takeRound(study, asked, round, before, first, now)
	if err != nil {
		return Outcome{}, fmt.Errorf("round %d of study %s: %w", round, study, err)
	}
	return out, nil
}

func takeRound(study string, asked []vocabulary.Analysis, round int, before Progress, first, now []Input) (Outcome, error) {
	places := placesOf(asked, round)
	sites, err := readAll(now, len(places))
	if err != nil {
		return Outcome{}, err
	}
	steps, settled := map[int]step{}, true
	for k, i := range places {
		if !inRounds(asked[i]) {
			continue
		}
		parts := slices.Clone(sites)
		for s := range parts {
			parts[s].result = sites[s].document.Results[k]
		}
		if steps[i], err = estimators[asked[i].Kind].next(asked[i], parts, before.Notes[i]); err != nil {
			return Outcome{}, fmt.Errorf("analysis %d (%s): %w", i+1, asked[i].Kind, err)
		}
		settled = settled && steps[i].result != nil
	}
	if !settled {
		return again(asked, round, steps)
	}
	document, err := finished(study, asked, steps, first)
	return Outcome{Document: document}, err
}

// placesOf lists which analyses the answers of a round are of, in their order.
func placesOf(asked []vocabulary.Analysis, round int) (places []int) {
	for i, a := range asked {
		if round == 1 || inRounds(a) {
			places = append(places, i)
		}
	}
	return places
}

// asks gives one site its own parameters of the analysis that is the next in Next.
func (o *Outcome) asks(site string, place int, at []string) {
	if o.own == nil {
		o.own = map[string][][]string{}
	}
	all := append(o.own[site], make([][]string, place+1-len(o.own[site]))...)
	all[place] = at
	o.own[site] = all
}

func again(asked []vocabulary.Analysis, round int, steps map[int]step) (Outcome, error) {
	if round >= rounds.Most {
		return Outcome{}, rounds.ErrNotConverged
	}
	out := Outcome{Progress: Progress{Notes: map[int]jsontext.Value{}}}
	for i, a := range asked {
		s, ok := steps[i]
		if !ok {
			continue
		}
		a.Round = int64(round + 1)
		if s.own == nil {
			a.At = rounds.Texts(s.at)
		}
		for site, at := range s.own {
			out.asks(site, len(out.Next), rounds.Texts(at))
		}
		out.Next, out.Progress.Notes[i] = append(out.Next, a), s.notes
	}
	return out, nil
}

// finished puts all results in the order asked.
func finished(study string, asked []vocabulary.Analysis, steps map[int]step, first []Input) (outputs.Document, error) {
	document := outputs.Document{Schema: outputs.Schema, Dataset: study}
	sites, err := readAll(first, len(asked))
	if err != nil {
		return document, err
	}
	for i, a := range asked {
		if s, ok := steps[i]; ok {
			document.Results = append(document.Results, s.result)
			continue
		}
		result, err := oneShot(a, i, sites)
		if err != nil {
			return document, err
		}
		if result != nil {
			document.Results = append(document.Results, result)
		}
	}
	_, err = outputs.Encode(document)
	return document, err
}

// Shorten is what to ask after a round that a site would not answer at its
// parameters: all analyses that moved, at half their step.
func Shorten(asked []vocabulary.Analysis, round int, before Progress) (Outcome, error) {
	steps, moved := map[int]step{}, false
	for i, a := range asked {
		if !inRounds(a) {
			continue
		}
		s, err := estimators[a.Kind].shorten(before.Notes[i])
		if errors.Is(err, errStill) {
			steps[i] = s
			continue
		}
		if err != nil {
			return Outcome{}, err
		}
		steps[i], moved = s, true
	}
	if !moved {
		return Outcome{}, rounds.ErrNotConverged
	}
	return again(asked, round, steps)
}

// errStill says that an estimate was asked at where it was settled before.
var errStill = errors.New("the estimate did not move")
