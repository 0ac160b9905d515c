package holdings

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesOfAnotherShapeAreRefusedWithWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		text, says string
		want       error
	}{
		"semicolons":        {"days;status;treat;age\n1;2;9;40\n", `separated by ';'; write the file with commas`, ErrColumn},
		"tabs":              {"days\tstatus\ttreat\tage\n1\t2\t9\t40\n", `separated by '\t'`, ErrColumn},
		"a semicolon later": {"days,status,treat,age\n1;2;9;40\n", "line 2", ErrRow},
		"not a number":      {"days,status,treat,age\nNaN,2,9,40\n", `line 2, column "days"`, ErrRow},
		"an underscore":     {"days,status,treat,age\n1_0,2,9,40\n", `line 2, column "days": not a number`, ErrRow},
		"hexadecimal":       {"days,status,treat,age\n0x1p4,2,9,40\n", `line 2, column "days": not a number`, ErrRow},
		"a comma decimal":   {"days,status,treat,age\n\"1,5\",2,9,40\n", `line 2, column "days": not a number`, ErrRow},
		"beyond a float":    {"days,status,treat,age\n1e999,2,9,40\n", `line 2, column "days": not a number`, ErrRow},
		"bars":              {"days|status|treat|age\n1|2|9|40\n", `separated by '|'`, ErrColumn},
		"UTF-16":            {"\xff\xfed\x00a\x00y\x00s\x00,\x00", "write the file in UTF-8", ErrColumn},
		"UTF-16, the other": {"\xfe\xff\x00d\x00a\x00y\x00s\x00,", "write the file in UTF-8", ErrColumn},
		"a number too much": {"days,status,treat,age\n1,2,9,40,5\n", "line 2", ErrRow},
		"a number too few":  {"days,status,treat,age\n1,2,9,40\n1,2,9\n", "line 3", ErrRow},
		"an open quote":     {"days,status,treat,age\n\"1,2,9,40\n", "line 2", ErrRow},
		"a name twice":      {"days,days,status,treat,age\n", "have one name", ErrColumn},
	} {
		_, err := opened(t, "d.csv", []byte(c.text)).Load(context.Background(), "d", dictionary, []string{"time", "death", "arm", "age"})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAByteOrderMarkIsPassedOverAlsoBeforeAQuote(t *testing.T) {
	for _, header := range []string{"days,status", `"days","status"`} {
		table, err := opened(t, "d.csv", []byte("\ufeff"+header+"\n3,2\n")).Load(context.Background(), "d", dictionary, []string{"time"})
		if err != nil || table.Columns["time"].Values[0].Number != 3 {
			t.Errorf("%s: %v", header, err)
		}
	}
}

func TestRowsOfAnotherSiteAreNotRead(t *testing.T) {
	load := func(rows string) (int, error) {
		dir := t.TempDir()
		data := "\ufeffregion,days,status\nsouth,1,2\nnortheast,2,1\nsouth,NaN,nonsense\nnortheast,3,2\n"
		if err := os.WriteFile(filepath.Join(dir, "d.csv"), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "holdings.yaml")
		if err := os.WriteFile(path, []byte("datasets:\n  d: {file: d.csv, rows: "+rows+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Open(path)
		if err != nil {
			return 0, err
		}
		table, err := h.Load(context.Background(), "d", dictionary, []string{"time", "death"})
		return table.Rows(), err
	}
	if n, err := load("{column: region, equals: northeast}"); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if n, err := load("{column: region, equals: west}"); n != 0 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if _, err := load("{column: county, equals: x}"); !errors.Is(err, ErrColumn) || !strings.Contains(err.Error(), "holdings.yaml") {
		t.Error(err)
	}
	if _, err := load("{column: region}"); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

func TestSeveralRowsOfAPersonHaveOnePseudonym(t *testing.T) {
	h := opened(t, "d.csv", []byte("id,days\n7,1\n8,2\n7,3\n,4\n"))
	d := Dictionary{{Concept: Identifier, Column: "id", Type: Identity}, {Concept: "time", Column: "days", Type: Number}}
	table, err := h.LoadFor(context.Background(), make([]byte, keySize), "d", d, []string{Identifier, "time"})
	if err != nil {
		t.Fatal(err)
	}
	persons := table.Columns[Identifier]
	if v := persons.Values; len(persons.Levels) != 2 || v[0] != v[2] || v[0] == v[1] || v[3].Present {
		t.Errorf("%+v", persons)
	}
}
