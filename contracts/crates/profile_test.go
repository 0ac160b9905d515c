package crates_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// judged is a crate as somebody reads it who knows only the profile.
type judged map[string]map[string]any

func read(t *testing.T, text string) judged {
	t.Helper()
	v, err := strict.Value([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	j := judged{}
	for _, e := range v.(map[string]any)["@graph"].([]any) {
		members := e.(map[string]any)
		j[members["@id"].(string)] = members
	}
	return j
}

// to are the ids that a member of an entity refers to.
func (j judged) to(id, member string) (ids []string) {
	values, several := j[id][member].([]any)
	if !several {
		values = []any{j[id][member]}
	}
	for _, v := range values {
		if reference, ok := v.(map[string]any); ok {
			ids = append(ids, reference["@id"].(string))
		}
	}
	return ids
}

// are says that a member refers to something, and to entities of these types alone.
func (j judged) are(id, member string, kinds ...string) bool {
	ids := j.to(id, member)
	return len(ids) > 0 && !slices.ContainsFunc(ids, func(to string) bool {
		kind, _ := j[to]["@type"].(string)
		return !slices.Contains(kinds, kind)
	})
}

// phase is the id of the only action of a phase.
func (j judged) phase(name string) string {
	for id := range j {
		if slices.Contains(j.to(id, "additionalType"), "https://w3id.org/shp#"+name) {
			return id
		}
	}
	return ""
}

func (j judged) of(kind string) (ids []string) {
	for id, e := range j {
		if e["@type"] == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

func (j judged) mentioned(id string) bool { return slices.Contains(j.to("./", "mentions"), id) }

func (j judged) text(id, member string) string {
	text, _ := j[id][member].(string)
	return text
}

var (
	status  = regexp.MustCompile(`^http://schema\.org/(Potential|Active|Completed|Failed)ActionStatus$`)
	rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
)

// notHere are checks of the profile about what these crates do not have, and why.
var notHere = map[string]string{
	"5S-MUST-05": "no funding is told", "5S-MUST-06": "no members of a project are told, but who asks",
	"5S-MUST-35": "nothing is downloaded", "5S-MUST-36": "nothing is downloaded", "5S-MUST-37": "nothing is downloaded", "5S-MUST-38": "nothing is downloaded",
	"5S-SHOULD-02": "no members of a project are told, but who asks", "5S-SHOULD-13": "a workflow is named by a digest, not by an address",
	"5S-SHOULD-34": "nothing is downloaded: the tools are part of the environment", "5S-SHOULD-35": "nothing is downloaded",
	"5S-SHOULD-36": "nothing is downloaded", "5S-SHOULD-37": "nothing is downloaded",
}

// checks are what the validation profile of Five Safes RO-Crate 0.4 asks for, by its own numbers.
func checks(j judged) map[string]bool {
	run, sign, disclosure, value, valid := "#run", j.phase("SignOff"), j.phase("DisclosureCheck"), j.phase("CheckValue"), j.phase("ValidationCheck")
	agent, projects, main := j.to(run, "agent"), j.to("./", "sourceOrganization"), j.to("./", "mainEntity")
	assess := func(id string) bool { return j[id]["@type"] == "AssessAction" }
	named := func(id string) bool { return utf8.RuneCountInString(j.text(id, "name")) >= 10 }
	state := func(id string) bool { return status.MatchString(j.text(id, "actionStatus")) }
	times := func(member string) bool {
		for _, e := range j {
			if at, there := e[member].(string); there {
				if _, err := time.Parse(time.RFC3339, at); err != nil || !rfc3339.MatchString(at) {
					return false
				}
			}
		}
		return true
	}
	every := func(ids []string, fine func(string) bool) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return !fine(id) })
	}
	ended := func(id string) bool { return j.text(id, "endTime") != "" }
	inputs := slices.DeleteFunc(j.to(run, "object"), func(id string) bool { return j[id]["@type"] == "Dataset" })
	conforms := func(id string) bool {
		to := j.to(id, "conformsTo")
		return len(to) == 1 && strings.HasPrefix(to[0], "https://w3id.org/workflowhub/workflow-ro-crate")
	}
	return map[string]bool{
		"5S-MUST-01": j.are(agent[0], "memberOf", "Project"),
		"5S-MUST-02": slices.ContainsFunc(j.to(agent[0], "memberOf"), func(p string) bool { return slices.Contains(projects, p) }),
		"5S-MUST-03": len(projects) > 0,
		"5S-MUST-04": j.are("./", "sourceOrganization", "Project"),
		"5S-MUST-07": len(agent) > 0 && j[agent[0]] != nil,
		"5S-MUST-08": j.are(run, "agent", "Person"),
		"5S-MUST-09": j.are(agent[0], "affiliation", "Organization"),
		"5S-MUST-10": times("startTime"),
		"5S-MUST-11": times("endTime"),
		"5S-MUST-12": named(sign),
		"5S-MUST-13": assess(sign),
		"5S-MUST-14": state(sign),
		"5S-MUST-15": len(main) == 1,
		"5S-MUST-16": j.are("./", "mainEntity", "Dataset"),
		"5S-MUST-17": conforms(main[0]),
		"5S-MUST-18": conforms(main[0]),
		"5S-MUST-19": j.mentioned(run) && j[run]["@type"] == "CreateAction",
		"5S-MUST-20": len(j.to(run, "instrument")) > 0,
		"5S-MUST-21": slices.Equal(j.to(run, "instrument"), main),
		"5S-MUST-22": every(j.to(run, "object"), func(id string) bool { return j[id] != nil }),
		"5S-MUST-23": assess(disclosure),
		"5S-MUST-24": named(disclosure),
		"5S-MUST-25": state(disclosure),
		"5S-MUST-26": named(run),
		"5S-MUST-27": state(run),
		"5S-MUST-28": assess(value),
		"5S-MUST-29": named(value),
		"5S-MUST-30": state(value),
		"5S-MUST-31": assess(valid),
		"5S-MUST-32": named(valid),
		"5S-MUST-33": state(valid),
		"5S-MUST-34": state(valid),
		"5S-MUST-39": slices.Equal(j.to(crates.MetadataFile, "conformsTo"), []string{"https://w3id.org/ro/crate/1.2"}),
		"5S-MUST-40": every(j.of("AssessAction"), j.mentioned),

		"5S-SHOULD-01": len(j.to(agent[0], "memberOf")) > 0,
		"5S-SHOULD-03": len(j.to(agent[0], "affiliation")) > 0,
		"5S-SHOULD-04": sign != "",
		"5S-SHOULD-05": j.mentioned(sign),
		"5S-SHOULD-06": state(sign),
		"5S-SHOULD-07": len(j.to(sign, "agent")) > 0,
		"5S-SHOULD-08": j.are(sign, "instrument", "CreativeWork"),
		"5S-SHOULD-09": every(j.to(sign, "instrument"), named),
		"5S-SHOULD-10": slices.Contains(j.to(sign, "object"), main[0]),
		"5S-SHOULD-11": slices.Contains(j.to(sign, "object"), projects[0]),
		"5S-SHOULD-12": ended(sign),
		"5S-SHOULD-14": len(j.to(run, "object")) > 0,
		"5S-SHOULD-15": j.mentioned(disclosure),
		"5S-SHOULD-16": state(disclosure),
		"5S-SHOULD-17": ended(disclosure),
		"5S-SHOULD-18": len(inputs) > 0 && every(inputs, func(id string) bool { return j.are(id, "exampleOfWork", "FormalParameter") }),
		"5S-SHOULD-19": len(j.to(run, "result")) > 0,
		"5S-SHOULD-20": j.are(run, "result", "File"),
		"5S-SHOULD-21": j.mentioned(run),
		"5S-SHOULD-22": ended(run),
		"5S-SHOULD-23": j.mentioned(value),
		"5S-SHOULD-24": slices.Equal(j.to(value, "object"), []string{"./"}),
		"5S-SHOULD-25": j.are(value, "instrument", "DefinedTerm"),
		"5S-SHOULD-26": len(j.to(value, "agent")) > 0,
		"5S-SHOULD-27": ended(value),
		"5S-SHOULD-28": state(value),
		"5S-SHOULD-29": j.mentioned(valid),
		"5S-SHOULD-30": slices.Equal(j.to(valid, "object"), []string{"./"}),
		"5S-SHOULD-31": slices.Equal(j.to(valid, "instrument"), []string{"https://w3id.org/5s-crate/0.4"}),
		"5S-SHOULD-32": state(valid),
		"5S-SHOULD-33": ended(valid),
	}
}

func TestAReleasedResultMeetsTheValidationProfileOfFiveSafes(t *testing.T) {
	text := unpacked(t, released())["data/"+crates.MetadataFile]
	met := checks(read(t, text))
	for severity, n := range map[string]int{"MUST": 40, "SHOULD": 37} {
		for i := range n {
			id := fmt.Sprintf("5S-%s-%02d", severity, i+1)
			_, left := notHere[id]
			if fine, told := met[id]; told == left {
				t.Errorf("%s is looked at: %v, and left out: %v", id, told, left)
			} else if told && !fine {
				t.Errorf("%s is not met", id)
			}
		}
	}
	// The profile's check on @context, which is none of the numbered ones.
	if !strings.Contains(text, `"@context": "https://w3id.org/ro/crate/1.2/context"`) {
		t.Error("the context is not that of RO-Crate 1.2")
	}
}

// A spoilt crate is noticed by the check for what was spoilt.
func TestTheChecksOfTheProfileFailWhereTheyShould(t *testing.T) {
	whole := unpacked(t, released())["data/"+crates.MetadataFile]
	for id, c := range map[string][2]string{
		"5S-MUST-02":   {`"memberOf"`, `"knows"`},
		"5S-MUST-11":   {`"endTime": "2026-11-28T`, `"endTime": "2026-11-28 `},
		"5S-MUST-18":   {`workflow-ro-crate`, `other`},
		"5S-MUST-25":   {`http://schema.org/Completed`, `https://schema.org/Completed`},
		"5S-MUST-40":   {`"@id": "#signoff"` + "\n        }", `"@id": "#run"` + "\n        }"},
		"5S-SHOULD-18": {`"exampleOfWork"`, `"about"`},
	} {
		if text := strings.Replace(whole, c[0], c[1], -1); text == whole || checks(read(t, text))[id] {
			t.Errorf("%s does not see %s in the place of %s", id, c[1], c[0])
		}
	}
}

func TestWhatTheProfileAsksOfReferencesAndNamesHoldsInBothForms(t *testing.T) {
	plain := released()
	plain.Request, plain.Decision.Reviewers = "", nil // asked by the act itself, and let out by the rules alone
	for name, text := range map[string]string{"request": encoded(t, model()), "result": unpacked(t, released())["data/"+crates.MetadataFile],
		"plain": unpacked(t, plain)["data/"+crates.MetadataFile]} {
		j := read(t, text)
		for id, e := range j {
			if e["@type"] == "Person" && id != "urn:fairway:person:"+j.text(id, "name") {
				t.Errorf("%s: more than the pseudonym of a person is told", name)
			}
			for member := range e {
				for _, to := range j.to(id, member) {
					if j[to] == nil && member != "conformsTo" && member != "additionalType" {
						t.Errorf("%s: %s of %s is not described", name, member, id)
					}
				}
			}
		}
		if n := strings.Count(text, `"@type"`); n != len(j) {
			t.Errorf("%s: %d entities by %d ids", name, n, len(j))
		}
		if valid := j.phase("ValidationCheck"); (valid != "") != (name == "result") {
			t.Errorf("%s: a crate was validated: %q", name, valid)
		}
		if name == "plain" && !slices.Equal(j.to(j.phase("DisclosureCheck"), "agent"), []string{"urn:fairway:site:securevre"}) {
			t.Error("nobody reviewed it, and somebody is named")
		}
	}
}
