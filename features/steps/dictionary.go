package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/features/harness"
)

// Step is an entry of the dictionary: the words of a step as a regular expression, what runs it, what it does, and an
// example, which the words match.
type Step struct {
	pattern string
	run     any
	Does    string
	Example string
}

// Subject is the steps about one thing.
type Subject struct {
	Name  string
	Steps []Step
}

// subjects is the whole vocabulary of the features; nothing is bound beside it but what judges one service.
func (w *World) subjects() []Subject {
	return []Subject{
		{"Environments", w.environmentsSteps()},
		{"People and datasets", w.peopleSteps()},
		{"Questions before a permit", w.questionsSteps()},
		{"Questions to several sites", w.inquiriesSteps()},
		{"Projects and permits", w.projectsSteps()},
		{"Applicants and bodies", w.applicantsSteps()},
		{"A site's own policy", w.policiesSteps()},
		{"A person's own output", w.outputsSteps()},
		{"What a project brings in", w.importsSteps()},
		{"Requests and results as crates", w.cratesSteps()},
		{"Permits of single datasets", w.amendmentsSteps()},
		{"Projects of companies", w.companiesSteps()},
		{"Studies", w.studiesSteps()},
		{"How the table of a study is made", w.preparationSteps()},
		{"Studies whose answer is not foreseen", w.openEndedSteps()},
		{"Answers", w.answersSteps()},
		{"Numbers of any result", slices.Concat(w.numbersSteps(), w.suppressedSteps())},
		{"What must be refused", w.refusalsSteps()},
		{"Forgeries", w.forgeriesSteps()},
		{"Revocation", w.revocationSteps()},
		{"The end of a workspace", w.endingsSteps()},
		{"Failure and recovery", w.recoverySteps()},
		{"Any event of the contracts", w.contractsSteps()},
	}
}

func (w *World) bindAll(sc *godog.ScenarioContext) {
	for _, subject := range w.subjects() {
		bind(sc, subject.Steps)
	}
}

func bind(sc *godog.ScenarioContext, steps []Step) {
	for _, s := range steps {
		sc.Step(s.pattern, s.run)
	}
}

// reads tells whether words are those of a step that is bound.
func (w *World) reads() func(string) bool {
	all := w.subjects()
	if w.judged != nil {
		all = append(all, Subject{Steps: w.judgedSteps()})
	}
	var patterns []*regexp.Regexp
	for _, subject := range all {
		for _, s := range subject.Steps {
			patterns = append(patterns, regexp.MustCompile(s.pattern))
		}
	}
	return func(words string) bool {
		return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(words) })
	}
}

// Known tells whether a feature may use these words, where no service is judged by itself.
func Known() func(words string) bool { return New(harness.Config{}, harness.Whole, "").reads() }

// Dictionary lists every step that a feature may use, the last ones where a service is judged by itself.
func Dictionary() []Subject {
	w := New(harness.Config{}, harness.Whole, "")
	return append(w.subjects(), Subject{"An airlock that is judged", w.judgedSteps()})
}

// groups are the parts of a pattern that a scenario fills in: the groups of the regular expression, without those that
// only choose between words.
var groups = regexp.MustCompile(`\(\?:[^()]*\)\??|\((?:[^()\\]|\\.)*\)`)

// Words is the step with a gap for each part that a scenario fills in.
func (s Step) Words() string {
	return groups.ReplaceAllStringFunc(strings.TrimSuffix(strings.TrimPrefix(s.pattern, "^"), "$"), func(group string) string {
		switch inner := strings.TrimSuffix(strings.TrimPrefix(group, "("), ")"); {
		case strings.HasSuffix(group, ")?"):
			return ""
		case strings.Contains(inner, "|"):
			choices := strings.Split(strings.TrimPrefix(inner, "?:"), "|")
			return strings.ReplaceAll(strings.Join(choices, " / "), "[a-z]+", "…")
		default:
			return "…"
		}
	})
}

// Page is the dictionary as Markdown.
func Page() string {
	var text strings.Builder
	text.WriteString(`# The steps that a feature may use

<!-- Written by fairway steps --page from the table beside each binding; a test keeps it so. -->

A feature is a file of plain words; ` + "`fairway run my.feature`" + ` plays it, over the sites that its own first step names, and
` + "`fairway steps WORD`" + ` finds steps. A gap (…) is what a scenario fills in. People are named by what they are at a site
("the data manager at molgenis"), everything else by the name that the scenario gives it. A step waits for the fact that
it tells of, and fails with the related events when the fact does not come. A scenario with the tag @after:SC-A-001 goes
on where that one ended.
`)
	for _, subject := range Dictionary() {
		fmt.Fprintf(&text, "\n## %s\n", subject.Name)
		for _, s := range subject.Steps {
			fmt.Fprintf(&text, "\n**%s**\n\n%s\n\n    %s\n", s.Words(), s.Does, s.Example)
		}
	}
	return text.String()
}
