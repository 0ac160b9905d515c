package holdings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/rows"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// genotypeFiles are a VCF file, of which some samples may be taken, or a set of PLINK files. Each may end in .gz.
type genotypeFiles struct {
	VCF     string  `yaml:"vcf,omitempty"`
	Samples samples `yaml:"samples,omitempty"`
	BED     string  `yaml:"bed,omitempty"`
	BIM     string  `yaml:"bim,omitempty"`
	FAM     string  `yaml:"fam,omitempty"`
}

// samples are those of the columns from first to last, counted from 1; all that follow if last is 0.
type samples struct {
	First int `yaml:"first,omitempty"`
	Last  int `yaml:"last,omitempty"`
}

// genotyped is false where a dataset is a CSV file alone.
func (e entry) genotyped() bool { return e.Genotypes != (genotypeFiles{}) }

// checkGenotypes says what is wrong with the entry of a dataset of genotypes.
func (e entry) checkGenotypes() string {
	g := e.Genotypes
	plink := g.BED != "" && g.BIM != "" && g.FAM != ""
	some := g.BED != "" || g.BIM != "" || g.FAM != ""
	switch {
	case (g.VCF != "") == some || some && !plink:
		return "genotypes are a vcf, or a bed, a bim and a fam"
	case g.Samples != (samples{}) && (g.VCF == "" || g.Samples.First < 1 || g.Samples.Last != 0 && g.Samples.Last < g.Samples.First):
		return "samples of a vcf are from first to last, counted from 1"
	case (e.File == "") != (e.Sample == ""):
		return "a file beside genotypes needs sample, its column with the ids of the samples"
	case e.Rows != (selection{}):
		return "rows are chosen by samples where there are genotypes"
	}
	return ""
}

// within makes paths relative to a folder absolute.
func (g genotypeFiles) within(dir string) genotypeFiles {
	for _, path := range []*string{&g.VCF, &g.BED, &g.BIM, &g.FAM} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return g
}

// opener opens a file, and what is in it if it is compressed. Its errors do not tell the path.
func opener(path string) genotypes.Opener {
	open := func() (io.ReadCloser, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, withoutPath(err)
		}
		return file, nil
	}
	if strings.HasSuffix(path, ".gz") {
		return genotypes.Gzipped(open)
	}
	return open
}

func (g genotypeFiles) open(ctx context.Context) (genotypes.Source, error) {
	if g.VCF != "" {
		return genotypes.OpenVCF(ctx, opener(g.VCF), g.Samples.First, g.Samples.Last)
	}
	return genotypes.OpenPLINK(ctx, opener(g.BED), opener(g.BIM), opener(g.FAM))
}

// famColumns are what a dictionary may bind of the people themselves; of a VCF file it is iid alone.
var famColumns = []string{"fid", "iid", "father", "mother", "sex", "phenotype"}

