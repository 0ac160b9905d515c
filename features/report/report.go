// Package report turns what the judge has seen in one run into pages for people and a file for programs: index.html
// and the pages that it links, each of which needs nothing but itself, and results.json. It adds no judgement of its own
// beyond Run.Verdict, and what was not seen it names as missing.
package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes the pages and results.json into dir, which it makes if need be, and removes the pages of studies
// and events that an earlier report left there. All are made in full before one is written. A failed run is written like any other: the
// error is about writing alone, the verdict is in Run.Verdict.
func Write(dir string, run Run) error {
	all, err := run.files()
	if err != nil {
		return fmt.Errorf("making the report's pages: %w", err)
	}
	rows, err := run.results()
	if err != nil {
		return fmt.Errorf("making the report's results.json: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the report's folder; choose one that can be written: %w", err)
	}
	if err := removeStudies(dir); err != nil {
		return fmt.Errorf("removing the pages of an earlier report: %w", err)
	}
	for _, f := range append(all, file{Name: "results.json", content: append(rows, '\n')}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.content, 0o644); err != nil {
			return fmt.Errorf("writing the report; free some space or choose another folder: %w", err)
		}
	}
	return nil
}

func removeStudies(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !ofStudy.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
