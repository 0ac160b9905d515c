// Package report turns what the judge has seen in one run into a page for people
// and a file for programs: index.html, which needs nothing but itself, and
// results.json. It adds no judgement of its own beyond Run.Verdict, and what was
// not seen it names as missing.
package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write writes index.html and results.json into dir, which it makes if need be.
// Both are made in full before either is written. A failed run is written like
// any other: the error is about writing alone, the verdict is in Run.Verdict.
func Write(dir string, run Run) error {
	index, err := run.page()
	if err != nil {
		return fmt.Errorf("making the report's page: %w", err)
	}
	rows, err := run.results()
	if err != nil {
		return fmt.Errorf("making the report's results.json: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the report's folder; choose one that can be written: %w", err)
	}
	for name, content := range map[string][]byte{"index.html": index, "results.json": append(rows, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("writing the report; free some space or choose another folder: %w", err)
		}
	}
	return nil
}
