package outputs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiled(t *testing.T, fragment string) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(SchemaText))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("outputs.json", text); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("outputs.json" + fragment)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, text string) map[string]any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func TestSchemaAcceptsWhatEncodeWrites(t *testing.T) {
	value := instance(t, encoded(t, everyKind()))
	if err := compiled(t, "").Validate(value); err != nil {
		t.Fatal(err)
	}
	for _, result := range value["results"].([]any) {
		kind := result.(map[string]any)["kind"].(string)
		if err := compiled(t, "#/$defs/"+kind).Validate(result); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestSchemaAndDecoderKnowTheSameMembers(t *testing.T) {
	optional := map[string]bool{"stratum": true, "variance": true, "combined": true, "lambda": true, "method": true, "alignment": true, "q": true, "iSquared": true, "bySite": true, "by": true, "sites": true,
		"outcome": true, "time": true, "event": true, "events": true, "dropped": true, "deviance": true, "rounds": true, "from": true, "round": true, "at": true}
	needed := map[string]bool{"log-rank time": true, "kaplan-meier time": true, "combination time": true, "log-rank dropped": true, "count dropped": true, "model-part dropped": true, "model-part deviance": true, "model-part round": true, "model-part at": true, "risk-ratio-part method": true, "risk-ratio-part dropped": true, "risk-ratio-part outcome": true, "risk-ratio-part stratum": true}
	value := instance(t, encoded(t, everyKind()))
	for _, result := range value["results"].([]any) {
		members := result.(map[string]any)
		kind := members["kind"].(string)
		schema := compiled(t, "#/$defs/"+kind)
		for name, held := range members {
			delete(members, name)
			if err := schema.Validate(members); err == nil && (!optional[name] || needed[kind+" "+name]) {
				t.Errorf("%s: schema does not require %s", kind, name)
			}
			members[name] = held
		}
		members["note"] = "x"
		if schema.Validate(members) == nil {
			t.Errorf("%s: schema allows an unknown member", kind)
		}
	}
}

func TestExamplesAreCanonicalAndMeetTheSchema(t *testing.T) {
	paths, err := filepath.Glob("examples/*.json")
	if err != nil || len(paths) < 4 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, canonical, err := Canonical(text); err != nil || !canonical {
			t.Errorf("%s: canonical %v, error %v", path, canonical, err)
		}
		value := instance(t, string(text))
		if err := compiled(t, "").Validate(value); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, result := range value["results"].([]any) {
			kind := result.(map[string]any)["kind"].(string)
			if err := compiled(t, "#/$defs/"+kind).Validate(result); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
