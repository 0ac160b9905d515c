package plan

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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
	// Dataset reads all of one; of an error it names line, column and rule.
	Dataset(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable) error
	// Allele finds a variant that has the allele, and no other of its name.
	Allele(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable, variant, allele string) error
}

// Inspect looks into all data files before any site is made: demo is the folder of the files that come with the program,
// told is called with the name of each dataset that is read. Each problem names the line of the plan, the file and its
// line.
func (p *Plan) Inspect(ctx context.Context, demo string, read Reader, told func(string)) error {
	c := checking{Plan: p}
	c.datasets(func(s *Site, d *Dataset) {
		before := len(c.found.Problems)
		for i, file := range d.files() {
			c.find(s.at(d), i, d, file, demo)
		}
		if len(c.found.Problems) > before {
			return
		}
		told(d.ID + " of " + s.Name)
		if d.File != "" {
			c.table(s, d)
		}
		if len(c.found.Problems) > before || ctx.Err() != nil {
			return
		}
		if err := read.Dataset(ctx, d.harness(), d.published()); err != nil {
			c.wrong(s.at(d), "%s", ofFile(d, err))
			return
		}
		if len(d.Genotypes) > 0 && !c.linked(d.ID) {
			c.alleles(ctx, s, d, read)
		}
	})
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
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

// source is a table as it is read.
type source struct {
	*csv.Reader
	close func()
}

func open(name string) (source, error) {
	file, err := os.Open(name)
	if err != nil {
		return source{}, err
	}
	var text io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if text, err = gzip.NewReader(file); err != nil {
			file.Close()
			return source{}, errors.New("it is not compressed as its name says")
		}
	}
	return source{csv.NewReader(text), func() { file.Close() }}, nil
}

// table holds the header of a file against the dictionary, and its rows against what the plan says of them. What stands in
// the cells the workspace's own reader judges.
func (c *checking) table(s *Site, d *Dataset) {
	at := s.at(d)
	t, err := open(d.File)
	if err != nil {
		c.wrong(at+".file", "%s: %v", d.File, err)
		return
	}
	defer t.close()
	header, err := t.Read()
	if err != nil || len(header) == 0 {
		c.wrong(at+".file", "%s: line 1: no header can be read", d.File)
		return
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if i := strings.IndexAny(header[0], ";\t|"); len(header) == 1 && i >= 0 {
		c.wrong(at+".file", "%s: line 1: its header is separated by %q: write the file with commas", d.File, header[0][i])
		return
	}
	before := len(c.found.Problems)
	c.columns(s, d, header)
	if len(c.found.Problems) == before {
		c.rows(s, d, t, header)
	}
}

// ofPeople are the columns of the people of genotypes.
var ofPeople = []string{"fid", "iid", "father", "mother", "sex", "phenotype"}

// columns finds those of the plan that the file has not. A header is no secret; a file without one begins with a person,
// so what stands there is not told.
func (c *checking) columns(s *Site, d *Dataset, header []string) {
	at := s.at(d)
	for _, v := range d.Dictionary {
		beside := len(d.Genotypes) > 0 && (v.Type == "genotype" || slices.Contains(ofPeople, v.Column))
		if !slices.Contains(header, v.Column) && !beside {
			c.wrong(v.at, "%s: line 1: the file has no column %s, by which %s at %s would have %s", d.File, v.Column, d.ID, s.Name, v.Concept)
		}
	}
	for field, column := range map[string]string{".rows.column": d.Rows.Column, ".sample": d.Sample} {
		if column != "" && !slices.Contains(header, column) {
			c.wrong(at+field, "%s: line 1: the file has no column %s", d.File, column)
		}
	}
}

// rows finds a dataset without any, and one in which a person has several although nothing makes one of them.
func (c *checking) rows(s *Site, d *Dataset, t source, header []string) {
	at, people := s.at(d), ""
	if !c.aggregated(d.ID) && !slices.ContainsFunc(c.Prepare, func(p Step) bool { return p.Op == analyses.Aggregate && p.Dataset == "" }) {
		for _, v := range d.Dictionary {
			if v.Type == "identifier" {
				people = v.Column
			}
		}
	}
	chosen, person := slices.Index(header, d.Rows.Column), slices.Index(header, people)
	count, seen := 0, map[string]int{}
	t.ReuseRecord = true
	for {
		row, err := t.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.wrong(at+".file", "%s: %s", d.File, rowError(err))
			return
		}
		if chosen >= 0 && row[chosen] != d.Rows.Equals {
			continue
		}
		count++
		if person < 0 || row[person] == "" {
			continue
		}
		line, _ := t.FieldPos(person)
		if first, twice := seen[row[person]]; twice {
			c.wrong(at+".file", "%s: line %d: the person of line %d again, in the column %s: make one value of a person's rows with aggregate, or keep one row", d.File, line, first, people)
			return
		}
		seen[strings.Clone(row[person])] = line
	}
	switch {
	case count == 0 && chosen >= 0:
		c.wrong(at+".rows.equals", "%s: no row has this text in the column %s", d.File, d.Rows.Column)
	case count == 0:
		c.wrong(at+".file", "%s: there is no row below the header", d.File)
	}
}

// rowError tells of a row without its values.
func rowError(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("line %d: %v", parse.Line, parse.Err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file ends too early; it is truncated"
	}
	return "it cannot be read: " + err.Error()
}
