package harness

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dataset says in which files a dataset lies and which part of them it is: a table of rows, genotypes, or both.
type Dataset struct {
	File      string   // .csv or .csv.gz
	Genotypes []string // a .vcf, or a .bed, a .bim and a .fam; each may end in .gz
	// Sample is the column of File that finds the row of a sample, where there are genotypes.
	Sample string
	// Rows with the text Equals in Column are of the dataset; without a column all are.
	Column, Equals string
	// The samples of a .vcf from First to Last, counted from 1; without them all are.
	First, Last int
}

// list is the dataset as the site's list of files has it.
func (d Dataset) list() (string, error) {
	var lines []string
	if d.File != "" {
		file, err := there(d.File)
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("    file: %q", file))
	}
	if d.Sample != "" {
		lines = append(lines, fmt.Sprintf("    sample: %q", d.Sample))
	}
	if d.Column != "" {
		lines = append(lines, fmt.Sprintf("    rows: {column: %q, equals: %q}", d.Column, d.Equals))
	}
	var genotypes []string
	for _, name := range d.Genotypes {
		file, err := there(name)
		if err != nil {
			return "", err
		}
		kind := strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(name, ".gz")), ".")
		genotypes = append(genotypes, fmt.Sprintf("%s: %q", kind, file))
	}
	if d.First > 0 {
		genotypes = append(genotypes, fmt.Sprintf("samples: {first: %d, last: %d}", d.First, d.Last))
	}
	if len(genotypes) > 0 {
		lines = append(lines, "    genotypes: {"+strings.Join(genotypes, ", ")+"}")
	}
	return strings.Join(lines, "\n"), nil
}

// there is the whole path of a file that exists.
func there(name string) (string, error) {
	whole, err := filepath.Abs(name)
	if err == nil {
		_, err = os.Stat(whole)
	}
	return whole, err
}

// Holdings is the list of files of a site, as its operator would write it.
func Holdings(datasets map[string]Dataset) ([]byte, error) {
	var text strings.Builder
	text.WriteString("datasets:\n")
	for _, id := range slices.Sorted(maps.Keys(datasets)) {
		list, err := datasets[id].list()
		if err != nil {
			return nil, fmt.Errorf("find the data of %s: %w", id, err)
		}
		fmt.Fprintf(&text, "  %s:\n%s\n", id, list)
	}
	return []byte(text.String()), nil
}

// Keep adds datasets to the site's list of files; the site may be running.
func (s *Site) Keep(datasets map[string]Dataset) error {
	maps.Copy(s.datasets, datasets)
	if len(s.datasets) == 0 {
		return nil
	}
	text, err := Holdings(s.datasets)
	if err != nil {
		return fmt.Errorf("the data at %s: %w", s.Name, err)
	}
	return replace(filepath.Join(s.Dir, "holdings.yaml"), text)
}
