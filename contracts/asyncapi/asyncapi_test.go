package asyncapi_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fairway-tre/fairway/contracts/topics"
)

func read(t *testing.T, name string) any {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func metaSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("asyncapi.json", read(t, "testdata/asyncapi-3.1.0.schema.json")); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDocumentIsWhatTheOfficialMetaSchemaAsks(t *testing.T) {
	meta := metaSchema(t)
	if err := meta.Validate(read(t, "asyncapi.json")); err != nil {
		t.Fatal(err)
	}
	// the check can fail: an operation that neither sends nor receives, a key that no channel has
	for _, spoil := range []func(doc map[string]any){
		func(doc map[string]any) { first(doc["operations"])["action"] = "publish" },
		func(doc map[string]any) { first(doc["channels"])["topic"] = "x" },
		func(doc map[string]any) { delete(doc, "info") },
	} {
		doc := read(t, "asyncapi.json").(map[string]any)
		spoil(doc)
		if err := meta.Validate(doc); err == nil {
			t.Error("a broken document is accepted")
		}
	}
}

func first(v any) map[string]any {
	for _, child := range v.(map[string]any) {
		return child.(map[string]any)
	}
	return nil
}

type document struct {
	Channels map[string]struct {
		Address  string                       `json:"address"`
		Messages map[string]map[string]string `json:"messages"`
	} `json:"channels"`
	Operations map[string]struct {
		Action   string              `json:"action"`
		Channel  map[string]string   `json:"channel"`
		Messages []map[string]string `json:"messages"`
		Tags     []struct {
			Name string `json:"name"`
		} `json:"tags"`
	} `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Payload struct {
				Format string         `json:"schemaFormat"`
				Schema map[string]any `json:"schema"`
			} `json:"payload"`
			Examples []struct {
				Payload any `json:"payload"`
			} `json:"examples"`
		} `json:"messages"`
	} `json:"components"`
}

func parsed(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// The meta-schema of AsyncAPI does not look into payloads of another dialect.
func TestEveryPayloadIsASchemaOf202012ThatTakesItsExamples(t *testing.T) {
	d := parsed(t)
	if len(d.Components.Messages) != len(topics.All()) {
		t.Errorf("%d messages for %d events", len(d.Components.Messages), len(topics.All()))
	}
	for name, m := range d.Components.Messages {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(name, m.Payload.Schema); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile(name) // validates against the meta-schema of $schema, which is 2020-12
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Payload.Schema["$schema"] != "https://json-schema.org/draft/2020-12/schema" || !strings.HasSuffix(m.Payload.Format, "draft-2020-12") || len(m.Examples) == 0 {
			t.Errorf("%s: dialect, format or examples are not as they should be", name)
		}
		for _, e := range m.Examples {
			if err := s.Validate(e.Payload); err != nil {
				t.Errorf("%s refuses its example: %v", name, err)
			}
		}
	}
}

// The document and the broker's access rules say the same.
func TestOperationsAreTheAccessRules(t *testing.T) {
	d := parsed(t)
	has := func(principal, action, topic string) bool {
		for _, op := range d.Operations {
			channel := strings.TrimPrefix(op.Channel["$ref"], "#/channels/")
			address := strings.Replace(d.Channels[channel].Address, "{site}", "molgenis", 1)
			if op.Action == action && address == topic && op.Tags[0].Name == principal {
				return true
			}
		}
		return false
	}
	grants := topics.ACLs("molgenis")
	for _, g := range grants {
		action := map[string]string{topics.Read: "receive", topics.Write: "send"}[g.Operation]
		if action == "" || !strings.HasPrefix(g.Topic, "molgenis.") || g.Principal == topics.Observer {
			continue
		}
		if !has(g.Principal, action, g.Topic) {
			t.Errorf("the broker lets %s %s %s, and the document does not", g.Principal, g.Operation, g.Topic)
		}
	}
	for id, op := range d.Operations {
		channel := d.Channels[strings.TrimPrefix(op.Channel["$ref"], "#/channels/")]
		if !strings.HasPrefix(channel.Address, "{site}") {
			continue
		}
		g := topics.Grant{Principal: op.Tags[0].Name, Topic: strings.Replace(channel.Address, "{site}", "molgenis", 1), Operation: map[string]string{"receive": topics.Read, "send": topics.Write}[op.Action]}
		if !slices.Contains(grants, g) {
			t.Errorf("%s: the document says what the broker does not allow: %+v", id, g)
		}
	}
}
