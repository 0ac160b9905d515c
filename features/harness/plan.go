package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"
)

// ErrNothing is when no scenario was selected: a run of nothing proves nothing.
var ErrNothing = errors.New("no scenario was selected")

// ErrUndefined is when steps are in a feature that nothing reads.
var ErrUndefined = errors.New("no step is known by these words")

// mostTold of the steps that are not known.
const mostTold = 10

// planned is one scenario that is to be executed, with its steps.
type planned struct {
	feature, uri, name string
	tags               []string
	steps              []StepResult // as they stand in the file, none run
}

// key finds a scenario again; rows of an outline share it and come in order.
func (p planned) key() string { return p.uri + "\x00" + p.name }

// source is one feature file.
type source struct {
	name string
	text []byte
}

// gather reads the feature files under the paths, which may name files and folders.
func gather(fsys fs.FS, root string, paths []string) ([]source, error) {
	var sources []source
	for _, p := range paths {
		err := fs.WalkDir(fsys, path.Clean(p), func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".feature") {
				return err
			}
			text, err := fs.ReadFile(fsys, name)
			sources = append(sources, source{root + name, text})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the features under %s: %w", p, err)
		}
	}
	return sources, nil
}

// selection reads "@SC-A-001,@SC-B-002": scenarios with any of the tags; empty selects all. Other expressions are
// refused, since godog takes some of them to select nothing.
func selection(tags string) ([]string, error) {
	var wanted []string
	for tag := range strings.SplitSeq(tags, ",") {
		tag = strings.TrimSpace(tag)
		switch {
		case tag == "":
		case !strings.HasPrefix(tag, "@") || strings.ContainsAny(tag[1:], " @~&|()"):
			return nil, fmt.Errorf("selection %q: expected tags joined by commas, such as @SC-TRI-001,@SC-TRI-002", tags)
		default:
			wanted = append(wanted, tag)
		}
	}
	return wanted, nil
}

// after begins a tag such as @after:SC-TRI-002: the scenario goes on where that one ended.
const after = "@after:"

// withGrounds adds the tags of the scenarios that the wanted ones go on from.
func withGrounds(all []planned, wanted []string) ([]string, error) {
	if len(wanted) == 0 {
		return wanted, nil
	}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !p.has(wanted) {
				continue
			}
			for _, tag := range p.tags {
				ground, is := strings.CutPrefix(tag, after)
				if !is || slices.Contains(wanted, "@"+ground) {
					continue
				}
				if !slices.ContainsFunc(all, func(q planned) bool { return slices.Contains(q.tags, "@"+ground) }) {
					return nil, fmt.Errorf("the scenario %q goes on from %s, which is in none of the features given", p.name, ground)
				}
				wanted, grown = append(wanted, "@"+ground), true
			}
		}
	}
	return wanted, nil
}

func (p planned) has(wanted []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(t string) bool { return slices.Contains(p.tags, t) })
}

// plan lists the selected scenarios in the order in which they will be executed, and the tags that select them.
func plan(sources []source, wanted []string) ([]planned, []string, error) {
	all, err := scenarios(sources)
	if err != nil {
		return nil, nil, err
	}
	if wanted, err = withGrounds(all, wanted); err != nil {
		return nil, nil, err
	}
	selected := slices.DeleteFunc(all, func(p planned) bool { return !p.has(wanted) })
	if len(selected) == 0 {
		return nil, nil, fmt.Errorf("%w: %d feature files, tags %v", ErrNothing, len(sources), wanted)
	}
	return selected, wanted, nil
}

// scenarios lists all scenarios of the files; each row of an outline is one.
func scenarios(sources []source) ([]planned, error) {
	var all []planned
	for _, s := range sources {
		n := 0
		id := func() string { n++; return strconv.Itoa(n) }
		doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(s.text), id)
		if err != nil {
			return nil, fmt.Errorf("read the feature %s: %w", s.name, err)
		}
		if doc.Feature == nil {
			continue
		}
		written := stepsOf(doc)
		for _, pickle := range gherkin.Pickles(*doc, s.name, id) {
			p := planned{feature: doc.Feature.Name, uri: s.name, name: pickle.Name}
			for _, t := range pickle.Tags {
				p.tags = append(p.tags, t.Name)
			}
			for _, step := range pickle.Steps {
				at := written[step.AstNodeIds[0]]
				p.steps = append(p.steps, StepResult{Keyword: strings.TrimSpace(at.Keyword), Text: step.Text, Line: int(at.Location.Line)})
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// unread lists the steps that nothing reads, each place once, with the step that may be meant.
func unread(all []planned, reads func(string) bool, near func(string) string) error {
	var lines []string
	for _, p := range all {
		for _, s := range p.steps {
			if reads == nil || reads(s.Text) {
				continue
			}
			at := fmt.Sprintf("%s:%d: %s %s", p.uri, s.Line, s.Keyword, s.Text)
			if near != nil {
				if like := near(s.Text); like != "" {
					at += "\n      the nearest: " + like
				}
			}
			if !slices.Contains(lines, at) {
				lines = append(lines, at)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	told, more := lines, ""
	if len(lines) > mostTold {
		told, more = lines[:mostTold], fmt.Sprintf("\n  and %d more", len(lines)-mostTold)
	}
	return fmt.Errorf("%w (fairway steps WORD finds those that there are):\n  %s%s", ErrUndefined, strings.Join(told, "\n  "), more)
}

// stepsOf finds the steps of a file by their ids.
func stepsOf(doc *messages.GherkinDocument) map[string]*messages.Step {
	written := map[string]*messages.Step{}
	take := func(steps []*messages.Step) {
		for _, s := range steps {
			written[s.Id] = s
		}
	}
	child := func(background *messages.Background, scenario *messages.Scenario) {
		if background != nil {
			take(background.Steps)
		}
		if scenario != nil {
			take(scenario.Steps)
		}
	}
	for _, c := range doc.Feature.Children {
		child(c.Background, c.Scenario)
		if c.Rule != nil {
			for _, r := range c.Rule.Children {
				child(r.Background, r.Scenario)
			}
		}
	}
	return written
}
