// Package tool is what people do with contracts: begin one, check, compare, write what follows from them. A folder dir
// is always that of the contracts module in some checkout; nothing is taken from the files that this program was built
// with.
package tool

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fairway-tre/fairway/contracts/finding"
	"github.com/fairway-tre/fairway/contracts/internal/generate"
	"github.com/fairway-tre/fairway/contracts/lint"
)

// schemasOf is the tree of contract folders below dir.
func schemasOf(dir string) (fs.FS, error) {
	path := filepath.Join(dir, "schemas")
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no folder %s: name the folder of the contracts module with --dir", path)
	}
	return os.DirFS(path), nil
}

// Lint checks every contract folder.
func Lint(dir string) ([]finding.Finding, error) {
	tree, err := schemasOf(dir)
	if err != nil {
		return nil, err
	}
	found, err := lint.Tree(tree)
	if err != nil {
		return nil, fmt.Errorf("lint %s: %w", dir, err)
	}
	return below(dir, found), nil
}

// below makes the files of findings paths that an editor opens.
func below(dir string, found []finding.Finding) []finding.Finding {
	for i := range found {
		found[i].File = filepath.Join(dir, "schemas", found[i].File)
	}
	return found
}

// Generate writes every file that follows from the contracts; with check it only names those that are stale.
func Generate(dir string, check bool) error {
	if _, err := schemasOf(dir); err != nil {
		return err
	}
	return generate.Run(dir, check)
}

// Docs writes the page of all events to out/index.html and returns its path.
func Docs(dir, out string) (string, error) {
	tree, err := schemasOf(dir)
	if err != nil {
		return "", err
	}
	page, err := generate.Page(tree)
	if err != nil {
		return "", fmt.Errorf("make the page of events: %w", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the page: %w", err)
	}
	path := filepath.Join(out, "index.html")
	return path, os.WriteFile(path, page, 0o644)
}
