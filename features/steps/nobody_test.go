package steps_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/report"
)

// tellsOfNobody fails the test if a file of the run's report tells of a person: the name of a sample, a row of a register,
// or the number in a cell that was suppressed.
func tellsOfNobody(t *testing.T, run report.Run) {
	t.Helper()
	dir := t.TempDir()
	if err := report.Write(dir, run); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no report: %v", err)
	}
	samples, rows := samples(t), registers(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range persons(string(text), samples, rows) {
			t.Errorf("%s tells of a person: %s", filepath.Base(file), found)
		}
	}
	suppressedStay(t, dir, run)
}

var markup = regexp.MustCompile(`<[^>]*>`)

// said are the words and numbers of a page, as a reader sees them one after the other.
func said(page string) []string {
	return strings.FieldsFunc(markup.ReplaceAllString(page, " "), func(r rune) bool { return strings.ContainsRune(" \t\n,;\"", r) })
}

// head is by how many columns a row is looked for first.
const head = 4

func persons(page string, samples map[string]bool, rows map[string][][]string) (found []string) {
	words := said(page)
	for i, w := range words {
		if w = strings.Trim(w, ".:()"); samples[w] {
			found = append(found, "sample "+w)
		}
		if i+head > len(words) {
			continue
		}
		for _, row := range rows[strings.Join(words[i:i+head], ",")] {
			if i+len(row) <= len(words) && slices.Equal(words[i:i+len(row)], row) {
				found = append(found, "row "+strings.Join(row, ","))
			}
		}
	}
	return found
}

func open(t *testing.T, name string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() }) //nolint:errcheck // read only
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(unzipped)
	s.Buffer(nil, 1<<24)
	return s
}

// samples are the names of all people whose genotypes the sites hold.
func samples(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, name := range []string{"ceu.fam.gz", "jpt_chb.fam.gz"} {
		for s := open(t, name); s.Scan(); {
			all[strings.Fields(s.Text())[1]] = true
		}
	}
	for s := open(t, "1kg.vcf.gz"); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#CHROM") {
			for _, sample := range strings.Fields(s.Text())[9:] {
				all[sample] = true
			}
			break
		}
	}
	if len(all) != 494+506+629 {
		t.Fatalf("%d samples in the files, expected those of two cohorts and a panel", len(all))
	}
	return all
}

// registers are the rows of all tables, by their first columns. Those of trials are published and tell of no person.
func registers(t *testing.T) map[string][][]string {
	t.Helper()
	files, err := filepath.Glob("../data/*.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][][]string{}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "bcg") {
			continue
		}
		lines := open(t, name)
		for lines.Scan() {
			row := said(lines.Text())
			if len(row) < head {
				continue
			}
			key := strings.Join(row[:head], ",")
			all[key] = append(all[key], row)
		}
	}
	return all
}

// suppressedStay holds the one table with suppressed cells against the numbers that they have in the data.
func suppressedStay(t *testing.T, dir string, run report.Run) {
	t.Helper()
	i := slices.IndexFunc(run.Studies, func(s report.Study) bool { return s.ID == "limits of health" })
	if i < 0 || len(run.Studies[i].Tables) == 0 {
		return // not played in this run
	}
	people := map[string]int{}
	reader := open(t, "HealthInsurance.csv.gz")
	var text strings.Builder
	for reader.Scan() {
		text.WriteString(reader.Text() + "\n")
	}
	all, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	limit, region, ethnicity := slices.Index(all[0], "limit"), slices.Index(all[0], "region"), slices.Index(all[0], "ethnicity")
	for _, row := range all[1:] {
		if row[region] == "northeast" {
			people[row[limit]+" "+row[ethnicity]]++
			people[row[ethnicity]+" "+row[limit]]++
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "study-"+strconv.Itoa(i+1)+".html"))
	if err != nil {
		t.Fatal(err)
	}
	suppressed := 0
	for _, c := range run.Studies[i].Tables[0].Cells {
		if !c.Suppressed {
			continue
		}
		suppressed++
		n := people[strings.Join(c.Levels, " ")]
		if c.N != 0 {
			t.Errorf("the result tells a number of the suppressed cell %v", c.Levels)
		}
		for _, where := range []string{`<td class="n">` + strconv.Itoa(n) + "</td>", ": " + strconv.Itoa(n) + "</title>"} {
			if n > 0 && strings.Contains(string(page), where) {
				t.Errorf("the page tells the number of the suppressed cell %v", c.Levels)
			}
		}
	}
	if suppressed == 0 {
		t.Error("no cell of the table was suppressed")
	}
}

func TestASampleOrARowInAPageIsFound(t *testing.T) {
	samples, rows := samples(t), registers(t)
	for page, want := range map[string]int{
		"<td>ceu.564</td>": 1, "<p>carried by HG00098.</p> <title>HG00100: no</title>": 2,
		`<tr><td class="n">3</td><td>306</td><td>2</td><td>74</td><td>1</td><td>1</td><td>90</td><td>100</td><td>1175</td><td>NA</td></tr>`: 1,
		"3,306,2,74,1,1,90,100,1175,NA": 1,
	} {
		if found := persons(page, samples, rows); len(found) != want {
			t.Errorf("%q: found %v, expected %d", page, found, want)
		}
	}
	if found := persons("<td>3</td><td>306</td><td>2</td><td>74</td><td>2</td>", samples, rows); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
