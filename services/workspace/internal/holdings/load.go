package holdings

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/rows"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// Load reads the asked concepts of a dataset, and no other column, from its
// .csv or .csv.gz file: a header, then rows; empty and NA mean
// missing. Of an error it names dataset, line and column.
func (h Holdings) Load(ctx context.Context, dataset string, dictionary Dictionary, concepts []string) (analysis.Table, error) {
	entry, ok := h.files[dataset]
	if !ok {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, ErrDatasetUnknown)
	}
	variables, err := dictionary.find(concepts)
	if err != nil {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, err)
	}
	if entry.genotyped() {
		table, err := entry.loadGenotypes(ctx, variables)
		if err != nil {
			return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, err)
		}
		return table, nil
	}
	if i := slices.IndexFunc(variables, func(v Variable) bool { return v.Type == Genotype }); i >= 0 {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w: holdings.yaml has no genotypes for %s", dataset, ErrColumn, variables[i].Concept)
	}
	file, err := os.Open(entry.File)
	if err != nil {
		// The path stays inside: it tells where the data lie.
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w: %w; see holdings.yaml", dataset, ErrUnreadable, withoutPath(err))
	}
	defer file.Close()
	table, err := read(ctx, file, strings.HasSuffix(entry.File, ".gz"), entry.Rows, variables)
	if err != nil {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, err)
	}
	return table, nil
}

func withoutPath(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

func read(ctx context.Context, file io.Reader, compressed bool, chosen selection, variables []Variable) (analysis.Table, error) {
	source, err := plainText(file, compressed)
	if err != nil {
		return analysis.Table{}, err
	}
	text := rows.NewReader(source)
	text.ReuseRecord = true
	header, err := text.Read()
	header = slices.Clone(header)
	if err != nil {
		return analysis.Table{}, fmt.Errorf("header: %w", readError(err))
	}
	if err := headed(header); err != nil {
		return analysis.Table{}, err
	}
	bindings, err := bind(header, variables)
	if err != nil {
		return analysis.Table{}, err
	}
	at, err := choose(header, chosen)
	if err != nil {
		return analysis.Table{}, err
	}
	if err := readRows(ctx, text, maxRows, func(row []string) bool { return at < 0 || row[at] == chosen.Equals }, bindings); err != nil {
		return analysis.Table{}, err
	}
	table := analysis.Table{Columns: map[string]analysis.Column{}}
	for _, b := range bindings {
		table.Columns[b.Concept] = b.column()
	}
	return table, nil
}

// plainText reads what a file holds, compressed or not.
func plainText(file io.Reader, compressed bool) (io.Reader, error) {
	source := bufio.NewReader(file)
	if !compressed {
		return source, nil
	}
	unzipped, err := gzip.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("%w: not a gzip file: %w", ErrUnreadable, withoutPath(err))
	}
	return unzipped, nil
}

// headed refuses a header that is none of a table in UTF-8 with commas, or in which a column cannot be told from another.
func headed(header []string) error {
	if strings.HasPrefix(header[0], "\xff\xfe") || strings.HasPrefix(header[0], "\xfe\xff") {
		return fmt.Errorf("%w: it is written in UTF-16; write the file in UTF-8", ErrColumn)
	}
	if i := strings.IndexAny(header[0], ";\t|"); len(header) == 1 && i >= 0 {
		return fmt.Errorf("%w: its header is separated by %q; write the file with commas", ErrColumn, header[0][i])
	}
	seen := make(map[string]int, len(header)) // a header may have as many columns as a row has bytes
	for i, name := range header {
		if first, twice := seen[name]; twice {
			// by number: where a file has no header, its names are the first person's values
			return fmt.Errorf("%w: columns %d and %d have one name", ErrColumn, first+1, i+1)
		}
		seen[name] = i
	}
	return nil
}

// bind finds each variable's column in the header.
func bind(header []string, variables []Variable) ([]*binding, error) {
	var bindings []*binding
	for _, v := range variables {
		index := slices.Index(header, v.Column)
		if index < 0 {
			return nil, fmt.Errorf("%w: column %q, which the dictionary binds to %s, is missing", ErrColumn, v.Column, v.Concept)
		}
		bindings = append(bindings, &binding{Variable: v, index: index})
	}
	return bindings, nil
}

// choose finds the column by which rows are chosen; -1 if all are.
func choose(header []string, chosen selection) (int, error) {
	if chosen.Column == "" {
		return -1, nil
	}
	at := slices.Index(header, chosen.Column)
	if at < 0 {
		return at, fmt.Errorf("%w: column %q, by which holdings.yaml chooses rows, is missing", ErrColumn, chosen.Column)
	}
	return at, nil
}

// maxRows of a table are kept. A small compressed file may hold any number of them.
const maxRows = 1 << 24

// readRows keeps what is ours, of at most so many rows.
func readRows(ctx context.Context, text *rows.Reader, most int, ours func(row []string) bool, bindings []*binding) error {
	kept := 0
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		row, err := text.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(err)
		}
		if !ours(row) {
			continue
		}
		if kept++; kept > most {
			return fmt.Errorf("%w: more than the %d rows that a table may have", ErrRow, most)
		}
		for _, b := range bindings {
			if err := b.add(row[b.index]); err != nil {
				line, _ := text.FieldPos(b.index)
				return fmt.Errorf("%w: line %d, column %q: %w", ErrRow, line, b.Column, err)
			}
		}
	}
}

// readError tells a row of the wrong shape, with its line, from a file that
// cannot be read.
func readError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%w: line %d: %w", ErrRow, parse.Line, parse.Err)
	}
	if errors.Is(err, rows.ErrLong) {
		return fmt.Errorf("%w: %w", ErrRow, err)
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty", ErrUnreadable)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, withoutPath(err))
}
