package plan

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/rows"
)

// source is a table as it is read.
type source struct {
	*rows.Reader
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
	return source{rows.NewReader(text), func() { file.Close() }}, nil
}

// table holds the header of a file against the dictionary, and its rows against what the plan says of them. What stands in
// the cells the workspace's own reader judges.
func (c *checking) table(s *Site, d *Dataset, happens happening) {
	at := s.at(d)
	t, err := open(d.File)
	if err != nil {
		c.wrong(at+".file", "%s: %v", d.File, err)
		return
	}
	defer t.close()
	header, err := t.Read()
	if err != nil {
		c.wrong(at+".file", "%s: %s", d.File, rowError(header, 0, err))
		return
	}
	header = slices.Clone(header)
	if wrong := written(header); wrong != "" {
		c.wrong(at+".file", "%s: line 1: %s", d.File, wrong)
		return
	}
	before := len(c.found.Problems)
	c.columns(s, d, header)
	if len(c.found.Problems) == before {
		c.rows(s, d, t, header, happens)
	}
}

// written says what is wrong with how a file is written, as its header shows it; "" if nothing is.
func written(header []string) string {
	all := strings.Join(header, "")
	switch i := strings.IndexAny(header[0], ";\t|"); {
	case strings.HasPrefix(all, "\xff\xfe"), strings.HasPrefix(all, "\xfe\xff"), strings.Contains(all, "\x00"):
		return "it is written in UTF-16: save it as UTF-8"
	case !utf8.ValidString(all):
		return "it is not written in UTF-8 (in Latin-1, perhaps): save it as UTF-8"
	case strings.Contains(all, "\r"):
		return "its lines end with a carriage return alone: save it with the line ends of Linux or Windows"
	case len(header) == 1 && i >= 0:
		return fmt.Sprintf("its header is separated by %q: write the file with commas", header[0][i])
	}
	return ""
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
			c.wrong(v.at, "%s: line 1: the file has no column %s, by which %s at %s would have %s%s", d.File, v.Column, d.ID, s.Name, v.Concept, alike(header, v.Column))
		}
	}
	for field, column := range map[string]string{".rows.column": d.Rows.Column, ".sample": d.Sample} {
		if column != "" && !slices.Contains(header, column) {
			c.wrong(at+field, "%s: line 1: the file has no column %s%s", d.File, column, alike(header, column))
		}
	}
}

// alike tells of a column whose name differs only by spaces or capitals.
func alike(header []string, column string) string {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	i := slices.IndexFunc(header, func(name string) bool { return plain(name) == plain(column) })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("; column %d differs from it by spaces or capitals alone: %q", i+1, header[i])
}

// rows finds a dataset without any, and one in which a person has several although nothing makes one of them. It counts to
// whom what the plan calls events happened.
func (c *checking) rows(s *Site, d *Dataset, t source, header []string, happens happening) {
	at, people := s.at(d), ""
	if !c.aggregated(d.ID) && !slices.ContainsFunc(c.Prepare, func(p Step) bool { return p.Op == analyses.Aggregate && p.Dataset == "" }) {
		for _, v := range d.Dictionary {
			if v.Type == "identifier" {
				people = v.Column
			}
		}
	}
	chosen, person := slices.Index(header, d.Rows.Column), slices.Index(header, people)
	count, seen, events := 0, map[string]int{}, happens.of(s, d, header)
	t.ReuseRecord = true
	for {
		row, err := t.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.wrong(at+".file", "%s: %s", d.File, rowError(row, len(header), err))
			return
		}
		if chosen >= 0 && row[chosen] != d.Rows.Equals {
			continue
		}
		count++
		events.count(row)
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
func rowError(row []string, columns int, err error) string {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return "it is empty: expected is a header, and a row for each person"
	case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &parse):
		return fmt.Sprintf("line %d: it has %d cells, and the header has %d: %v", parse.Line, len(row), columns, parse.Err)
	case errors.As(err, &parse) && parse.StartLine < parse.Line:
		return fmt.Sprintf("line %d: a quote that is opened there, or below, is never closed (line %d: %v)", parse.StartLine, parse.Line, parse.Err)
	case errors.As(err, &parse):
		return fmt.Sprintf("line %d: %v", parse.Line, parse.Err)
	case errors.Is(err, rows.ErrLong):
		return err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the file ends too early; it is truncated"
	}
	return "it cannot be read: " + err.Error()
}
