package report

import (
	"bytes"
	"embed"
	"html/template"
	"path"
	"regexp"
	"strconv"
)

// Each page has a template of its own name, pages/<name>.html; the parts that they share are in pages/parts.html.
//
//go:embed pages
var templates embed.FS

// studyFile is the page of the n-th study, from 1.
func studyFile(n int) string { return "study-" + strconv.Itoa(n) + ".html" }

// ofStudy matches the pages of studies and of events, of which an earlier report may have left more.
var ofStudy = regexp.MustCompile(`^(study|events-[0-9]+)-[0-9]+\.html$`)

// file is one page of the report.
type file struct {
	Name, Title string
	Bytes       int64
	content     []byte
}

// files renders all pages. That of the numbers comes last: it tells how large the others are.
func (r Run) files() ([]file, error) {
	t, err := template.New("").Funcs(r.funcs()).ParseFS(templates, "pages/*.html")
	if err != nil {
		return nil, err
	}
	p := r.newPage()
	all := []file{{Name: "index.html", Title: "Overview"}, {Name: "story.html", Title: "Story"}, {Name: "sites.html", Title: "Sites"},
		{Name: "evidence.html", Title: "Decisions and refusals"}, {Name: "events.html", Title: "Events"}}
	for _, s := range p.Studies {
		all = append(all, file{Name: s.File, Title: s.Title})
	}
	for _, part := range p.Diagrams {
		for _, e := range part.Pages {
			all = append(all, file{Name: e.File, Title: "Events: " + e.Title})
		}
	}
	all = append(all, file{Name: "numbers.html", Title: "Numbers"})
	for i := range all {
		f := &all[i]
		p.File, p.Files = f.Name, all
		if err := p.render(t, f); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (p *page) render(t *template.Template, f *file) error {
	name := path.Base(f.Name)
	p.Title, p.Study, p.Event = f.Title, nil, nil
	for i := range p.Studies {
		if p.Studies[i].File == f.Name {
			name, p.Study = "study.html", &p.Studies[i]
		}
	}
	for _, part := range p.Diagrams {
		for i := range part.Pages {
			if part.Pages[i].File == f.Name {
				name, p.Event = "eventpage.html", &part.Pages[i]
			}
		}
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, p); err != nil {
		return err
	}
	f.content = []byte(plain(out.String()))
	f.Bytes = int64(len(f.content))
	return nil
}