// loadGenotypes makes a table with a row for each sample, in the order of the files. Variables are columns of fam, or of
// the CSV file beside it, whose rows are found by the id of the sample: who has none has no values. A file that has nobody
// of the samples is refused: its ids are written in another way.
func (e entry) loadGenotypes(ctx context.Context, variables []Variable) (analysis.Table, error) {
	source, err := e.Genotypes.open(ctx)
	if err != nil {
		return analysis.Table{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	header, extra, err := e.beside(ctx)
	if err != nil {
		return analysis.Table{}, err
	}
	known := famColumns
	if e.Genotypes.VCF != "" {
		known = []string{"iid"}
	}
	columns, plain := genotypeColumns(variables, source)
	if plain, err = e.apart(plain, known, header); err != nil {
		return analysis.Table{}, err
	}
	bindings, err := bind(slices.Concat(known, header), plain)
	if err != nil {
		return analysis.Table{}, err
	}
	if err := e.addPeople(bindings, source, extra, len(header)); err != nil {
		return analysis.Table{}, err
	}
	for _, b := range bindings {
		columns[b.Concept] = b.column()
	}
	return analysis.Table{Columns: columns}, nil
}

// genotypeColumns makes the columns of the variables that are genotypes, and gives back the other variables.
func genotypeColumns(variables []Variable, source genotypes.Source) (columns map[string]analysis.Column, plain []Variable) {
	columns = map[string]analysis.Column{}
	for _, v := range variables {
		if v.Type != Genotype {
			plain = append(plain, v)
			continue
		}
		column := analysis.Column{Type: analysis.Genotypes, Source: source, Values: make([]analysis.Value, len(source.People()))}
		for i := range column.Values {
			column.Values[i] = analysis.Value{Number: float64(i), Present: true}
		}
		columns[v.Concept] = column
	}
	return columns, plain
}

// addPeople reads a row for each sample: what the genotypes say of its person, then the cells of the file beside them, of
// which there are so many.
func (e entry) addPeople(bindings []*binding, source genotypes.Source, beside map[string][]string, cells int) error {
	none, found := make([]string, cells), 0
	for i, p := range source.People() {
		more, there := beside[p.ID]
		if there {
			found++
		} else {
			more = none
		}
		row := slices.Concat([]string{p.Family, p.ID, p.Father, p.Mother, p.Sex, p.Phenotype}, more)
		if e.Genotypes.VCF != "" {
			row = slices.Concat([]string{p.ID}, more)
		}
		for _, b := range bindings {
			if err := b.add(row[b.index]); err != nil {
				return fmt.Errorf("%w: sample %d, column %q: %w", ErrRow, i+1, b.Column, err)
			}
		}
	}
	if e.File != "" && found == 0 {
		return fmt.Errorf("%w: column %q has the id of none of the %d samples of the genotypes; write the ids as they are there", ErrColumn, e.Sample, len(source.People()))
	}
	return nil
}

// apart refuses variables whose column is both of the people of the genotypes and of the file beside them. The file's column
// of samples has the same ids as iid, and stands for it.
func (e entry) apart(variables []Variable, known, header []string) ([]Variable, error) {
	variables = slices.Clone(variables)
	for i, v := range variables {
		if v.Column == e.Sample && !slices.Contains(known, v.Column) {
			variables[i].Column = "iid"
		} else if slices.Contains(known, v.Column) && slices.Contains(header, v.Column) {
			return nil, fmt.Errorf("%w: column %q, which the dictionary binds to %s, is both of the genotypes' own people and of the file beside them; give it another name in that file", ErrColumn, v.Column, v.Concept)
		}
	}
	return variables, nil
}

// maxBeside bounds the file beside genotypes, all of which is kept: a kilobyte for each of genotypes.MaxPeople.
const maxBeside = 1 << 30

// beside reads the CSV file beside the genotypes, if there is one, by the id of the sample.
func (e entry) beside(ctx context.Context) (header []string, of map[string][]string, err error) {
	if e.File == "" {
		return nil, nil, nil
	}
	file, err := os.Open(e.File)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w; see holdings.yaml", ErrUnreadable, withoutPath(err))
	}
	defer file.Close()
	source, err := plainText(file, strings.HasSuffix(e.File, ".gz"))
	if err != nil {
		return nil, nil, err
	}
	read := rows.NewReader(source)
	if header, err = read.Read(); err != nil {
		return nil, nil, fmt.Errorf("header: %w", readError(err))
	}
	if err := headed(header); err != nil {
		return nil, nil, err
	}
	at := slices.Index(header, e.Sample)
	if at < 0 {
		return nil, nil, fmt.Errorf("%w: column %q, which holdings.yaml says has the samples, is missing", ErrColumn, e.Sample)
	}
	header = slices.Delete(header, at, at+1)
	of = map[string][]string{}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		row, err := read.Read()
		if errors.Is(err, io.EOF) {
			return header, of, nil
		}
		if err != nil {
			return nil, nil, readError(err)
		}
		if read.InputOffset() > maxBeside {
			return nil, nil, fmt.Errorf("%w: the file beside the genotypes has more than the %d bytes that are kept", ErrRow, int64(maxBeside))
		}
		id := row[at]
		if _, twice := of[id]; twice {
			line, _ := read.FieldPos(at)
			return nil, nil, fmt.Errorf("%w: line %d, column %q: another line is of the same sample", ErrRow, line, e.Sample)
		}
		of[id] = slices.Delete(row, at, at+1)
	}
}

// Inspected tells how full a dataset is: its rows, and of each concept how many have no value.
type Inspected struct {
	Rows    int
	Missing map[string]int
}

// Inspect reads all of a dataset by its dictionary, genotypes to the last, so that a file that breaks a rule shows before
// anybody asks about it.
func (h Holdings) Inspect(ctx context.Context, dataset string, dictionary Dictionary) (Inspected, error) {
	concepts := make([]string, len(dictionary))
	for i, v := range dictionary {
		concepts[i] = v.Concept
	}
	table, err := h.Load(ctx, dataset, dictionary, concepts)
	if err != nil {
		return Inspected{}, err
	}
	found := Inspected{table.Rows(), map[string]int{}}
	for concept, c := range table.Columns {
		for _, v := range c.Values {
			if !v.Present {
				found.Missing[concept]++
			}
		}
		if c.Source == nil {
			continue
		}
		if err := c.Source.Scan(ctx, func(genotypes.Variant, genotypes.Row) error { return nil }); err != nil {
			return Inspected{}, fmt.Errorf("inspect dataset %s: %w: %w", dataset, ErrUnreadable, err)
		}
	}
	return found, nil
}
