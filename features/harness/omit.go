package harness

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Omit takes the rows with a text in a column out of a table that the site holds, as its operator would: the rest is
// written beside the old file, which stays as it is, and the list of files names the new one.
func (s *Site) Omit(dataset, column, text string) error {
	d, known := s.datasets[dataset]
	if !known || d.File == "" {
		return fmt.Errorf("%s holds no table %q", s.Name, dataset)
	}
	rows, err := readTable(d.File)
	if err != nil {
		return fmt.Errorf("read the table %s of %s: %w", dataset, s.Name, err)
	}
	at := slices.Index(rows[0], column)
	if at < 0 {
		return fmt.Errorf("the table %s of %s has no column %q", dataset, s.Name, column)
	}
	rest := slices.DeleteFunc(slices.Clone(rows), func(row []string) bool { return row[at] == text })
	if len(rest) == len(rows) {
		return fmt.Errorf("the table %s of %s has no such row", dataset, s.Name)
	}
	dir, err := os.MkdirTemp(s.Dir, "data-")
	if err != nil {
		return fmt.Errorf("make a folder for the table %s of %s: %w", dataset, s.Name, err)
	}
	var out strings.Builder
	if err := csv.NewWriter(&out).WriteAll(rest); err != nil {
		return fmt.Errorf("write the table %s of %s: %w", dataset, s.Name, err)
	}
	d.File = filepath.Join(dir, "table.csv")
	if err := os.WriteFile(d.File, []byte(out.String()), 0o600); err != nil {
		return fmt.Errorf("write the table %s of %s: %w", dataset, s.Name, err)
	}
	return s.Keep(map[string]Dataset{dataset: d})
}

// readTable reads a .csv or .csv.gz with at least its line of names.
func readTable(name string) ([][]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was read
	var text io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if text, err = gzip.NewReader(file); err != nil {
			return nil, err
		}
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err == nil && len(rows) == 0 {
		err = io.ErrUnexpectedEOF
	}
	return rows, err
}
