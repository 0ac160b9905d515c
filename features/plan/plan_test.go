package plan

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v26"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/fields"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/steps"
)

var today = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// rules has the profiles of these tests.
func rules(profile, partner string) (Rules, error) {
	r := Rules{Title: "The " + profile, Country: "NL", Threshold: 5, Chain: []Body{{Name: "data-access-committee", Quorum: 2}}, Stages: []Stage{{"output-checker", 1}},
		Allows: func(string) bool { return true }, Admits: true, LatestPermit: func(from time.Time) time.Time { return from.AddDate(1, 0, 0) }, MaxPermit: "1y",
		MaxDeadline: 72 * time.Hour, Course: "safe-researcher", Agreement: "data-use-agreement", Version: "1.0"}
	switch profile {
	case "open":
	case "strict":
		r.Admits = partner == "academic"
		r.LatestPermit, r.MaxPermit = func(from time.Time) time.Time { return from.AddDate(0, 6, 0) }, "6m"
		r.Allows = func(kind string) bool { return kind == "count" || kind == "log-rank" }
		r.Addresses = []netip.Prefix{netip.MustParsePrefix("127.0.8.0/24")}
		r.MaxDeadline = time.Hour
	case "outside":
		r.Addresses = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	case "holder":
		r.HostedAt = "north"
	default:
		return r, fmt.Errorf("no site profile %q comes with this program", profile)
	}
	return r, nil
}

// good is a plan with nothing wrong, of which each case below breaks one line.
const good = `title: a study
question: Does it work?
host: north
sites:
  north:
    profile: open
    datasets:
      cohort-n:
        file: people.csv
        rows: {column: site, equals: n}
  south:
    profile: strict
    datasets:
      cohort-s:
        file: people.csv
        rows: {column: site, equals: s}
dictionary:
  time: {type: number, unit: day}
  event: {type: event, event: 1}
  arm: {type: category, levels: {0: no, 1: yes}}
  age: {type: integer}
analyses:
  - {kind: log-rank, time: time, event: event, arm: arm}
`

func parse(t *testing.T, text string) (Plan, error) {
	t.Helper()
	p, err := Parse([]byte(text), filepath.Join(t.TempDir(), "plan.yaml"))
	if err == nil {
		_, err = p.Resolve(rules, today)
	}
	return p, err
}

