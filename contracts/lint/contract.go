package lint

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// contract is contract.yaml as written.
type contract struct {
	Type, Kind, Owner string
	Writers, Readers  []string
	Topic, Subject    string
	Key, Ordering     string
	Border            struct {
		Directions []string
		Receivers  string
	}
	DataClass          string `yaml:"dataClass"`
	Requirements       []string
	Deadline           string
	Supersedes, Sunset string
}

var (
	services   = []string{"airlock", "approval", "catalog", "federation", "identity", "workspace"}
	writers    = []string{"airlock", "approval", "catalog", "gateway", "identity", "operator", "portal", "workspace"}
	classes    = []string{"operational", "aggregate"}
	directions = []string{"out", "in"}
	subject    = regexp.MustCompile(`^[a-z-]+/\{([A-Za-z]+)\}$`)
	duration   = regexp.MustCompile(`^(none|P([0-9]+[YMWD])*(T([0-9]+[HMS])+)?)$`)
	yamlLine   = regexp.MustCompile(`line ([0-9]+)`)
)

const (
	contractFile = "contract.yaml"
	registry     = "federation.registry.v1" // of the federation's broker, written by its operator alone
)

func (f *folder) checkContract() error {
	text, err := f.read(contractFile)
	if err != nil {
		return err
	}
	if text == nil {
		f.say(contractFile, 0, "contract-missing", "write it as fairway contracts new does: type, kind, owner, writers, readers, topic, subject", "there is no contract")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f.contract); err != nil {
		line := 1
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			fmt.Sscan(m[1], &line)
		}
		f.say(contractFile, line, "contract-yaml", "use only the keys of contracts/README.md", "%s", strings.ReplaceAll(err.Error(), "\n", " "))
		return nil
	}
	keys := lines(text)
	for _, r := range contractRules {
		if problem := r.broken(f, f.contract); problem != "" {
			f.say(contractFile, keys[r.key], "contract-"+strings.ToLower(r.key), r.do, "%s", problem)
		}
	}
	return nil
}

// lines is the line of each key of a YAML mapping.
func lines(text []byte) map[string]int {
	found := map[string]int{}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err == nil && len(node.Content) == 1 {
		for _, key := range node.Content[0].Content {
			if _, seen := found[key.Value]; !seen {
				found[key.Value] = key.Line
			}
		}
	}
	return found
}

// contractRules each judge one key; broken says what is wrong, or nothing.
var contractRules = []struct {
	key, do string
	broken  func(f *folder, c contract) string
}{
	{"type", "name it fairway.<service>.<noun>.<verb>.v<major>, as the folder is named", func(f *folder, c contract) string {
		parts := strings.Split(c.Type, ".")
		if len(parts) == 5 && parts[0] == "fairway" && parts[1] == f.service() && parts[4] == "v"+f.major() && parts[2]+"-"+parts[3] == f.event() {
			return ""
		}
		return fmt.Sprintf("type %q is not that of the folder %s", c.Type, f.name)
	}},
	{"kind", "write act for what is asked, event for a fact", func(_ *folder, c contract) string {
		return unless(c.Kind == "act" || c.Kind == "event", "kind is %q", c.Kind)
	}},
	{"owner", "name the service of the folder", func(f *folder, c contract) string {
		return unless(c.Owner == f.service() && slices.Contains(services, c.Owner), "owner is %q, not a service that this folder belongs to", c.Owner)
	}},
	{"writers", "an act is written by portal or gateway, a fact by its service alone (the gateway writes those of federation)", func(f *folder, c contract) string {
		return writersProblem(f, c)
	}},
	{"readers", "name services: " + strings.Join(services, ", ") + "; [] where nobody reads it yet", func(_ *folder, c contract) string {
		i := slices.IndexFunc(c.Readers, func(r string) bool { return !slices.Contains(services, r) })
		if i >= 0 {
			return fmt.Sprintf("reader %q is no service", c.Readers[i])
		}
		return unless(c.Readers != nil, "there is no list of readers")
	}},
	{"topic", "acts go to {site}.<service>.acts.v1, facts to {site}.<service>.events.v1, dead letters to {site}.<service>.dead.v1", func(f *folder, c contract) string {
		if c.Topic == registry && f.service() == "federation" {
			return ""
		}
		want := "{site}." + f.service() + "." + stream(f, c) + ".v"
		return unless(strings.HasPrefix(c.Topic, want), "topic is %q, not %s<major>", c.Topic, want)
	}},
	{"subject", "write <noun>/{<member>}, the member being required text of every schema", func(f *folder, c contract) string {
		return f.subjectProblem(c)
	}},
	{"key", "write key: subject", func(_ *folder, c contract) string { return unless(c.Key == "subject", "key is %q", c.Key) }},
	{"ordering", "write ordering: per-subject", func(_ *folder, c contract) string {
		return unless(c.Ordering == "per-subject", "ordering is %q", c.Ordering)
	}},
	{"deadline", "write none, or an ISO 8601 duration such as PT2M or P14D: how soon an act is answered, or what a fact begins is over", func(_ *folder, c contract) string {
		return unless(duration.MatchString(c.Deadline) && c.Deadline != "P", "deadline is %q", c.Deadline)
	}},
	{"border", "write directions: [out, in] and receivers: data.<member>, a required member that names a site or a list of sites", func(f *folder, c contract) string {
		return f.borderProblem(c)
	}},
	{"supersedes", "name the type of the major before, write sunset as the date before which that is still written, and a step in contracts/lift", func(f *folder, c contract) string {
		return supersedesProblem(f, c)
	}},
	{"dataClass", "write one of " + strings.Join(classes, ", "), func(_ *folder, c contract) string {
		return unless(slices.Contains(classes, c.DataClass), "dataClass is %q", c.DataClass)
	}},
	{"requirements", "name what asks for the event, such as SATRE-3.1.05, or write [] where it is our own need", func(_ *folder, c contract) string {
		return unless(c.Requirements != nil, "there is no list of requirements")
	}},
}

