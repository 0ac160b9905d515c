package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// Reader reads data as a site's workspace will.
type Reader interface {
	// Dataset reads all of one, and tells how many rows it has, and how many of them have no value of each concept; of an
	// error it names line, column and rule.
	Dataset(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable) (rows int, missing map[string]int, err error)
	// Allele finds a variant that has the allele, and no other of its name.
	Allele(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable, variant, allele string) error
}

// Inspect looks into all data files before any site is made: demo is the folder of the files that come with the program,
// told is called with the name of each dataset that is read, and with what a plan may mean but seldom does. Each problem
// names the line of the plan, the file and its line.
func (p *Plan) Inspect(ctx context.Context, demo string, read Reader, told func(string)) error {
	c := checking{Plan: p}
	happens := happening{}
	c.datasets(func(s *Site, d *Dataset) {
		before := len(c.found.Problems)
		for i, file := range d.files() {
			c.find(s.at(d), i, d, file, demo)
		}
		if len(c.found.Problems) > before {
			return
		}
		told("reading " + d.ID + " of " + s.Name)
		if d.File != "" {
			c.table(s, d, happens)
		}
		if len(c.found.Problems) > before || ctx.Err() != nil {
			return
		}
		rows, missing, err := read.Dataset(ctx, d.harness(), d.published())
		if err != nil {
			c.wrong(s.at(d), "%s", ofFile(d, err))
			return
		}
		told(filled(rows, missing))
		if len(d.Genotypes) > 0 && !c.linked(d.ID) {
			c.alleles(ctx, s, d, read)
		}
	})
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	happens.tell(&c, told)
	return c.err()
}

// alleles finds what is asked of a variant that the genotypes have not, or not with this allele.
func (c *checking) alleles(ctx context.Context, s *Site, d *Dataset, read Reader) {
	asked := func(at, variant, allele string) {
		if err := read.Allele(ctx, d.harness(), d.published(), variant, allele); err != nil {
			c.wrong(at, "%s with the allele %s, in %s at %s: %s", variant, allele, d.ID, s.Name, strings.TrimPrefix(err.Error(), "dosage: "))
		}
	}
	for i, step := range c.Prepare {
		if step.Op == analyses.Dosage {
			asked(fmt.Sprintf("prepare.%d.allele", i+1), step.Variant, step.Allele)
		}
	}
	for i, a := range c.Analyses {
		if slices.ContainsFunc(c.Analyses[:i], func(before Analysis) bool { return len(before.Weights) > 0 }) {
			return // all scores have the same weights
		}
		for k, w := range a.Weights {
			asked(fmt.Sprintf("analyses.%d.weights.%d.allele", i+1, k+1), w.Variant, w.Allele)
		}
	}
}

// filled tells how many rows a dataset has, and how many of them lack a value: nobody who lacks one that is asked for is in
// the analyses.
func filled(rows int, missing map[string]int) string {
	text, before := fmt.Sprintf("  %d rows", rows), "; without a value of "
	for _, concept := range slices.Sorted(maps.Keys(missing)) {
		text += fmt.Sprintf("%s%s: %d", before, concept, missing[concept])
		before = ", "
	}
	return text
}

// published is the dictionary as the catalogue will have it.
func (d *Dataset) published() (all []vocabulary.Variable) {
	for _, v := range d.Dictionary {
		one := vocabulary.Variable{Concept: v.Concept, Column: v.Column, Type: v.Type, Unit: v.Unit, EventValue: v.Event}
		for _, l := range v.Levels {
			one.Levels = append(one.Levels, vocabulary.Level{Code: l.Name, Label: l.Text})
		}
		all = append(all, one)
	}
	return all
}

// find makes sure that a file is there.
func (c *checking) find(at string, i int, d *Dataset, file *string, demo string) {
	if i > 0 || d.File == "" {
		at += ".genotypes"
	} else {
		at += ".file"
	}
	if name, ours := strings.CutPrefix(*file, Demo); ours {
		*file = filepath.Join(demo, filepath.Base(name))
		if _, err := os.Stat(*file); err != nil {
			found, _ := filepath.Glob(filepath.Join(demo, "*.gz"))
			for k := range found {
				found[k] = filepath.Base(found[k])
			}
			c.wrong(at, "no file %s comes with the program: there are %s", name, strings.Join(found, ", "))
		}
		return
	}
	info, err := os.Stat(*file)
	switch {
	case err != nil:
		c.wrong(at, "%s cannot be read: %v", *file, errors.Unwrap(err))
	case !info.Mode().IsRegular():
		c.wrong(at, "%s is no file", *file)
	case strings.ContainsAny(*file, "\"\n\r"):
		c.wrong(at, "the path has a quote or a line break in it: move the file")
	}
}

var ofKind = regexp.MustCompile(`\b(vcf|bed|bim|fam), (line|byte|variant)`)

// ofFile says in which file of a dataset what was read is wrong.
func ofFile(d *Dataset, err error) string {
	text := err.Error()
	if _, rest, ok := strings.Cut(text, ": "); ok && (strings.HasPrefix(text, "load dataset") || strings.HasPrefix(text, "inspect dataset")) {
		text = rest
	}
	file := cmp.Or(d.File, strings.Join(d.Genotypes, ", "))
	if m := ofKind.FindStringSubmatch(text); m != nil {
		for _, name := range d.Genotypes {
			if kindOf(name) == m[1] {
				file = name
			}
		}
	}
	return file + ": " + text
}
