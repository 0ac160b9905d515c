package fields

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Lines tells where each field of a file is, by its whole name; elements of a list count from 1: analyses.2.by.
type Lines map[string]int

// Of is the line of a field, or of the nearest group around it that is in the file.
func (l Lines) Of(name string) int {
	for {
		if line, there := l[name]; there {
			return line
		}
		at := strings.LastIndex(name, ".")
		if at < 0 {
			return max(l[""], 1)
		}
		name = name[:at]
	}
}

// Decode reads a group into v, a pointer to a struct. Tags are the only description of its fields: yaml is the name, ",key"
// the one that a group is named by where the writer chooses names; form one of forms, or a|b|c for these texts alone;
// needed is "yes" for a field that must be there; expected and help are for messages and for Page. Types are string, bool,
// int, time.Duration, []string, Pairs (form a=b where names have another than texts), structs, and lists of structs.
func (r *Reader) Decode(n *yaml.Node, v any) Lines {
	d := decoder{r, Lines{"": n.Line}}
	d.group(n, "", reflect.ValueOf(v).Elem())
	return d.lines
}

// Pair is a name that the writer of a file chose, and its text.
type Pair struct{ Name, Text string }

// Pairs are in the order of the file.
type Pairs []Pair

// forms that a text may be asked to have, and the words for it.
var forms = map[string]struct {
	pattern *regexp.Regexp
	words   string
}{
	"":       {regexp.MustCompile(`(?s)^.{1,1000}$`), "text"},
	"line":   {regexp.MustCompile(`^[\pL\pN\pP\pS][^"\x00-\x1f\x7f]{0,199}$`), "one line of text without double quotes, of at most 200 characters"},
	"cell":   {regexp.MustCompile(`^[^\pZ\pC]([^\pC\x{2028}\x{2029}]{0,198}[^\pZ\pC])?$`), "one line of text of at most 200 characters, with no space at its ends"},
	"code":   {regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/+<>=-]{0,95}$`), "a name without spaces: at most 96 letters, digits or signs of _.:/+<>=-"},
	"site":   {regexp.MustCompile(`^[a-z][a-z-]{1,31}$`), "2 to 32 small letters or hyphens"},
	"person": {regexp.MustCompile(`^[a-z][a-z -]{0,60}[a-z]$`), "small letters, spaces and hyphens, such as first reviewer"},
	"number": {regexp.MustCompile(`^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?$`), "a number"},
	"allele": {regexp.MustCompile(`^[ACGT]{1,64}$`), "letters A, C, G, T"},
}

type decoder struct {
	r     *Reader
	lines Lines
}

// described is one field of a struct.
type described struct {
	name, form, expected, help string
	needed, key                bool
	index                      int
	of                         reflect.Type
}

func describe(t reflect.Type) (all []described) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" && option == "" {
			continue // not of the file
		}
		all = append(all, described{name, f.Tag.Get("form"), f.Tag.Get("expected"), f.Tag.Get("help"), f.Tag.Get("needed") == "yes", option == "key", i, f.Type})
	}
	return all
}

func keyOf(t reflect.Type) (described, bool) {
	all := describe(t)
	i := slices.IndexFunc(all, func(d described) bool { return d.key })
	if i < 0 {
		return described{}, false
	}
	return all[i], true
}

func (d decoder) group(n *yaml.Node, prefix string, v reflect.Value) {
	known, before := map[string]Field{}, len(d.r.Problems)
	given := map[string]bool{}
	var missing []string
	for _, f := range describe(v.Type()) {
		if f.key {
			continue
		}
		known[f.name] = func(n *yaml.Node, name string) {
			given[f.name] = true
			d.value(n, name, f, v.Field(f.index))
		}
		if f.needed {
			missing = append(missing, f.name)
		}
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		d.lines[prefix+n.Content[i].Value] = n.Content[i].Line
	}
	d.r.Group(n, prefix, known)
	if n.Kind != yaml.MappingNode && len(d.r.Problems) > before {
		return
	}
	for _, name := range missing {
		if !given[name] {
			d.r.Wrong(n, prefix+name, "it is missing")
		}
	}
}

func (d decoder) value(n *yaml.Node, name string, f described, to reflect.Value) {
	switch to.Interface().(type) {
	case string:
		if text, ok := d.text(n, name, f.form); ok {
			to.SetString(text)
		}
	case bool:
		d.r.Truth(to.Addr().Interface().(*bool))(n, name)
	case time.Duration:
		d.r.Duration(to.Addr().Interface().(*time.Duration))(n, name)
	case int:
		number, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || number < 1 {
			d.r.Wrong(n, name, "expected a whole number from 1 on")
		}
		to.SetInt(int64(number))
	case []string:
		to.Set(reflect.ValueOf(d.texts(n, name, f)))
	case Pairs:
		to.Set(reflect.ValueOf(d.pairs(n, name, f)))
	default:
		if to.Kind() == reflect.Struct {
			d.group(n, name+".", to)
			return
		}
		d.list(n, name, f, to)
	}
}

func (d decoder) text(n *yaml.Node, name, form string) (string, bool) {
	if n.Kind == yaml.ScalarNode && strings.Contains(form, "|") {
		d.r.OneOf(n, name, strings.Split(form, "|")...)
		return n.Value, true
	}
	if f := forms[form]; n.Kind != yaml.ScalarNode || n.Tag == "!!null" || !f.pattern.MatchString(n.Value) {
		d.r.Wrong(n, name, "expected %s", f.words)
		return "", false
	}
	return n.Value, true
}

// texts reads a list, or one text that stands for a list of it.
func (d decoder) texts(n *yaml.Node, name string, f described) (all []string) {
	items := n.Content
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		items = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode || len(items) == 0 {
		d.r.Wrong(n, name, "expected %s", f.expected)
	}
	for _, item := range items {
		if text, ok := d.text(item, name, f.form); ok {
			all = append(all, text)
		}
	}
	return all
}

func (d decoder) pairs(n *yaml.Node, name string, f described) (all Pairs) {
	of, to, two := strings.Cut(f.form, "=")
	if !two {
		to = of
	}
	d.r.Each(n, name+".", "expected "+f.expected, func(key, value *yaml.Node, at string) {
		left, okLeft := d.text(key, at, of)
		right, okRight := d.text(value, at, to)
		if okLeft && okRight {
			all = append(all, Pair{left, right})
		}
	})
	return all
}

// list reads a list of groups, or a group of named ones.
func (d decoder) list(n *yaml.Node, name string, f described, to reflect.Value) {
	element := to.Type().Elem()
	key, named := keyOf(element)
	add := func(n *yaml.Node, name, called string) {
		one := reflect.New(element).Elem()
		d.lines[name] = n.Line
		if named {
			one.Field(key.index).SetString(called)
		}
		d.group(n, name+".", one)
		to.Set(reflect.Append(to, one))
	}
	if named {
		d.r.Each(n, name+".", "expected "+f.expected, func(k, value *yaml.Node, of string) {
			if text, ok := d.text(k, of, key.form); ok {
				add(value, of, text)
				d.lines[of] = k.Line
			}
		})
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.r.Wrong(n, name, "expected %s", f.expected)
		return
	}
	for i, item := range n.Content {
		add(item, fmt.Sprintf("%s.%d", name, i+1), "")
	}
}

// Page is a Markdown table of the fields of v, a struct, with those of the groups in it after them.
func Page(v any) string {
	var text strings.Builder
	text.WriteString("| field | needed | expected | what it says |\n|---|---|---|---|\n")
	page(&text, "", reflect.TypeOf(v))
	return text.String()
}

func page(text *strings.Builder, prefix string, t reflect.Type) {
	for _, f := range describe(t) {
		if f.key {
			continue
		}
		needed := ""
		if f.needed {
			needed = "yes"
		}
		expected := f.expected
		if expected == "" && strings.Contains(f.form, "|") {
			expected = strings.Join(strings.Split(f.form, "|"), ", ")
		} else if expected == "" {
			expected = forms[f.form].words
		}
		cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
		fmt.Fprintf(text, "| `%s%s` | %s | %s | %s |\n", prefix, f.name, needed, cell(expected), cell(f.help))
		switch of := f.of; {
		case of == reflect.TypeFor[Pairs]():
		case of.Kind() == reflect.Struct:
			page(text, prefix+f.name+".", of)
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
			if key, named := keyOf(of.Elem()); named {
				page(text, prefix+f.name+"."+strings.ToUpper(key.name)+".", of.Elem())
			} else {
				page(text, prefix+f.name+"[].", of.Elem())
			}
		}
	}
}

// Forms lists the forms, for a test that every tag names one.
func Forms() []string { return slices.Sorted(maps.Keys(forms)) }
