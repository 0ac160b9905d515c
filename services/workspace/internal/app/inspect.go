package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// inspection knows which data files can be read with their dictionaries.
type inspection struct {
	kick run.Kick
	mu   sync.Mutex
	list error             // of the list of files
	good map[string]string // dataset -> version of its description, "" while it has none
	bad  map[string]error
}

func newInspection() *inspection {
	i := &inspection{kick: run.NewKick(), list: errors.New("the data files are still being read"), good: map[string]string{}, bad: map[string]error{}}
	i.kick.Now()
	return i
}

// verdict is nil when all can be read. While it is not, each asking makes it looked at again.
func (i *inspection) verdict() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	found := []error{i.list}
	for _, err := range i.bad {
		found = append(found, err)
	}
	err := errors.Join(found...)
	if err != nil {
		i.kick.Now()
	}
	return err
}

// again has all that changed looked at.
func (i *inspection) again() { i.kick.Now() }

// doubt has a dataset looked at that a job could not read.
func (i *inspection) doubt(dataset string) {
	i.mu.Lock()
	delete(i.good, dataset)
	i.mu.Unlock()
	i.kick.Now()
}

func (i *inspection) seen(dataset, version string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	v, ok := i.good[dataset]
	return ok && v == version
}

func (i *inspection) note(dataset, version string, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if delete(i.bad, dataset); err != nil {
		i.bad[dataset] = err
		delete(i.good, dataset)
		return
	}
	i.good[dataset] = version
}

func (i *inspection) noteList(h holdings.Holdings, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = err
	for dataset := range i.bad {
		if !slices.Contains(h.Datasets(), dataset) {
			delete(i.bad, dataset)
		}
	}
}

// inspect reads every data file once with the dictionary of its description, so that a wrong one shows before a
// researcher meets it.
func (w *workspace) inspect(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.inspection.kick:
		}
		h, err := w.data.open()
		for _, dataset := range h.Datasets() {
			w.inspectOne(ctx, h, dataset)
		}
		w.inspection.noteList(h, err)
	}
}

func (w *workspace) inspectOne(ctx context.Context, h holdings.Holdings, dataset string) {
	var d catalog.DatasetPublished
	err := w.service.View(ctx, func(tx *run.Tx) (err error) {
		d, _, err = datasets.Get(tx.Tx, dataset)
		return err
	})
	if err == nil && w.inspection.seen(dataset, d.Version) {
		return
	}
	if err == nil {
		_, err = h.Inspect(ctx, dataset, holdings.Published(d.Dictionary))
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		err = fmt.Errorf("read the holdings: %w", err)
		w.log.Warn("a data file cannot be used", "error", err.Error())
	}
	w.inspection.note(dataset, d.Version, err)
}
