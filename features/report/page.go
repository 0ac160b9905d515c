package report

import (
	"bytes"
	_ "embed" // the page's own parts
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/sheet"
)

var (
	//go:embed page.html
	pageSource string
	//go:embed style.css
	style string
	//go:embed page.js
	script string
)

// page is what the template sees: the run, its verdict and what is drawn of it.
type page struct {
	Run       Run
	Verdict   Verdict
	Style     template.CSS
	Script    template.JS
	Policy    string // Content-Security-Policy: these two texts and nothing else
	Maps      []template.HTML
	Studies   []studyPart
	Diagrams  []eventPart
	Rows      []eventRow
	followers map[string][]lane
}

// studyPart is a study with what is drawn of it.
type studyPart struct {
	Study
	Survival []survival
	Forest   *forest
	Explain  bool // the thinning, with the first curves
}

// Known reports whether the study was held against an answer, or against what silence would have changed.
func (s studyPart) Known() bool { return len(s.Answers) > 0 || s.Silence != nil }

// Beside lists the studies that were not: they are played for what is refused in them.
func (p page) Beside() (out []studyPart) {
	for _, s := range p.Studies {
		if !s.Known() {
			out = append(out, s)
		}
	}
	return out
}

// eventPart holds the diagrams of one study's events.
type eventPart struct {
	ID, Title, Count string
	Sites, Services  diagram
	Open             bool // the first that belongs to a study
}

// eventRow is one event of the table, with the number of its cause.
type eventRow struct {
	Event
	Cause, After string
}

func (r Run) page() ([]byte, error) {
	p := page{Run: r, Verdict: r.Verdict(), Style: sheet.Style(style), Script: sheet.Script(script),
		followers: followers(r.Events)}
	p.Policy = sheet.Policy(p.Style, p.Script)
	moved := flows(r.Crossings)
	if len(r.Sites) > 0 {
		p.Maps = []template.HTML{siteMap(wideMap(len(r.Sites)), r.Sites, moved), siteMap(narrowMap(), r.Sites, moved)}
	}
	explained := false
	for _, s := range r.Studies {
		part := studyPart{Study: s, Survival: p.survivals(s), Forest: p.forest(s)}
		part.Explain = !explained && len(part.Survival) > 0
		explained = explained || part.Explain
		p.Studies = append(p.Studies, part)
	}
	p.Diagrams, p.Rows = p.eventParts(), p.eventRows()
	t, err := template.New("page").Funcs(p.funcs()).Parse(pageSource)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return []byte(plain(out.String())), err
}

func (p page) funcs() template.FuncMap {
	return template.FuncMap{
		"site": p.SiteName, "study": p.StudyName, "full": full, "short": short, "size": size, "lasted": lasted,
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
		"day":   func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") },
		"many":  many, "border": p.Run.borderBytes, "direction": p.direction,
		"passed": func(s Scenario) bool { return count(s.Steps, isPassed) == len(s.Steps) && len(s.Steps) > 0 },
		"took":   took, "relative": relative, "mark": mark, "outcome": outcomeClass,
		"inc": func(i int) int { return i + 1 }, "diff": func(a, b float64) float64 { return a - b },
	}
}

func isPassed(s Step) bool { return s.Status == Passed }

func took(s Scenario) time.Duration {
	var sum time.Duration
	for _, step := range s.Steps {
		sum += step.Duration
	}
	return sum
}

func relative(a Answer) string {
	switch r, known := a.Relative(); {
	case !known:
		return "–"
	case r == 0:
		return "0"
	default:
		return strings.ReplaceAll(strconv.FormatFloat(r, 'e', 1, 64), "-", "−")
	}
}

func mark(o Outcome) string {
	switch o {
	case Returned:
		return "✓"
	case Refused:
		return "✗"
	case TimedOut:
		return "…"
	}
	return "–"
}

func outcomeClass(o Outcome) string {
	if o == Returned {
		return "ok"
	}
	return "named"
}

func (p page) site(id string) Site {
	if i := slices.IndexFunc(p.Run.Sites, func(s Site) bool { return s.ID == id }); i >= 0 {
		return p.Run.Sites[i]
	}
	return Site{ID: id, Name: id}
}

// SiteName is the name of a site for people, its id where none is known.
func (p page) SiteName(id string) string {
	if s := p.site(id); s.Name != "" {
		return s.Name
	}
	return id
}

func (p page) studyIndex(id string) int {
	return slices.IndexFunc(p.Run.Studies, func(s Study) bool { return s.ID == id })
}

// StudyName is the title of a study; what belongs to none came before them.
func (p page) StudyName(id string) string {
	switch i := p.studyIndex(id); {
	case i >= 0:
		return p.Run.Studies[i].Title
	case id == "":
		return "Before the studies"
	}
	return id
}

// direction of a crossing as its study's host sees it.
func (p page) direction(c Crossing) string {
	if i := p.studyIndex(c.Study); i >= 0 {
		switch p.Run.Studies[i].Host {
		case c.From:
			return "from the host"
		case c.To:
			return "to the host"
		}
	}
	return "between sites"
}

func (p page) eventParts() []eventPart {
	var order []string
	by := map[string][]Event{}
	for _, e := range p.Run.Events {
		if _, seen := by[e.Study]; !seen {
			order = append(order, e.Study)
		}
		by[e.Study] = append(by[e.Study], e)
	}
	first := max(0, slices.IndexFunc(order, func(id string) bool { return p.studyIndex(id) >= 0 }))
	var out []eventPart
	for i, study := range order {
		id := fmt.Sprintf("events-%d", i)
		out = append(out, eventPart{id, p.StudyName(study), many(len(by[study]), "event"),
			p.diagram(id+"-sites", by[study], true), p.diagram(id+"-services", by[study], false), i == first})
	}
	return out
}

func (p page) eventRows() []eventRow {
	place := map[string]int{}
	var out []eventRow
	for i, e := range p.Run.Events {
		place[e.ID] = i + 1
		row := eventRow{Event: e, After: fmt.Sprintf("+%.3f s", e.Time.Sub(p.Run.Events[0].Time).Seconds())}
		if at, seen := place[e.Cause]; seen && e.Cause != "" {
			row.Cause = strconv.Itoa(at)
		} else if e.Cause != "" {
			row.Cause = "not seen: " + e.Cause
		}
		out = append(out, row)
	}
	return out
}
