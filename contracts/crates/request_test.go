package crates_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/crates"
	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

const (
	asker     = "securevre:01JD3Z5Q8V0N6W2T4K7M9R1AXE"
	projectID = "01JD3Z5Q8V0N6W2T4K7M9SF000"
)

// model is a request with parameters of every shape.
func model() crates.Request {
	return crates.Request{Requester: asker, ProjectID: projectID, DatasetID: "trial", Analysis: vocabulary.Analysis{Kind: analyses.LogisticRegression,
		Outcome: "recurrence", Covariates: []string{"age"}, References: []vocabulary.Reference{{Concept: "menopause", Level: "before"}}}}
}

func encoded(t testing.TB, r crates.Request) string {
	t.Helper()
	text, err := r.Encode(time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestARequestIsReadAsItWasWritten(t *testing.T) {
	for _, a := range []vocabulary.Analysis{
		model().Analysis,
		{Kind: analyses.Count},
		{Kind: analyses.Count, By: []string{"age", "menopause"}, SmallCells: "suppress"},
		{Kind: analyses.Summary, Measure: "age", Percentiles: []int64{25, 50}},
		{Kind: analyses.Cox, Time: "t", Event: "e", Covariates: []string{"age"}, Round: 2, At: []string{"0.5"}, Combine: analyses.SharedGradients},
		{Kind: analyses.KaplanMeier, Time: "t", Event: "e", Arm: "a", Stratum: "s"},
		{Kind: analyses.AlleleFrequency, Variants: []string{"rs1"}},
		{Kind: analyses.PolygenicScore, Weights: []vocabulary.Weight{{Variant: "rs1", Allele: "A", Weight: "-0.25"}}},
	} {
		want := model()
		want.Analysis = a
		got, err := crates.Read([]byte(encoded(t, want)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v, %v", a.Kind, got, err)
		}
	}
}

// JSON-LD makes no difference between one and a list of one.
func TestAListOfOneIsWrittenAsOneAndReadEitherWay(t *testing.T) {
	whole := encoded(t, model())
	text := strings.NewReplacer(`"value": "age"`, `"value": ["age"]`, "\"mentions\": {\n        \"@id\": \"#run\"\n      }", `"mentions": [{"@id": "#run"}]`).Replace(whole)
	if strings.Count(text, "[")-strings.Count(whole, "[") != 2 {
		t.Fatal("the crate was not changed")
	}
	if got, err := crates.Read([]byte(text)); err != nil || !reflect.DeepEqual(got, model()) {
		t.Errorf("read %+v, %v", got, err)
	}
}

// The profile: assessments that a client submits are removed.
func TestWhatAnAskerSaysOfChecksAndAgreementsIsNotHeard(t *testing.T) {
	text := strings.Replace(encoded(t, model()), `"@graph": [`, `"@graph": [
    {"@id": "#signoff", "@type": "AssessAction", "additionalType": {"@id": "https://w3id.org/shp#SignOff"}, "actionStatus": "http://schema.org/CompletedActionStatus",
     "name": "Signed off", "agent": {"@id": "urn:fairway:person:securevre:01JD3Z5Q8V0N6W2T4K7M9R1AXF"}, "instrument": {"@id": "urn:fairway:permit:01JD3Z5Q8V0N6W2T4K7M9SF000"}},`, 1)
	text = strings.Replace(text, "\"mentions\": {\n        \"@id\": \"#run\"\n      }", `"mentions": [{"@id": "#signoff"}, {"@id": "#run"}]`, 1)
	if !strings.Contains(text, `[{"@id": "#signoff"}`) {
		t.Fatal("the crate mentions no sign-off")
	}
	if got, err := crates.Read([]byte(text)); err != nil || !reflect.DeepEqual(got, model()) {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestACrateThatIsNoRequestIsRefusedWhereAndWithWhatToDo(t *testing.T) {
	whole := encoded(t, model())
	for name, c := range map[string]struct{ old, new, code, where, says string }{
		"no JSON":                  {whole, "{", reason.Malformed, "", "not a complete JSON document"},
		"a list":                   {whole, "[]", reason.Schema, "/@context", crates.Context},
		"deep":                     {`"@graph": [`, `"more": ` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `, "@graph": [`, reason.TooDeep, "", "deeper"},
		"large":                    {`"name": "`, `"name": "` + strings.Repeat("x", 64<<10), reason.TooLarge, "", "at most"},
		"a member twice":           {`"@type": "CreateAction"`, `"@type": "CreateAction", "@type": "AssessAction"`, reason.DuplicateMember, "@type", "twice"},
		"terms redefined":          {`"@context": "https://w3id.org/ro/crate/1.2/context"`, `"@context": ["https://w3id.org/ro/crate/1.2/context", {"agent": "x:y"}]`, reason.Schema, "/@context", "alone"},
		"an older RO-Crate":        {`crate/1.2/context`, `crate/1.1/context`, reason.Schema, "/@context", "1.2"},
		"conforms to an older one": {`"@id": "https://w3id.org/ro/crate/1.2"`, `"@id": "https://w3id.org/ro/crate/1.1"`, reason.Schema, "/conformsTo", "1.2"},
		"no entities":              {`"@graph"`, `"graph"`, reason.Schema, "/@graph", "list"},
		"an entity twice":          {`"@id": "#outcome",`, `"@id": "#covariates",`, reason.Schema, "/@id", "of its own"},
		"no descriptor":            {`"@id": "ro-crate-metadata.json"`, `"@id": "metadata.json"`, reason.Schema, "/@graph", "ro-crate-metadata.json"},
		"another profile":          {"https://w3id.org/5s-crate/0.4", "https://w3id.org/5s-crate/0.3", reason.Schema, "/conformsTo", "5s-crate/0.4"},
		"no project":               {`"@type": "Project"`, `"@type": "Organization"`, reason.Schema, "/sourceOrganization", "Project"},
		"a project by another id":  {"urn:fairway:project:", "https://projects.example/", reason.Schema, "/@id", "urn:fairway:project:"},
		"not a workflow crate":     {"https://w3id.org/workflowhub/workflow-ro-crate-1.0", "https://w3id.org/workflowhub", reason.Schema, "/conformsTo", "workflow-ro-crate"},
		"another workflow":         {"urn:fairway:tool:", "https://workflowhub.example/", reason.Schema, "/@id", "urn:fairway:tool:"},
		"nothing to do":            {`"@type": "CreateAction"`, `"@type": "UpdateAction"`, reason.Schema, "/mentions", "0 actions"},
		"done before":              {"Potential", "Completed", reason.Schema, "/actionStatus", "has not begun"},
		"an action without a name": {`"name": "Request to run logistic-regression",` + "\n      \"object\"", `"name": "Request", "object"`, reason.Schema, "/name", "10 characters"},
		"nobody asks":              {`"@type": "Person"`, `"@type": "Organization"`, reason.Schema, "/agent", "Person"},
		"not of the project":       {`"memberOf"`, `"knows"`, reason.Schema, "/memberOf", "sourceOrganization"},
		"a reference in words":     {`"agent": {`, `"agent": "me", "x": {`, reason.Schema, "/agent", "reference"},
		"what is not described":    {`"object": [`, `"object": [{"@id": "#other"}, `, reason.Schema, "/object", "does not describe"},
		"an input of its own":      {`"@type": "PropertyValue"`, `"@type": "File"`, reason.Schema, "/@graph/", "neither"},
		"no dataset":               {"urn:fairway:dataset:", "https://data.example/", reason.Schema, "/@id", "urn:fairway:dataset:"},
		"an unknown parameter":     {"urn:fairway:parameter:outcome", "urn:fairway:parameter:kind", reason.Schema, "/exampleOfWork", "no parameter"},
		"a parameter twice":        {`"@id": "urn:fairway:parameter:outcome"` + "\n      },\n", `"@id": "urn:fairway:parameter:covariates"` + "\n      },\n", reason.Schema, "/exampleOfWork", "already"},
		"no value":                 {`"value": "recurrence"`, `"values": "recurrence"`, reason.Schema, "/value", "missing"},
		"nothing as value":         {`"value": "recurrence"`, `"value": null`, reason.Schema, "/value", "empty"},
		"an empty value":           {`"value": "recurrence"`, `"value": ""`, reason.Schema, "/value", "empty"},
		"another type":             {`"value": "recurrence"`, `"value": 1`, reason.Schema, "/value", "can have"},
		"JSON that is none":        {`"value": "[{\"concept\"`, `"value": "[[{\"concept\"`, reason.Schema, "/value", "JSON as text"},
	} {
		text := strings.ReplaceAll(whole, c.old, c.new)
		if text == whole {
			t.Errorf("%s: the crate was not changed", name)
			continue
		}
		_, err := crates.Read([]byte(text))
		var refused *reason.Error
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Where, c.where) || !strings.Contains(refused.Detail, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAToolIsKnownByTheDigestOfItsPublishedDescriptionAlone(t *testing.T) {
	digest := analyses.Tool(analyses.LogisticRegression)
	text := strings.ReplaceAll(encoded(t, model()), digest, "sha256:"+strings.Repeat("0", 64))
	if _, err := crates.Read([]byte(text)); !errors.Is(err, crates.ErrTool) {
		t.Errorf("another digest: %v", err)
	}
}

// FuzzRead: what is read can be written and is then the same request; what is refused has a reason.
func FuzzRead(f *testing.F) {
	whole := encoded(f, model())
	f.Add([]byte(whole))
	f.Add([]byte(strings.ReplaceAll(whole, `"@id"`, `"@ID"`)))
	f.Add([]byte(strings.ReplaceAll(whole, `recurrence`, ``)))
	f.Add([]byte(`{"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": [{"@id": "ro-crate-metadata.json", "about": {"@id": "ro-crate-metadata.json"}}, null, 1]}`))
	f.Add([]byte(encoded(f, crates.Request{Requester: asker, ProjectID: projectID, DatasetID: "d", Analysis: vocabulary.Analysis{Kind: analyses.PolygenicScore,
		Weights: []vocabulary.Weight{{Variant: "rs1", Allele: "A", Weight: "1"}}}})))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := crates.Read(text)
		if err != nil {
			var refused *reason.Error
			if !errors.Is(err, crates.ErrTool) && (!errors.As(err, &refused) || refused.Code == "" || refused.Detail == "") {
				t.Fatalf("%v carries no reason", err)
			}
			return
		}
		again, err := crates.Read([]byte(encoded(t, got)))
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("%+v is written and read as %+v, %v", got, again, err)
		}
	})
}
