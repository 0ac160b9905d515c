package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// pages are those of a report, by file name.
type pages map[string]string

// String is all of them.
func (p pages) String() string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p)) {
		all.WriteString(p[name])
	}
	return all.String()
}

// written writes the run and returns the pages and the decoded results.json.
func written(t *testing.T, run Run) (pages, map[string]any) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out", "report")
	if err := Write(dir, run); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := pages{}
	var results map[string]any
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) != "results.json" {
			all[filepath.Base(file)] = string(raw)
			continue
		}
		if err := json.Unmarshal(raw, &results); err != nil {
			t.Fatalf("results.json: %v", err)
		}
	}
	return all, results
}

// words returns the text of all pages, failing unless every element is closed in order.
func words(t *testing.T, all pages) string {
	t.Helper()
	var text strings.Builder
	for name, page := range all {
		wordsOf(t, &text, name, page)
	}
	return text.String()
}

func wordsOf(t *testing.T, text *strings.Builder, name, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	inside := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s does not parse: %v", name, err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			inside = x.Name.Local
			for _, a := range x.Attr {
				if a.Name.Local == "title" || a.Name.Local == "data-words" {
					text.WriteString(" " + a.Value + " ")
				}
			}
		case xml.EndElement:
			inside = ""
		case xml.CharData:
			if inside != "script" && inside != "style" {
				text.Write(x)
			}
		}
		text.WriteString("\n")
	}
}

func TestPageParsesWhateverTheRun(t *testing.T) {
	for name, run := range map[string]Run{"whole": fixture(), "empty": {}, "failed": failed()} {
		t.Run(name, func(t *testing.T) {
			page, _ := written(t, run)
			words(t, page)
		})
	}
}

func TestAPageNeedsNothingButItself(t *testing.T) {
	all, _ := written(t, fixture())
	for name, page := range all {
		for _, forbidden := range []string{`(?i)\b(src|action|xlink:href)\s*=\s*"[^#"]`, `(?i)https?://`, `(?i)url\(`, `(?i)@import`, `(?i)<link`, `(?i)\bfetch\(`} {
			if found := regexp.MustCompile(forbidden).FindString(page); found != "" {
				t.Errorf("%s reaches outside itself: %q", name, found)
			}
		}
	}
}

func TestEveryPageTellsWhatTheRunRanOn(t *testing.T) {
	all, results := written(t, fixture())
	for name, page := range all {
		if !strings.Contains(page, "broker Apache Kafka") {
			t.Errorf("%s does not tell which broker it was", name)
		}
	}
	if versions, ok := results["versions"].(map[string]any); !ok || versions["broker"] != "Apache Kafka" {
		t.Errorf("results.json: %v", results["versions"])
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for name, run := range map[string]Run{"whole": fixture(), "empty": {}, "failed": failed(), "busy": busy(700)} {
		all, _ := written(t, run)
		for from, page := range all {
			for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				file, id, _ := strings.Cut(link[1], "#")
				if file == "" {
					file = from
				}
				if to, there := all[file]; !there || id != "" && !strings.Contains(to, ` id="`+id+`"`) {
					t.Errorf("%s, %s: the link %q leads nowhere", name, from, link[1])
				}
			}
		}
	}
}

func TestPagesOfAnEarlierReportAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"study-99.html", "events-99-9.html", "study-notes.html"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(dir, fixture()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"study-99.html", "events-99-9.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s of an earlier report is still there: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "study-notes.html")); err != nil {
		t.Errorf("a file that is none of ours: %v", err)
	}
}

func TestThePolicyNamesTheVeryScriptAndStyle(t *testing.T) {
	all, _ := written(t, fixture())
	for name, page := range all {
		for _, part := range []string{"script", "style"} {
			body := regexp.MustCompile(`(?s)<` + part + `>(.*?)</` + part + `>`).FindStringSubmatch(page)
			if body == nil {
				t.Fatalf("%s has no %s", name, part)
			}
			sum := sha256.Sum256([]byte(body[1]))
			digest := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
			if !strings.Contains(page, part+"-src &#39;"+strings.ReplaceAll(digest, "+", "&#43;")) {
				t.Errorf("the policy of %s does not name the digest of the %s", name, part)
			}
		}
	}
}

func TestEveryNumberOfTheRunIsOnThePage(t *testing.T) {
	run := fixture()
	page, _ := written(t, run)
	text := words(t, page)
	var wanted []string
	float := func(xs ...float64) {
		for _, x := range xs {
			wanted = append(wanted, full(x))
		}
	}
	whole := func(xs ...int64) {
		for _, x := range xs {
			wanted = append(wanted, strconv.FormatInt(x, 10))
		}
	}
	whole(int64(len(run.Events)), int64(len(run.Sites)))
	wanted = append(wanted, "17.4 s", "412.3 MB", size(run.borderBytes()))
	for _, s := range run.Studies {
		for _, a := range s.Answers {
			float(a.Known, *a.Ours, a.Tolerance)
		}
		for _, e := range s.Effects {
			float(e.OE, e.Variance)
		}
		for _, c := range s.Curves {
			whole(int64(c.People))
			for _, step := range c.Steps {
				float(step.Time, step.Survival)
				whole(int64(step.AtRisk), int64(step.Events))
			}
		}
		for _, m := range s.Manifest {
			whole(m.Bytes)
		}
		if s.Silence != nil {
			float(s.Silence.With, s.Silence.Without)
		}
		for _, f := range s.Fits {
			for _, term := range f.Terms {
				float(term.Estimate, term.SE)
			}
		}
		for _, m := range s.Means {
			for _, g := range m.Groups {
				float(g.Mean, g.SD)
				for _, p := range g.Percentiles {
					float(p.Value)
					whole(int64(p.Percent))
				}
				whole(int64(g.N))
			}
		}
		for _, table := range s.Tables {
			for _, c := range table.Cells {
				whole(int64(c.N))
			}
		}
	}
	for _, c := range run.Crossings {
		whole(c.Bytes, int64(c.Count))
	}
	for _, e := range run.Events {
		whole(e.Sequence, e.Bytes)
	}
	for _, i := range run.Invariants {
		whole(int64(i.Checked))
	}
	for _, s := range run.Sites {
		whole(int64(s.Threshold))
	}
	for _, w := range wanted {
		// 0 bytes are shown as a dash.
		if w != "0" && !regexp.MustCompile(`(^|[^\d.])`+regexp.QuoteMeta(w)+`([^\d]|$)`).MatchString(text) {
			t.Errorf("%s is not on the page", w)
		}
	}
}

