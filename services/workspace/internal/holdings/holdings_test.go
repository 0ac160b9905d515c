package holdings

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/rows"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

var dictionary = Dictionary{
	{Concept: "time", Column: "days", Type: Number, Unit: "day"},
	{Concept: "death", Column: "status", Type: Event, EventValue: "2", Levels: map[string]string{"1": "alive", "2": "dead"}},
	{Concept: "arm", Column: "treat", Type: Category, Levels: map[string]string{"10": "ten", "9": "nine"}},
	{Concept: "age", Column: "age", Type: Integer, Unit: "year"},
	{Concept: "institution", Column: "inst", Type: Category},
}

const good = "inst,days,status,treat,age\n" +
	"12,1.5,2,10,61\n" +
	"\"3\",NA,1,\"9\",\n" +
	",7,,NA,40\n"

// opened writes data beside a holdings file that names it and opens that.
func opened(t *testing.T, file string, data []byte) Holdings {
	t.Helper()
	dir := t.TempDir()
	if data != nil {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "holdings.yaml")
	if err := os.WriteFile(path, []byte("datasets:\n  d:\n    file: "+file+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPlainAndCompressedFilesLoadAlike(t *testing.T) {
	for file, data := range map[string][]byte{"d.csv": []byte(good), "d.csv.gz": zipped(t, good), "bom.csv": []byte("\ufeff" + good)} {
		table, err := opened(t, file, data).Load(context.Background(), "d", dictionary, []string{"time", "death", "arm", "age", "institution"})
		if err != nil {
			t.Fatal(err)
		}
		missing, present := analysis.Value{}, func(n float64) analysis.Value { return analysis.Value{Number: n, Present: true} }
		for concept, want := range map[string][]analysis.Value{
			"time":        {present(1.5), missing, present(7)},
			"death":       {present(1), present(0), missing},
			"arm":         {present(1), present(0), missing},
			"age":         {present(61), missing, present(40)},
			"institution": {present(1), present(0), missing},
		} {
			for i, v := range table.Columns[concept].Values {
				if v != want[i] {
					t.Errorf("%s: %s row %d: got %v, want %v", file, concept, i, v, want[i])
				}
			}
		}
		if got := strings.Join(table.Columns["arm"].Levels, " "); got != "nine ten" {
			t.Errorf("levels are not in the order of the coded values: %s", got)
		}
		if got := strings.Join(table.Columns["institution"].Levels, " "); got != "3 12" {
			t.Errorf("levels: %s", got)
		}
	}
}

func TestOnlyTheAskedConceptsAreLoaded(t *testing.T) {
	table, err := opened(t, "d.csv", []byte(good)).Load(context.Background(), "d", dictionary, []string{"time"})
	if err != nil || len(table.Columns) != 1 || table.Rows() != 3 {
		t.Fatal(table, err)
	}
}

func TestUnknownConceptIsRefusedByName(t *testing.T) {
	_, err := opened(t, "d.csv", []byte(good)).Load(context.Background(), "d", dictionary, []string{"time", "hormone-therapy"})
	if !errors.Is(err, ErrVariableUnknown) || !strings.Contains(err.Error(), "hormone-therapy") {
		t.Fatal(err)
	}
}

func TestBadFilesAreRefusedWithPlaceButWithoutTheirValues(t *testing.T) {
	for name, c := range map[string]struct {
		file, data string
		want       error
		says       string
	}{
		"no file":         {"none.csv", "", ErrUnreadable, "no such file"},
		"empty":           {"d.csv", " ", ErrColumn, `"days"`},
		"no header":       {"d.csv", "\n", ErrUnreadable, "empty"},
		"missing column":  {"d.csv", strings.Replace(good, "status", "state", 1), ErrColumn, `"status"`},
		"column twice":    {"d.csv", strings.Replace(good, "age", "days", 1), ErrColumn, "columns 2 and 5 have one name"},
		"ragged":          {"d.csv", good + "1,2,1\n", ErrRow, "line 5"},
		"open quote":      {"d.csv", good + "\"secret,1,1,9,1\n", ErrRow, "line"},
		"not a number":    {"d.csv", strings.Replace(good, "1.5", "secret", 1), ErrRow, `line 2, column "days": not a number`},
		"not finite":      {"d.csv", strings.Replace(good, "1.5", "Inf", 1), ErrRow, `line 2, column "days": not a number`},
		"not an integer":  {"d.csv", strings.Replace(good, "61", "secret", 1), ErrRow, `line 2, column "age": not an integer`},
		"unknown code":    {"d.csv", strings.Replace(good, "\"9\"", "secret", 1), ErrRow, `line 3, column "treat"`},
		"unknown event":   {"d.csv", strings.Replace(good, "1.5,2", "1.5,secret", 1), ErrRow, `line 2, column "status"`},
		"not compressed":  {"d.csv.gz", good, ErrUnreadable, "gzip"},
		"broken compress": {"d.csv.gz", string(zipped(t, good)[:30]), ErrUnreadable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(c.data)
			if c.data == "" {
				data = nil
			}
			h := opened(t, c.file, data)
			_, err := h.Load(context.Background(), "d", dictionary, []string{"time", "death", "arm", "age"})
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %v with %q", err, c.want, c.says)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), filepath.Dir(h.source)) {
				t.Fatalf("tells a value or a path: %v", err)
			}
		})
	}
}

func TestBadHoldingsFilesAreRefusedWithTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"unknown field": {"datasets:\n  d:\n    file: a.csv\n    fiel: b\n", "line 4"},
		"unknown top":   {"dataset:\n  d: {file: a}\n", "line 1"},
		"repeated":      {"datasets:\n  d: {file: a}\n  d: {file: b}\n", "line 3"},
		"no dataset":    {"", "at least one dataset"},
		"no path":       {"datasets: {d: {}}\n", "dataset d has no file"},
		"two documents": {"datasets: {d: {file: a}}\n---\ndatasets: {}\n", "more than one"},
	} {
		path := filepath.Join(t.TempDir(), "holdings.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

func TestOtherRefusalsHaveTheirOwnReason(t *testing.T) {
	h := opened(t, "d.csv", []byte(good))
	if _, err := h.Load(context.Background(), "x", dictionary, nil); !errors.Is(err, ErrDatasetUnknown) {
		t.Error(err)
	}
	for _, v := range []Variable{{Concept: "time"}, {Concept: "time", Column: "days", Type: "text"}, {Concept: "time", Column: "days", Type: Event},
		{Concept: "time", Column: "days", Type: Event, EventValue: "3", Levels: map[string]string{"1": "no", "2": "yes"}}} {
		if _, err := h.Load(context.Background(), "d", Dictionary{v}, []string{"time"}); !errors.Is(err, ErrDictionary) {
			t.Errorf("%+v: %v", v, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Load(ctx, "d", dictionary, []string{"time"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPseudonymsAreStableInAProjectAndUnlinkableBetweenTwo(t *testing.T) {
	a, b := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	again := Pseudonym(bytes.Clone(a), "7")
	if Pseudonym(a, "7") != again || Pseudonym(a, "7") == Pseudonym(b, "7") || Pseudonym(a, "7") == Pseudonym(a, "8") {
		t.Fatal("pseudonyms do not follow the key and the person")
	}
	if len(Pseudonym(a, "7")) != 64 {
		t.Fatal(Pseudonym(a, "7"))
	}
}

func TestANumberThatIsWrittenOtherwiseIsToldWithHowToWriteIt(t *testing.T) {
	for cell, want := range map[string]string{"13,2": "a point", "NaN": "write NA or nothing", "n/a": "write NA or nothing", " 7": "spaces around it",
		"7.0": "decimals", "fifty": ""} {
		if got := instead(cell); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q", cell, got)
		}
	}
}

// endless is a table without end.
type endless struct {
	io.Reader
	more string
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.Reader.Read(p); err == nil {
		return n, nil
	}
	e.Reader = strings.NewReader(strings.Repeat(e.more, 1<<12))
	return e.Reader.Read(p)
}

func TestATableThatUnpacksWithoutEndIsRefused(t *testing.T) {
	days := dictionary[:1]
	for name, c := range map[string]struct{ head, more string }{
		"a quote that is never closed": {"days\n1\n\"", "1\n"},
		"a header of any columns":      {"days", ",a"},
	} {
		_, err := read(t.Context(), &endless{strings.NewReader(c.head), c.more}, false, selection{}, days)
		if !errors.Is(err, rows.ErrLong) || !errors.Is(err, ErrRow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	const most = 1000
	b := &binding{Variable: days[0]}
	all := func([]string) bool { return true }
	err := readRows(t.Context(), rows.NewReader(&endless{strings.NewReader(""), "1\n"}), most, all, []*binding{b})
	if !errors.Is(err, ErrRow) || len(b.values) != most {
		t.Errorf("%d rows without end were kept: %v", len(b.values), err)
	}
}

// To hold each of its names against all others would take minutes.
func TestAHeaderOfAllTheColumnsThatARowMayHaveIsReadAtOnce(t *testing.T) {
	var header strings.Builder
	header.WriteString("days")
	for i := 0; header.Len() < rows.MaxBytes-16; i++ {
		header.WriteString("," + strconv.FormatInt(int64(i), 36))
	}
	table, err := read(t.Context(), strings.NewReader(header.String()+"\n"), false, selection{}, dictionary[:1])
	if err != nil || table.Rows() != 0 {
		t.Errorf("%d rows: %v", table.Rows(), err)
	}
}
