package holdings

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secret stands in seeds where a person's value could stand.
const secret = "k7Qz-secret-9Wx"

// FuzzRead: a data file, also a compressed one and one that has lost its header, is refused without telling a value of it,
// or all its columns are of one length.
func FuzzRead(f *testing.F) {
	for _, text := range []string{good, "days,status,treat,age\n" + secret + ",2,9,1\n", "\"days\",status,treat,age\n1," + secret + "\n",
		secret + ",1," + secret + "\n1,2,3\n", "days,status,treat,age\n\"" + secret, "", "\ufeffdays,status,treat,age\n", "days,status,treat,age\n1,2,3,4\n1,2\n",
		"days,status,treat,age\n1e999,2,9,1\n", "days,status,treat,age\nNaN,2,9,1\n", "days,status,treat,age\n1,2,9,0x1p4\n"} {
		f.Add([]byte(text), false)
	}
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, true)
	variables, err := dictionary.find([]string{"time", "death", "arm", "age"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(zipped(f, good), true)
	f.Fuzz(func(t *testing.T, data []byte, compressed bool) {
		table, err := read(context.Background(), bytes.NewReader(data), compressed, selection{}, variables)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Fatalf("a value is told: %v", err)
			}
			if !errors.Is(err, ErrRow) && !errors.Is(err, ErrColumn) && !errors.Is(err, ErrUnreadable) {
				t.Fatalf("%v is none of the ways in which data cannot be had", err)
			}
			return
		}
		for concept, column := range table.Columns {
			if len(column.Values) != table.Rows() {
				t.Fatalf("%s has another length", concept)
			}
		}
	})
}

// FuzzOpen: a holdings file is refused as such, or names at least one dataset and a file for each.
func FuzzOpen(f *testing.F) {
	for _, text := range []string{"datasets:\n  d:\n    file: d.csv\n", "datasets: {}", "datasets: {d: {}}", "datasets: {d: {file: /etc/passwd}}", "datasets: {d: {file: [a]}}", "datasets: {d: null}",
		"datasets: {d: {file: a, file: b}}", "more: 1", "a: &a [*a]", "", "---\n---\n"} {
		f.Add([]byte(text))
	}
	name := filepath.Join(f.TempDir(), "holdings.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Open(name)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		if len(h.Datasets()) == 0 {
			t.Fatal("taken without a dataset")
		}
		for _, dataset := range h.Datasets() {
			if !filepath.IsAbs(h.files[dataset].File) {
				t.Fatalf("%s lies at %q", dataset, h.files[dataset].File)
			}
		}
	})
}
