package report

import (
	_ "embed" // the pages' own style and script
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/sheet"
)

var (
	//go:embed style.css
	style string
	//go:embed page.js
	script string
)

// page is what the templates see: the run, its verdict and what is drawn of it, and which page is being written.
type page struct {
	Run      Run
	Verdict  Verdict
	Style    template.CSS
	Script   template.JS
	Policy   string // Content-Security-Policy: these two texts and nothing else
	Maps     []template.HTML
	Layers   []facetPart
	Safes    []facetPart
	Features []featurePart
	Studies  []studyPart
	Diagrams []eventPart
	Kinds    []kindRow

	File, Title string
	Files       []file
	Study       *studyPart // nil on pages that are not of one
	Event       *eventPage // nil on pages that are not of events

	followers map[string][]lane
}

func (r Run) newPage() *page {
	p := &page{Run: r, Verdict: r.Verdict(), Style: sheet.Style(style), Script: sheet.Script(script), followers: followers(r.Events)}
	p.Policy = sheet.Policy(p.Style, p.Script)
	moved := flows(r.Crossings)
	if len(r.Sites) > 0 {
		p.Maps = []template.HTML{siteMap(wideMap(len(r.Sites)), r.Sites, moved), siteMap(narrowMap(), r.Sites, moved)}
	}
	p.Diagrams, p.Kinds = p.eventParts(), kinds(r.Crossings)
	for i := range r.Studies {
		p.Studies = append(p.Studies, p.studyPart(i))
	}
	p.Layers, p.Safes, p.Features = r.layers(), r.safes(), p.features()
	return p
}

func (r Run) funcs() template.FuncMap {
	p := page{Run: r}
	return template.FuncMap{
		"site": p.SiteName, "study": p.StudyName, "full": full, "short": short, "size": size, "lasted": lasted,
		"clock": func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
		"day":   func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") },
		"many":  many, "border": r.borderBytes, "direction": p.direction,
		"passed": passed, "took": took, "relative": relative, "mark": mark, "outcome": outcomeClass,
		"inc": func(i int) int { return i + 1 }, "diff": func(a, b float64) float64 { return a - b },
		"brief": brief, "answered": answered, "join": strings.Join, "chance": chance, "grouped": grouped, "met": metOf,
		"leaves": func(all []Decision) bool {
			return slices.ContainsFunc(all, func(d Decision) bool { return d.AuditLeaf != "" })
		},
		"file": func(id string) string {
			if i := p.studyIndex(id); i >= 0 {
				return studyFile(i + 1)
			}
			return ""
		},
	}
}

func passed(s Scenario) bool { return len(s.Steps) > 0 && count(s.Steps, isPassed) == len(s.Steps) }

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

func (p *page) site(id string) Site {
	if i := slices.IndexFunc(p.Run.Sites, func(s Site) bool { return s.ID == id }); i >= 0 {
		return p.Run.Sites[i]
	}
	return Site{ID: id, Name: id}
}

// SiteName is the name of a site for people, its id where none is known.
func (p *page) SiteName(id string) string {
	if s := p.site(id); s.Name != "" {
		return s.Name
	}
	return id
}

func (p *page) studyIndex(id string) int {
	return slices.IndexFunc(p.Run.Studies, func(s Study) bool { return s.ID == id })
}

// StudyName is the title of a study; what belongs to none is beside them.
func (p *page) StudyName(id string) string {
	switch i := p.studyIndex(id); {
	case i >= 0:
		return capital(p.Run.Studies[i].Title)
	case id == "":
		return "Beside the studies"
	}
	return id
}

// direction of a crossing as its study's host sees it.
func (p *page) direction(c Crossing) string {
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