func TestAGoodPlanHasThePeopleThatItsProfilesAskFor(t *testing.T) {
	p, err := parse(t, good)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range p.Persons {
		names = append(names, one.Name+" at "+one.Site)
	}
	want := []string{"researcher at north", "data manager at north", "first data access committee member at north",
		"second data access committee member at north", "output checker at north", "data manager at south",
		"first data access committee member at south", "second data access committee member at south", "output checker at south"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if p.Sites[1].Address != "127.0.8.1" {
		t.Errorf("people of the strict site sign in from %q", p.Sites[1].Address)
	}
}

func TestWhatIsWrongWithAPlanIsToldByItsLine(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", good, "", "line 1: (file): it is empty: fairway study init"},
		{"no YAML", "title: a study", "title: [a", "line 2: (file): it is no YAML: did not find expected ',' or ']': is a bracket"},
		{"a tab", "  north:", "\tnorth:", "line 5: (file): it is no YAML: found character that cannot start any token: lines are indented by spaces"},
		{"an open quote", "title: a study", "title: 'a study", "it is no YAML: found unexpected end of stream: a quote or a bracket is opened and never closed"},
		{"a colon", "title: a study", "title: a study: mine", "line 1: (file): it is no YAML: mapping values are not allowed in this context: a text with a colon needs quotes"},
		{"a misspelt key", "dictionary:", "dictonary:", "line 17: dictonary: unknown field: expected one of analyses, deadline, dictionary, expected, host, permit, persons, prepare, question, sites, title; perhaps dictionary is meant"},
		{"two documents", "host: north", "host: north\n---\ntitle: b", "there is more than one document"},
		{"unknown key", "host: north", "hosts: north", "line 3: hosts: unknown field: expected one of analyses"},
		{"missing key", "title: a study\n", "", "line 1: title: it is missing"},
		{"key twice", "host: north", "title: again", "line 3: title: it is there twice"},
		{"unknown key of a dataset", "file: people.csv\n        rows: {column: site, equals: n}", "files: people.csv", "line 9: sites.north.datasets.cohort-n.files: unknown field"},
		{"site twice", "  south:", "  north:", "line 11: sites.north: it is there twice"},
		{"site with capitals", "  south:", "  South:", "line 11: sites.South: expected 2 to 32 small letters or hyphens"},
		{"unknown host", "host: north", "host: east", "line 3: host: east is not one of the sites: there are north, south"},
		{"unknown profile", "profile: open", "profile: opne", `line 6: sites.north.profile: no site profile "opne" comes with this program`},
		{"no data at all", "file: people.csv\n        rows: {column: site, equals: n}", "title: nothing", "line 8: sites.north.datasets.cohort-n: it has neither a file nor genotypes"},
		{"another file", "people.csv\n        rows: {column: site, equals: n}", "people.xlsx", "line 9: sites.north.datasets.cohort-n.file: expected a .csv or a .csv.gz"},
		{"by column and by range", "{column: site, equals: n}", "{column: site, equals: n}\n        samples: {first: 1, last: 9}", "line 11: sites.north.datasets.cohort-n.samples: the rows are split both by a column and by a range"},
		{"range of a table", "rows: {column: site, equals: n}", "samples: {first: 1, last: 9}", "line 10: sites.north.datasets.cohort-n.samples: samples are those of a .vcf"},
		{"half a PLINK", "file: people.csv\n        rows: {column: site, equals: n}", "genotypes: [a.bed, a.fam]", "line 9: sites.north.datasets.cohort-n.genotypes: expected a .vcf, or a .bed, a .bim and a .fam"},
		{"file beside genotypes without the samples' column", "people.csv\n        rows: {column: site, equals: n}", "people.csv\n        genotypes: a.vcf", "line 9: sites.north.datasets.cohort-n.file: a file beside genotypes needs sample, its column with the ids of the samples"},
		{"samples' column without genotypes", "{column: site, equals: n}", "{column: site, equals: n}\n        sample: id", "line 11: sites.north.datasets.cohort-n.sample: it finds the rows of a file beside genotypes: give both, or leave it out"},
		{"rows of genotypes", "file: people.csv\n        rows: {column: site, equals: n}", "genotypes: a.vcf\n        rows: {column: site, equals: n}", "line 10: sites.north.datasets.cohort-n.rows: rows are those of a table; of genotypes give samples"},
		{"event that is no level", "{type: event, event: 1}", "{type: event, event: 1, levels: {0: no, 2: yes}}", "line 19: dictionary.event.event: the value that means the event is not one of its levels"},
		{"event of a category", "age: {type: integer}", "age: {type: category, event: 1}", "line 21: dictionary.age.event: only an event has it, and this is a variable of the type category"},
		{"scores of other weights", "  - {kind: log-rank, time: time, event: event, arm: arm}", "  - {kind: polygenic-score, weights: [{variant: a, allele: A, weight: 1}]}\n  - {kind: polygenic-score, weights: [{variant: a, allele: A, weight: 2}]}", "weights: all scores of a plan have the same weights: ask for other ones in a plan of their own"},
		{"range upside down", "file: people.csv\n        rows: {column: site, equals: n}", "genotypes: a.vcf\n        samples: {first: 9, last: 1}", "line 10: sites.north.datasets.cohort-n.samples: the last sample comes before the first"},
		{"rows without a text", "{column: site, equals: n}", "{column: site}", "line 10: sites.north.datasets.cohort-n.rows.equals: it is missing"},
		{"event without its value", "{type: event, event: 1}", "{type: event}", "line 19: dictionary.event: an event needs event"},
		{"wrong type word", "age: {type: integer}", "age: {type: float}", "line 21: dictionary.age.type: expected one of: number, integer"},
		{"identifier of another name", "age: {type: integer}", "age: {type: identifier}", "line 21: dictionary.age.type: the variable person and no other"},
		{"genotype without genotypes", "age: {type: integer}", "genotype: {type: genotype}", "line 21: dictionary.genotype: a dataset of this dictionary has no genotypes"},
		{"levels of a number", "age: {type: integer}", "age: {type: integer, levels: {1: a}}", "line 21: dictionary.age.levels: only a category or an event has them"},
		{"unknown kind", "kind: log-rank", "kind: anova", "line 23: analyses.1: this analysis is not one of allele-frequency"},
		{"member missing", ", arm: arm", "", "line 23: analyses.1: this analysis needs time, event, arm"},
		{"member that does not fit", "arm: arm}", "arm: arm, measure: age}", "line 23: analyses.1: this analysis takes no measure"},
		{"way that does not fit", "arm: arm}", "arm: arm, combine: pooled}", "line 23: analyses.1: this analysis is combined as one of stratified"},
		{"variable not in the dictionary", "time: time", "time: days", "line 23: analyses.1.time: the variable days is not in the dictionary of cohort-n at north, which has age, arm, event, time"},
		{"variable of another type", "event: event, arm", "event: age, arm", "line 23: analyses.1.event: age is a variable of the type integer at north, expected is event"},
		{"curves alone", "log-rank", "kaplan-meier", "line 22: analyses: curves alone are not combined"},
		{"reference that is no level", "kind: log-rank, time: time, event: event, arm: arm", "kind: cox, time: time, event: event, covariates: [arm], references: {arm: maybe}", "line 23: analyses.1.references.arm: maybe is not one of its levels at north: no, yes"},
		{"percentile", "kind: log-rank, time: time, event: event, arm: arm", "kind: summary, measure: age, percentiles: [50, 100]", "line 23: analyses.1.percentiles: expected whole numbers from 1 to 99"},
		{"percentiles over sites", "kind: log-rank, time: time, event: event, arm: arm", "kind: summary, measure: age, percentiles: 50", "line 23: analyses.1.percentiles: quantiles do not add up over datasets, and 2 are asked: ask for those of each with combine: per-site, or leave them out"},
		{"kind that a profile does not run", "kind: log-rank, time: time, event: event, arm: arm", "kind: summary, measure: age", "line 23: analyses.1.kind: south does not run summary: the profile strict"},
		{"longer than a profile permits", "host: north", "host: north\npermit: {days: 200}", "line 4: permit.days: 200 days are refused by south, whose profile strict permits at most 6m"},
		{"partner that a profile refuses", "host: north", "host: north\npermit: {partner: industry, sponsor: acme}", "line 4: permit.partner: south takes no applications of industry partners"},
		{"industry without sponsor", "host: north", "host: north\npermit: {partner: industry}", "line 4: permit: sponsor: it is missing"},
		{"deadline", "host: north", "host: south\ndeadline: 2h", "line 4: deadline: south, the host, waits at most 1h0m0s"},
		{"deadline that is no time", "host: north", "host: north\ndeadline: soon", "line 4: deadline: expected a time from 1s to 24h"},
		{"address outside", "profile: strict", "profile: strict\n    address: 127.0.9.1", "line 13: sites.south.address: the profile strict lets nobody sign in from there"},
		{"profile of another network", "profile: open", "profile: outside", "line 6: sites.north.profile: the profile outside lets people sign in from [192.0.2.0/24] only"},
		{"host without workspace", "profile: open", "profile: holder", "line 3: host: north has no workspace of its own"},
		{"too few people", "host: north", "host: north\npersons:\n  - {name: one, site: south, roles: [data-access-committee, data-manager, output-checker]}", "line 4: persons: south needs 2 of the role data-access-committee, named are 1"},
		{"person elsewhere", "host: north", "host: north\npersons:\n  - {name: one, site: west, roles: [researcher]}", "line 5: persons.1.site: west is not one of the sites"},
		{"person twice", "host: north", "host: north\npersons:\n  - {name: one, site: north, roles: researcher}\n  - {name: one, site: north, roles: researcher}", "line 6: persons.2.name: the one at north is named twice"},
		{"step of nothing", "host: north", "host: north\nprepare:\n  - {step: derive, as: x}", "line 5: prepare.1: this step has a concept and cuts, or conditions in where"},
		{"condition", "host: north", "host: north\nprepare:\n  - {step: filter, where: age >= 4}", `line 5: prepare.1.where: condition "age >= 4": expected a concept`},
		{"step of an unknown variable", "host: north", "host: north\nprepare:\n  - {step: filter, where: weight over 4}", "line 5: prepare.1.where: the variable weight is not in the dictionary of cohort-n"},
		{"link to nothing", "host: north", "host: north\nprepare:\n  - {step: link, dataset: other}", "line 5: prepare.1.dataset: north has no dataset other"},
		{"forbidden to companies by all", "        rows: {column: site, equals: n}\n  south:\n    profile: strict\n    datasets:\n      cohort-s:\n        file: people.csv\n        rows: {column: site, equals: s}", "        rows: {column: site, equals: n}\n        conditions: [GRU, NCU]\npermit: {partner: industry, sponsor: acme}", "line 12: permit: the conditions of every dataset forbid what it asks for"},
		{"conditions of nothing", "{column: site, equals: n}", "{column: site, equals: n}\n        conditions: []", "line 11: sites.north.datasets.cohort-n.conditions: expected a list of terms"},
		{"result that there is not", "host: north", "host: north\nexpected:\n  - {quantity: chi-square, answer: 1, result: 2}", "line 5: expected.1.result: there are 1 analyses"},
		{"a column twice", "age: {type: integer}", "age: {type: integer, column: time}", "line 21: dictionary.age.column: the column time has a variable already"},
		{"a comma in a level", "{0: no, 1: yes}", "{'a, b': no, 1: yes}", "line 20: dictionary.arm.levels: a level has no = in it, and its value no comma"},
		{"a space at the end", "age: {type: integer}", "age: {type: integer, column: 'age '}", "line 21: dictionary.age.column: expected one line of text of at most 200 characters, with no space at its ends"},
		{"level of no variable", "analyses:", "prepare:\n  - {step: filter, where: arm is 1}\nanalyses:", "line 23: prepare.1.where: 1 is not one of the levels of arm at north: no, yes"},
		{"level that no step made", "analyses:", "prepare:\n  - {step: derive, variable: age, cuts: [60], levels: [young, old], as: group}\n  - {step: filter, where: group is older}\nanalyses:", "line 24: prepare.2.where: older is not one of the levels of group at north: young, old"},
		{"comparison with a word", "analyses:", "prepare:\n  - {step: filter, where: age over sixty}\nanalyses:", "line 23: prepare.1: this step compares age with what is no number"},
		{"answer that is no number", "host: north", "host: north\nexpected:\n  - {quantity: chi-square, answer: many}", "line 5: expected.1.answer: expected a number"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%s: nothing was broken", c.name)
		}
		_, err := parse(t, text)
		var problems *fields.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nexpected %s", c.name, err, c.want)
		}
	}
}

