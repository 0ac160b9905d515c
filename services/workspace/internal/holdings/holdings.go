// Package holdings opens the data files of a site. The list of files,
// holdings.yaml, is read here and nowhere else and is never published:
//
//	datasets:
//	  rotterdam:
//	    file: rotterdam.csv.gz
//	  insurance-northeast:
//	    file: HealthInsurance.csv.gz
//	    rows: {column: region, equals: northeast}   # the others are not of this site
//	  ceu:
//	    genotypes: {bed: ceu.bed.gz, bim: chr10.bim.gz, fam: ceu.fam.gz}
//	    file: covariates.csv                        # if there is one, with a row for each sample
//	    sample: iid                                 # its column with the id of the sample
//	  kgp:
//	    genotypes: {vcf: 1kg.vcf.gz, samples: {first: 1, last: 315}}
//
// Errors name dataset, line and column, never a value of a row.
package holdings

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/fairway-tre/fairway/services/platform/document"
)

// One sentinel per way in which data cannot be had.
var (
	ErrConfig          = errors.New("holdings file cannot be used")
	ErrDatasetUnknown  = errors.New("dataset is not in the holdings file")
	ErrVariableUnknown = errors.New("variable-unknown: the data dictionary binds no column to the concept")
	ErrDictionary      = errors.New("data dictionary cannot be used")
	ErrUnreadable      = errors.New("data file cannot be read")
	ErrColumn          = errors.New("data file has other columns than the data dictionary says")
	ErrRow             = errors.New("data file has a row that cannot be read")
)

// Holdings knows where each dataset's file lies.
type Holdings struct {
	source string
	files  map[string]entry
}

// entry is where a dataset lies, and which rows of the file it is.
type entry struct {
	File string    `yaml:"file"`
	Rows selection `yaml:"rows,omitempty"`
	// Genotypes stand beside the file, or alone; Sample is the file's column that finds a sample's row.
	Genotypes genotypeFiles `yaml:"genotypes,omitempty"`
	Sample    string        `yaml:"sample,omitempty"`
}

// selection is the rows that have a text in a column; all rows without one.
type selection struct {
	Column string `yaml:"column"`
	Equals string `yaml:"equals"`
}

type config struct {
	Datasets map[string]entry `yaml:"datasets"`
}

// Open reads a holdings file. Paths in it are relative to its own folder;
// unknown and repeated fields are refused with their line.
func Open(path string) (Holdings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Holdings{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	var read config
	if err := document.YAML(text, &read); err != nil && !errors.Is(err, document.ErrEmpty) {
		return Holdings{}, fmt.Errorf("%w: %s: %w", ErrConfig, path, err)
	}
	if len(read.Datasets) == 0 {
		return Holdings{}, fmt.Errorf("%w: %s: list at least one dataset under datasets", ErrConfig, path)
	}
	h := Holdings{source: path, files: map[string]entry{}}
	for dataset, entry := range read.Datasets {
		if entry.genotyped() {
			if wrong := entry.checkGenotypes(); wrong != "" {
				return Holdings{}, fmt.Errorf("%w: %s: dataset %s: %s", ErrConfig, path, dataset, wrong)
			}
		} else if entry.File == "" || entry.Sample != "" {
			return Holdings{}, fmt.Errorf("%w: %s: dataset %s has no file, or sample without genotypes", ErrConfig, path, dataset)
		}
		if (entry.Rows.Column == "") != (entry.Rows.Equals == "") {
			return Holdings{}, fmt.Errorf("%w: %s: rows of dataset %s need a column and what it equals", ErrConfig, path, dataset)
		}
		entry.Genotypes = entry.Genotypes.within(filepath.Dir(path))
		if entry.File != "" && !filepath.IsAbs(entry.File) {
			entry.File = filepath.Join(filepath.Dir(path), entry.File)
		}
		h.files[dataset] = entry
	}
	return h, nil
}

// Datasets lists the names of the datasets in order.
func (h Holdings) Datasets() []string {
	return slices.Sorted(maps.Keys(h.files))
}

// Pseudonym is the hexadecimal HMAC-SHA256 of a person's identifier under a
// project's key, which must be 32 random bytes kept apart from the data: the
// same person has the same pseudonym within a project and unlinkable ones in
// two. An unkeyed hash could be reversed by trying all identifiers.
func Pseudonym(key []byte, identifier string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("fairway pseudonym v1\x00" + identifier))
	return hex.EncodeToString(mac.Sum(nil))
}