func TestEverySentenceOfTheRunIsOnThePage(t *testing.T) {
	run := fixture()
	page, _ := written(t, run)
	text := words(t, page)
	var wanted []string
	for _, r := range run.Refusals {
		wanted = append(wanted, r.Attempt, r.By, r.Reason, r.Sentence, r.Probe, r.AuditLeaf)
	}
	for _, d := range run.Decisions {
		wanted = append(wanted, d.Decision, d.By, d.Rule, d.AuditLeaf)
	}
	for _, s := range run.Story {
		for _, step := range s.Steps {
			wanted = append(wanted, s.Title, step.Text, step.Who, step.Rule)
		}
	}
	for _, e := range run.Events {
		wanted = append(wanted, e.Type, e.Source, e.Subject, e.Topic)
	}
	for _, i := range run.Invariants {
		wanted = append(wanted, i.Name, i.Statement)
	}
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not on the page", w)
		}
	}
}

func TestResultsHoldTheRows(t *testing.T) {
	run := fixture()
	_, results := written(t, run)
	rows := results["rows"].([]any)
	if len(rows) != 9 || results["met"] != true {
		t.Fatalf("%d rows, met %v", len(rows), results["met"])
	}
	first := rows[0].(map[string]any)
	for key, want := range map[string]any{"study": "breast", "known": 35.34012319651, "ours": 35.340123196510376, "tolerance": 1e-9, "met": true} {
		if first[key] != want {
			t.Errorf("%s is %v, want %v", key, first[key], want)
		}
	}
	for key, want := range map[string]any{"wall_seconds": 17.42, "sites": 3.0, "memory_bytes": 412300000.0} {
		if results[key] != want {
			t.Errorf("%s is %v, want %v", key, results[key], want)
		}
	}
	if results["versions"].(map[string]any)["go"] != "1.26.8" {
		t.Error("versions are missing")
	}
}

func TestHostileTextStaysText(t *testing.T) {
	const evil = "</title></svg></script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload=\"x\x00\x1b\xff{{.}}\u202edesufer\u2069"
	run := fixture()
	run.Title, run.Summary, run.Problems = evil, evil, []string{evil}
	for i := range run.Sites {
		run.Sites[i].Name, run.Sites[i].Country, run.Sites[i].Reviewers = evil, evil, evil
		run.Sites[i].Holds, run.Sites[i].Chain = []string{evil}, []string{evil}
	}
	for i := range run.Studies {
		s := &run.Studies[i]
		s.Title, s.Question, s.Note = evil, evil, evil
		for j := range s.Scans {
			s.Scans[j].Outcome, s.Scans[j].ID[0], s.Scans[j].Chromosome[0], s.Scans[j].Strongest.Title = evil, evil, evil, evil
		}
		for j := range s.Fits {
			s.Fits[j].Title, s.Fits[j].Measure, s.Fits[j].Terms[0].Name = evil, evil, evil
		}
		for j := range s.Means {
			s.Means[j].Measure, s.Means[j].Groups[0].Group, s.Means[j].Groups[0].Site = evil, evil, evil
		}
		for j := range s.Tables {
			if s.Tables[j].Concepts != nil {
				s.Tables[j].Concepts[0], s.Tables[j].Cells[0].Levels[0] = evil, evil
			}
		}
		for j := range s.Curves {
			s.Curves[j].Arm, s.Curves[j].Time = evil, evil
		}
		for j := range s.Effects {
			s.Effects[j].Arm = evil
		}
		for j := range s.Manifest {
			s.Manifest[j].Outcome, s.Manifest[j].Detail, s.Manifest[j].Digest = evil, evil, evil
		}
	}
	for i := range run.Events {
		e := &run.Events[i]
		e.Subject, e.Reason, e.Actor = evil, evil, evil
		if i%5 == 0 {
			e.Source, e.Topic, e.Type, e.Study = evil, evil, evil, evil
		}
	}
	run.Story[0].Feature, run.Story[0].ID, run.Story[0].Title = evil, evil, evil
	run.Story[0].Steps[0] = Step{evil, evil, evil, evil, evil, time.Second, evil}
	run.Refusals[0] = Refusal{1, evil, evil, evil, evil, evil, evil, evil, evil, true, 0, evil}
	run.Repeat = []Command{{evil, evil}}
	run.Versions = append(run.Versions, Version{evil, evil})
	all, _ := written(t, run)
	words(t, all)
	for name, page := range all {
		if strings.Count(page, "<script") != 1 || strings.Contains(page, "<img") || strings.Contains(page, `" onload="`) {
			t.Errorf("hostile text became markup in %s", name)
		}
		if strings.ContainsFunc(page, func(c rune) bool { return unicode.Is(unicode.Bidi_Control, c) }) {
			t.Errorf("hostile text turns the direction of what is read in %s", name)
		}
	}
}

func TestWritingWhereNoFolderCanBeSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(file, "report"), fixture()); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error does not say where: %v", err)
	}
}