// reader is a workspace that refuses what it reads, or takes it.
type reader bool

func (refuses reader) Dataset(context.Context, harness.Dataset, []vocabulary.Variable) (int, map[string]int, error) {
	if refuses {
		return 0, nil, errors.New("load dataset data: line 7: as the workspace says")
	}
	return 9, map[string]int{"time": 2, "age": 1}, nil
}

func (reader) Allele(context.Context, harness.Dataset, []vocabulary.Variable, string, string) error {
	return nil
}

func TestDataThatIsNotAsThePlanSaysIsToldByFileAndBothLines(t *testing.T) {
	whole := "site,time,event,arm,age\nn,1,0,0,50\ns,2,1,1,60\n"
	for name, c := range map[string]struct{ data, old, new, want string }{
		"good":            {data: whole},
		"no file":         {want: "line 9: sites.north.datasets.cohort-n.file:"},
		"no column":       {data: strings.Replace(whole, "arm", "group", 1), want: "line 20: dictionary.arm: people.csv: line 1: the file has no column arm"},
		"no split":        {data: strings.Replace(whole, "site", "where", 1), want: "line 10: sites.north.datasets.cohort-n.rows.column: people.csv: line 1: the file has no column site"},
		"nobody":          {data: strings.ReplaceAll(whole, "n,", "x,"), want: "line 10: sites.north.datasets.cohort-n.rows.equals: people.csv: no row has this text"},
		"semicolons":      {data: strings.ReplaceAll(whole, ",", ";"), want: `people.csv: line 1: its header is separated by ';': write the file with commas`},
		"tabs":            {data: strings.ReplaceAll(whole, ",", "\t"), want: `people.csv: line 1: its header is separated by '\t'`},
		"header alone":    {data: "site,time,event,arm,age\n", want: "no row has this text"},
		"empty":           {data: " ", want: "the file has no column"},
		"short row":       {data: whole + "s,3\n", want: "people.csv: line 4: it has 2 cells, and the header has 5: wrong number of fields"},
		"nothing at all":  {data: "\n", want: "people.csv: it is empty"},
		"open quote":      {data: whole + "n,\"1,0,0,50\ns,2,1,1,60\n", want: "people.csv: line 4: a quote that is opened there, or below, is never closed"},
		"UTF-16":          {data: "\xff\xfes\x00,\x00", want: "people.csv: line 1: it is written in UTF-16"},
		"Latin-1":         {data: strings.Replace(whole, "age", "gr\xf6\xdfe", 1), want: "people.csv: line 1: it is not written in UTF-8"},
		"old Macs":        {data: strings.ReplaceAll(whole, "\n", "\r"), want: "people.csv: line 1: its lines end with a carriage return alone"},
		"a space":         {data: strings.Replace(whole, "arm", " Arm", 1), want: `the file has no column arm, by which cohort-n at north would have arm; column 4 differs from it by spaces or capitals alone: " Arm"`},
		"no event":        {data: whole, old: "event: 1", new: "event: yes", want: "line 19: dictionary.event.event: people.csv: no row has this value in the column event, so that event would have happened to nobody"},
		"person twice":    {data: "site,time,event,arm,age\nn,1,0,0,50\nn,9,0,0,50\ns,2,1,1,60\n", old: "  age: {type: integer}", new: "  person: {type: identifier, column: age}", want: "people.csv: line 3: the person of line 2 again, in the column age"},
		"demo unknown":    {data: whole, old: "file: people.csv", new: "file: demo:none.csv", want: "no file none.csv comes with the program"},
		"gzip by name":    {data: whole, old: "file: people.csv", new: "file: people.csv.gz", want: "it is not compressed as its name says"},
		"what it refuses": {data: whole, old: "age: {type: integer}", new: "age: {type: integer, column: site}", want: "line 8: sites.north.datasets.cohort-n: people.csv: line 7: as the workspace says"},
	} {
		dir := t.TempDir()
		for _, file := range []string{"people.csv", "people.csv.gz"} {
			if c.data == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(c.data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, err := Parse([]byte(strings.Replace(good, c.old, c.new, 1)), filepath.Join(dir, "plan.yaml"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		told := ""
		err = p.Inspect(t.Context(), dir, reader(name == "what it refuses"), func(line string) { told += line + "\n" })
		if c.want == "" && err == nil {
			if want := "reading cohort-n of north\n  9 rows; without a value of age: 1, time: 2\nreading cohort-s of south\n  9 rows; without a value of age: 1, time: 2\nevent happened to nobody in cohort-n of north\n"; told != want {
				t.Errorf("told is %q", told)
			}
			continue
		}
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir+"/", ""), c.want) {
			t.Errorf("%s: %v\nexpected %s", name, err, c.want)
		}
	}
}

// played counts the scenarios of a feature, in which every step must be known.
func played(feature string) (int, error) {
	n := 0
	id := func() string { n++; return strconv.Itoa(n) }
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader(feature), id)
	if err != nil {
		return 0, err
	}
	all := gherkin.Pickles(*doc, "study.feature", id)
	for _, scenario := range all {
		for _, step := range scenario.Steps {
			if !known(step.Text) {
				return 0, fmt.Errorf("no step reads %q", step.Text)
			}
		}
	}
	return len(all), nil
}

var (
	known  = steps.Known()
	breaks = regexp.MustCompile("[\n\r\u0085\u2028\u2029]") // of YAML
)

// FuzzParse reads any plan: it is refused with problems that have a line and a field, or read, and then told as a scenario.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add(start)
	for _, name := range []string{"breast", "genotypes", "registers", "carriers", "insurance"} {
		text, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]\ntitle: *a\n"))
	f.Add([]byte("prepare: [{step: filter, where: [a is b]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text, "plan.yaml")
		var problems *fields.Problems
		if err != nil {
			if !errors.As(err, &problems) || len(problems.All) == 0 {
				t.Fatalf("refused without a problem: %v", err)
			}
			for _, one := range problems.All {
				if one.Line < 1 || one.Line > len(breaks.FindAll(text, -1))+2 || one.Field == "" || one.Text == "" {
					t.Fatalf("a problem without its place: %+v", one)
				}
			}
			return
		}
		all, err := p.Resolve(func(string, string) (Rules, error) { return rules("open", "academic") }, today)
		if err != nil {
			return
		}
		feature := p.Feature(all, func(*Site) string { return "" }, func(*Site, *Dataset, string) string { return "data.csv" })
		if again, err := played(feature); err != nil || again != 3 {
			t.Fatalf("%d scenarios, %v:\n%s", again, err, feature)
		}
	})
}
