package lint

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func TestOurOwnContractsAreClean(t *testing.T) {
	found, err := Tree(os.DirFS("../schemas"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

const (
	schemaText = `{
"$schema": "https://json-schema.org/draft/2020-12/schema",
"$id": "urn:fairway:contracts:airlock:thing-told:1.0.0",
"title": "ThingTold",
"description": "A thing was told.",
"type": "object",
"additionalProperties": false,
"required": ["thingId"],
"properties": {
"thingId": {"type": "string", "pattern": "^[0-9A-Z]{26}$"},
"at": {"type": "string", "format": "date-time", "pattern": "Z$"},
"n": {"type": "integer", "minimum": 0, "maximum": 9},
"l": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/D"}}
},
"$defs": {"D": {"type": "boolean"}}
}`
	contractText = `type: fairway.airlock.thing.told.v1
kind: event
owner: airlock
writers: [airlock]
readers: [identity]
topic: "{site}.airlock.events.v1"
subject: "thing/{thingId}"
key: subject
ordering: per-subject
deadline: none
dataClass: operational
requirements: []
`
	id = `"thingId": "01JD3Z5Q8V0N6W2T4K7M9SB000"`
)

func folderOf(change map[string]string) fstest.MapFS {
	files := map[string]string{"1.0.0.json": schemaText, "contract.yaml": contractText, "CHANGELOG.md": "# Changes\n\n## 1.0.0\n\nFirst.\n",
		"examples/valid/1.json":   "{" + id + "}",
		"examples/invalid/1.json": `{"expect":{"pointer":"","code":"schema"},"data":{}}`,
		"examples/invalid/2.json": `{"expect":{"pointer":"/row","code":"unknown-member"},"data":{` + id + `,"row":1}}`}
	maps.Copy(files, change)
	tree := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			tree["airlock/thing-told/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return tree
}

// broken has a change for every rule: which file, what in it, and where the finding stands.
var broken = []struct {
	rule, file, old, new string
	line                 int
}{
	{"json", "1.0.0.json", `"title": "ThingTold",`, `"title": "ThingTold", "title": "X",`, 4},
	{"profile", "1.0.0.json", `"n": {"type"`, `"n": {"anyOf": [], "type"`, 12},
	{"profile", "1.0.0.json", `^[0-9A-Z]{26}$`, `^[0-9A-Z{26}$`, 1},
	{"dialect", "1.0.0.json", `draft/2020-12`, `draft-07`, 2},
	{"schema-id", "1.0.0.json", `thing-told:1.0.0`, `thing-told:1.0.1`, 3},
	{"payload-object", "1.0.0.json", "\"type\": \"object\",\n\"add", "\"type\": \"array\", \"maxItems\": 1, \"items\": {\"type\": \"boolean\"},\n\"add", 6},
	{"words", "1.0.0.json", "A thing was told.", "A thing", 5},
	{"type", "1.0.0.json", `"D": {"type": "boolean"}`, `"D": {"type": "number"}`, 15},
	{"reference", "1.0.0.json", `{"$ref": "#/$defs/D"}`, `{"$ref": "#/$defs/E"}`, 13},
	{"object-open", "1.0.0.json", `"additionalProperties": false,`, ``, 1},
	{"text-unlimited", "1.0.0.json", `, "pattern": "^[0-9A-Z]{26}$"`, ``, 10},
	{"integer-unlimited", "1.0.0.json", `, "maximum": 9}`, `}`, 12},
	{"array-unlimited", "1.0.0.json", `"maxItems": 2, `, ``, 13},
	{"format", "1.0.0.json", `"date-time"`, `"idn-hostname"`, 11},
	{"time-utc", "1.0.0.json", `, "pattern": "Z$"`, ``, 11},
	{"pattern", "1.0.0.json", `^[0-9A-Z]{26}$`, `^\\d+[0-9A-Z]+$`, 10},
	{"required-unknown", "1.0.0.json", `["thingId"]`, `["thingId", "gone"]`, 8},
	{"version-name", "one.json", "", `{}`, 0},
	{"version-major", "2.0.0.json", "", `{}`, 0},
	{"schema-missing", "1.0.0.json", schemaText, ``, 0},
	{"contract-missing", "contract.yaml", contractText, ``, 0},
	{"contract-yaml", "contract.yaml", "key: subject", "colour: red", 8},
	{"contract-type", "contract.yaml", "thing.told", "thing.said", 1},
	{"contract-kind", "contract.yaml", "kind: event", "kind: command", 2},
	{"contract-owner", "contract.yaml", "owner: airlock", "owner: catalog", 3},
	{"contract-writers", "contract.yaml", "writers: [airlock]", "writers: [airlock, portal]", 4},
	{"contract-writers", "contract.yaml", "writers: [airlock]", "writers: []", 4},
	{"contract-readers", "contract.yaml", "readers: [identity]", "readers: [gateway]", 5},
	{"contract-topic", "contract.yaml", "airlock.events", "airlock.acts", 6},
	{"contract-subject", "contract.yaml", "{thingId}", "{at}", 7},
	{"contract-key", "contract.yaml", "key: subject", "key: id", 8},
	{"contract-ordering", "contract.yaml", "per-subject", "none", 9},
	{"contract-dataclass", "contract.yaml", "operational", "secret", 11},
	{"contract-supersedes", "contract.yaml", "requirements", "supersedes: fairway.airlock.thing.told.v0\nrequirements", 12},
	{"contract-deadline", "contract.yaml", "deadline: none", "deadline: soon", 10},
	{"contract-requirements", "contract.yaml", "requirements: []\n", "", 0},
	{"contract-supersedes", "contract.yaml", "requirements", "supersedes: fairway.airlock.thing.told.v0\nrequirements", 12},
	{"contract-border", "contract.yaml", "requirements", "border: {directions: [out, in], receivers: data.at}\nrequirements", 12},
	{"changelog", "CHANGELOG.md", "1.0.0", "1.0.1", 0},
	{"examples-few", "examples/invalid/1.json", `{"expect":{"pointer":"","code":"schema"},"data":{}}`, "", 0},
	{"example-valid", "examples/valid/1.json", id, id + ",\n\"n\": 10", 2},
	{"example-shape", "examples/invalid/2.json", `"expect"`, `"expected"`, 1},
	{"example-invalid", "examples/invalid/2.json", `,"row":1`, ``, 1},
	{"example-reason", "examples/invalid/2.json", `/row`, `/column`, 1},
}

func TestEveryRuleNamesItsPlaceAndWhatToDo(t *testing.T) {
	if found, err := Tree(folderOf(nil)); err != nil || len(found) > 0 {
		t.Fatalf("the folder to start from: %v %v", found, err)
	}
	whole := folderOf(nil)
	for _, b := range broken {
		t.Run(b.rule+" "+b.new, func(t *testing.T) {
			text := b.new
			if file, ok := whole["airlock/thing-told/"+b.file]; ok {
				if text = strings.Replace(string(file.Data), b.old, b.new, 1); text == string(file.Data) {
					t.Fatal("the change changes nothing")
				}
			}
			found, err := Tree(folderOf(map[string]string{b.file: text}))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				if f.Rule == b.rule && f.Line == b.line && strings.HasPrefix("airlock/thing-told/"+b.file, f.File) && f.Do != "" && f.Problem != "" {
					return
				}
			}
			t.Errorf("%v, want %s in %s:%d", found, b.rule, b.file, b.line)
		})
	}
}

func TestNoRuleIsLeftOut(t *testing.T) {
	tested := map[string]bool{}
	for _, b := range broken {
		tested[b.rule] = true
	}
	var names []string
	for _, file := range []string{"lint.go", "schema.go", "examples.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`f\.(?:say\([^"]*(?:"[^"]*"[^"]*)?, [0-9a-z]+|at\([a-z.]+, [a-z.]+, [^,]+), "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	for _, r := range nodeRules {
		names = append(names, r.name)
	}
	for _, r := range contractRules {
		names = append(names, "contract-"+strings.ToLower(r.key))
	}
	if len(names) < 30 {
		t.Fatalf("only %d rules found: %v", len(names), names)
	}
	for _, name := range names {
		if !tested[name] {
			t.Errorf("no test breaks the rule %s", name)
		}
	}
}

func TestAFolderOfSomethingElseIsAnError(t *testing.T) {
	if _, err := Tree(fstest.MapFS{"readme.md": &fstest.MapFile{}}); err == nil {
		t.Error("no event, and no error")
	}
}