func unless(ok bool, problem string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(problem, args...)
}

func stream(f *folder, c contract) string {
	switch {
	case strings.HasSuffix(f.name, "-dead-lettered"):
		return "dead"
	case c.Kind == "act":
		return "acts"
	default:
		return "events"
	}
}

func writersProblem(f *folder, c contract) string {
	own := f.service()
	switch {
	case c.Topic == registry:
		own = "operator"
	case own == "federation":
		own = "gateway"
	}
	for _, w := range c.Writers {
		if !slices.Contains(writers, w) {
			return fmt.Sprintf("writer %q is no principal", w)
		}
		if c.Kind == "event" && w != own && !(w == "gateway" && len(c.Border.Directions) > 0) {
			return fmt.Sprintf("%s may not write a fact of %s", w, f.service())
		}
	}
	return unless(len(c.Writers) > 0, "nobody writes this event")
}

var date = regexp.MustCompile(`^20[0-9]{2}-[01][0-9]-[0-3][0-9]$`)

// supersedesProblem asks a later major to say what it comes after: both are written until the sunset.
func supersedesProblem(f *folder, c contract) string {
	if f.major() == "1" {
		return unless(c.Supersedes == "" && c.Sunset == "", "the first major supersedes %q", c.Supersedes)
	}
	major, _ := strconv.Atoi(f.major())
	before := strings.TrimSuffix(c.Type, "v"+f.major()) + fmt.Sprintf("v%d", major-1)
	return unless(c.Supersedes == before && date.MatchString(c.Sunset), "supersedes is %q with sunset %q, not %s with a date", c.Supersedes, c.Sunset, before)
}

func (f *folder) subjectProblem(c contract) string {
	m := subject.FindStringSubmatch(c.Subject)
	if m == nil {
		return fmt.Sprintf("subject is %q", c.Subject)
	}
	for _, v := range f.versions {
		if v.schema == nil {
			continue
		}
		member, ok := v.schema.Member(m[1])
		if !ok || member.Type != "string" || !slices.Contains(v.schema.Required, m[1]) {
			return fmt.Sprintf("%s.json has no required text %s", v.name, m[1])
		}
	}
	return ""
}

func (f *folder) borderProblem(c contract) string {
	if len(c.Border.Directions) == 0 {
		return unless(c.Border.Receivers == "", "receivers without directions")
	}
	for _, d := range c.Border.Directions {
		if !slices.Contains(directions, d) {
			return fmt.Sprintf("direction %q", d)
		}
	}
	name, ok := strings.CutPrefix(c.Border.Receivers, "data.")
	for _, v := range f.versions {
		ok = ok && (v.schema == nil || slices.Contains(v.schema.Required, name))
	}
	return unless(ok, "receivers %q is no required member", c.Border.Receivers)
}
