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

// categories is a dictionary by which every variable with levels can be counted, whatever its type.
func categories(published []vocabulary.Variable) holdings.Dictionary {
	out := holdings.Published(published)
	for i, v := range out {
		if len(v.Levels) > 0 {
			out[i].Type, out[i].EventValue = holdings.Category, ""
		}
	}
	return out
}
