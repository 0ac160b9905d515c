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

	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// Load reads the asked concepts of a dataset, and no other column, from its
// .csv or .csv.gz file: a header, then one row per person; empty and NA mean
// missing. Of an error it names dataset, line and column.
func (h Holdings) Load(ctx context.Context, dataset string, dictionary Dictionary, concepts []string) (analysis.Table, error) {
	path, ok := h.files[dataset]
	if !ok {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, ErrDatasetUnknown)
	}
	variables, err := dictionary.find(concepts)
	if err != nil {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, err)
	}
	file, err := os.Open(path)
	if err != nil {
		// The path stays inside: it tells where the data lie.
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w: %w; see holdings.yaml", dataset, ErrUnreadable, withoutPath(err))
	}
	defer file.Close()
	table, err := read(ctx, file, strings.HasSuffix(path, ".gz"), variables)
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

func read(ctx context.Context, file io.Reader, compressed bool, variables []Variable) (analysis.Table, error) {
	source := io.Reader(bufio.NewReader(file))
	if compressed {
		unzipped, err := gzip.NewReader(source)
		if err != nil {
			return analysis.Table{}, fmt.Errorf("%w: not a gzip file: %w", ErrUnreadable, withoutPath(err))
		}
		source = unzipped
	}
	rows := csv.NewReader(source)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return analysis.Table{}, fmt.Errorf("header: %w", readError(err))
	}
	bindings, err := bind(header, variables)
	if err != nil {
		return analysis.Table{}, err
	}
	if err := readRows(ctx, rows, bindings); err != nil {
		return analysis.Table{}, err
	}
	table := analysis.Table{Columns: map[string]analysis.Column{}}
	for _, b := range bindings {
		table.Columns[b.Concept] = b.column()
	}
	return table, nil
}

// bind finds each variable's column in the header.
func bind(header []string, variables []Variable) ([]*binding, error) {
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for i, name := range header {
		if slices.Contains(header[:i], name) {
			// by number: where a file has no header, its names are the first person's values
			return nil, fmt.Errorf("%w: columns %d and %d have one name", ErrColumn, slices.Index(header, name)+1, i+1)
		}
	}
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

func readRows(ctx context.Context, rows *csv.Reader, bindings []*binding) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(err)
		}
		for _, b := range bindings {
			if err := b.add(row[b.index]); err != nil {
				line, _ := rows.FieldPos(b.index)
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
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty", ErrUnreadable)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, withoutPath(err))
}
