package app

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// data finds the site's data files. The list of files is read each time, so that an operator can mend it while the
// service runs.
type data struct{ path string }

// open reads the list; a site without one holds no data.
func (d data) open() (holdings.Holdings, error) {
	if d.path == "" {
		return holdings.Holdings{}, nil
	}
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) {
		return holdings.Holdings{}, nil
	}
	return holdings.Open(d.path)
}

// has says whether the site holds a dataset. While the list cannot be read it may: the job will tell.
func (d data) has(dataset string) bool {
	h, err := d.open()
	return err != nil || slices.Contains(h.Datasets(), dataset)
}

// dictionary is the published dictionary as the reader of files needs it.
func dictionary(published []vocabulary.Variable) holdings.Dictionary {
	out := make(holdings.Dictionary, len(published))
	for i, v := range published {
		out[i] = holdings.Variable{Concept: v.Concept, Column: v.Column, Type: holdings.Type(v.Type), EventValue: v.EventValue, Unit: v.Unit}
		if len(v.Levels) > 0 {
			out[i].Levels = map[string]string{}
		}
		for _, l := range v.Levels {
			out[i].Levels[l.Code] = l.Label
		}
	}
	return out
}

// categories is a dictionary by which every variable with levels can be counted, whatever its type.
func categories(published []vocabulary.Variable) holdings.Dictionary {
	out := dictionary(published)
	for i, v := range out {
		if len(v.Levels) > 0 {
			out[i].Type, out[i].EventValue = holdings.Category, ""
		}
	}
	return out
}
