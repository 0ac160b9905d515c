package generate

import (
	"bytes"
	_ "embed" // the page's own parts
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/sheet"
)

var (
	//go:embed page/page.html
	pageSource string
	//go:embed page/style.css
	pageStyle string
	//go:embed page/page.js
	pageScript string
)

// page is what the template sees.
type page struct {
	Services []servicePart
	Events   int
	Border   int
	Topics   int
	Style    template.CSS
	Script   template.JS
	Policy   string // Content-Security-Policy: these two texts and nothing else
}

type servicePart struct {
	Name   string
	Events []eventPart
}

// eventPart is one event with all that its folder says.
type eventPart struct {
	contract
	ID, Name, Kind     string
	Title, Description string
	Versions           []string
	Fields             []field
	Examples           []example
	Refused            []example
	Changes            template.HTML
	Words              string // what the search looks in, in small letters
}

// field is one member, or a member of a member.
type field struct {
	Path     string
	Depth    int
	Type     string
	Required bool
	Limits   string
	Says     string
	Values   []string
	Old      bool
}

// example is a payload, with where and why it is refused if it is.
type example struct {
	Name, Text, Pointer, Code string
}

// Page is the page of all events of a tree of contract folders: one HTML file that loads nothing.
func Page(tree fs.FS) ([]byte, error) {
	events, err := load(tree)
	if err != nil {
		return nil, err
	}
	p := page{Style: sheet.Style(pageStyle), Script: sheet.Script(pageScript), Events: len(events)}
	p.Policy = sheet.Policy(p.Style, p.Script)
	topics := map[string]bool{}
	for _, e := range events {
		part, err := describe(tree, e)
		if err != nil {
			return nil, fmt.Errorf("schemas/%s: %w", e.folder, err)
		}
		if n := len(p.Services); n == 0 || p.Services[n-1].Name != e.service() {
			p.Services = append(p.Services, servicePart{Name: e.service()})
		}
		last := &p.Services[len(p.Services)-1]
		last.Events = append(last.Events, part)
		topics[e.Topic] = true
		if len(e.Border.Directions) > 0 {
			p.Border++
		}
	}
	p.Topics = len(topics)
	t, err := template.New("page").Funcs(template.FuncMap{"list": list, "lasts": lasts}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("read the pattern of the page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("fill the pattern of the page: %w", err)
	}
	return b.Bytes(), nil
}

func describe(tree fs.FS, e event) (eventPart, error) {
	part := eventPart{contract: e.contract, ID: e.service() + "." + e.name(), Name: e.name(), Kind: kind(e),
		Title: e.schema.Title, Description: e.schema.Description, Versions: e.versions}
	part.Fields = fields("", 0, e.schema, e.schema.Defs, nil)
	var err error
	if part.Examples, err = examples(tree, e, "valid"); err != nil {
		return part, err
	}
	if part.Refused, err = examples(tree, e, "invalid"); err != nil {
		return part, err
	}
	log, err := fs.ReadFile(tree, e.folder+"/CHANGELOG.md")
	if err != nil {
		return part, err
	}
	part.Changes = changes(string(log))
	words := []string{e.Type, e.name(), part.Title, part.Description, e.Topic, part.Kind, e.DataClass,
		strings.Join(e.Writers, " "), strings.Join(e.Readers, " "), strings.Join(e.Requirements, " ")}
	if len(e.Border.Directions) > 0 {
		words = append(words, "border")
	}
	for _, f := range part.Fields {
		words = append(words, f.Path, strings.Join(f.Values, " "))
	}
	part.Words = strings.ToLower(strings.Join(words, " "))
	return part, nil
}

// fields lists the members of an object, and after each those inside it.
func fields(prefix string, depth int, s *schemas.Schema, defs map[string]*schemas.Schema, within []string) []field {
	var all []field
	for _, p := range s.Properties {
		f := field{Path: prefix + p.Name, Depth: depth, Required: slices.Contains(s.Required, p.Name), Says: p.Description, Old: p.Deprecated}
		inner, kind, seen := p.Schema, "", within
		for {
			if name, ok := strings.CutPrefix(inner.Ref, "#/$defs/"); ok && defs[name] != nil && !slices.Contains(seen, name) {
				seen = append(slices.Clone(seen), name)
				inner = defs[name]
				continue
			}
			if inner.Type != "array" || inner.Items == nil {
				break
			}
			kind += "list of "
			f.Limits = limits(inner)
			inner = inner.Items
		}
		f.Type = kind + typeName(inner)
		f.Limits = strings.Trim(f.Limits+", "+limits(inner), ", ")
		f.Values = inner.Enum
		all = append(all, f)
		if inner.Type == "object" {
			next := prefix + p.Name + "."
			if kind != "" {
				next = prefix + p.Name + "[]."
			}
			all = append(all, fields(next, depth+1, inner, defs, seen)...)
		}
	}
	return all
}

// patternNames are words for the patterns that many events use.
var patternNames = map[string]string{
	ulidPattern:             "ULID",
	sitePattern:             "site",
	personPattern:           "person, site:ULID",
	"^sha256:[0-9a-f]{64}$": "digest, sha256:hex",
	"^[A-Za-z0-9][A-Za-z0-9_.:/+<>=-]{0,95}$": "code",
}

func typeName(s *schemas.Schema) string {
	switch name, known := patternNames[s.Pattern]; {
	case s.Format != "":
		return s.Format
	case s.Encoding != "":
		return s.Encoding
	case known:
		return name
	case s.Type == "string":
		return "text"
	default:
		return s.Type
	}
}

// limits are the bounds of a value in words.
func limits(s *schemas.Schema) string {
	var said []string
	span := func(low, high *int, what string) {
		switch {
		case low != nil && high != nil:
			said = append(said, fmt.Sprintf("%d to %d%s", *low, *high, what))
		case high != nil:
			said = append(said, fmt.Sprintf("at most %d%s", *high, what))
		case low != nil:
			said = append(said, fmt.Sprintf("at least %d%s", *low, what))
		}
	}
	span(s.MinItems, s.MaxItems, " items")
	span(s.MinLength, s.MaxLength, " characters")
	if s.Minimum != nil && s.Maximum != nil {
		high := fmt.Sprint(*s.Maximum)
		if *s.Maximum == 1<<53-1 {
			high = "2^53−1"
		}
		said = append(said, fmt.Sprintf("%d to %s", *s.Minimum, high))
	}
	if s.UniqueItems {
		said = append(said, "no repeats")
	}
	if t := typeName(s); s.Pattern != "" && t == "text" {
		said = append(said, s.Pattern)
	}
	if s.Extensible {
		said = append(said, "later versions may add values")
	}
	return strings.Join(said, ", ")
}

func examples(tree fs.FS, e event, which string) ([]example, error) {
	names, err := fs.Glob(tree, e.folder+"/examples/"+which+"/*.json")
	if err != nil {
		return nil, err
	}
	var all []example
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		x := example{Name: strings.TrimSuffix(path.Base(name), ".json"), Text: strings.TrimSpace(string(text))}
		if which == "invalid" {
			var refused struct {
				Expect struct {
					Pointer string `json:"pointer"`
					Code    string `json:"code"`
				} `json:"expect"`
				Data jsontext.Value `json:"data"`
			}
			if err := json.Unmarshal(text, &refused); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			data := refused.Data
			if err := data.Indent(); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			x.Text, x.Pointer, x.Code = string(data), refused.Expect.Pointer, refused.Expect.Code
		}
		all = append(all, x)
	}
	return all, nil
}

// changes turns a CHANGELOG into HTML: headings of versions, lists and paragraphs, nothing else.
func changes(log string) template.HTML {
	var b strings.Builder
	for block := range strings.SplitSeq(log, "\n\n") {
		block = strings.TrimSpace(block)
		version, isVersion := strings.CutPrefix(block, "## ")
		switch {
		case block == "" || strings.HasPrefix(block, "# "):
		case isVersion:
			fmt.Fprintf(&b, "<h5>%s</h5>", template.HTMLEscapeString(version))
		case strings.HasPrefix(block, "- "):
			b.WriteString("<ul>")
			for item := range strings.SplitSeq("\n"+block, "\n- ") {
				if item != "" {
					fmt.Fprintf(&b, "<li>%s</li>", template.HTMLEscapeString(item))
				}
			}
			b.WriteString("</ul>")
		default:
			fmt.Fprintf(&b, "<p>%s</p>", template.HTMLEscapeString(block))
		}
	}
	return template.HTML(b.String())
}

func list(names []string) string {
	if len(names) == 0 {
		return "nobody yet"
	}
	return strings.Join(names, ", ")
}

// lasts writes a deadline in words.
func lasts(d string) string {
	if d == "" || d == "none" {
		return "none"
	}
	return d
}
