package schemas_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

func examples(t testing.TB, c topics.Contract, kind string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(c.Service, c.Name(), "examples", kind, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no %s examples: %v", c.Type, kind, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func check(t testing.TB, c topics.Contract, data []byte, view schemas.View) error {
	t.Helper()
	v, err := strict.Value(data)
	if err != nil {
		return err
	}
	j, err := schemas.Of(c.Service, c.Name(), c.Versions[len(c.Versions)-1])
	if err != nil {
		t.Fatal(err)
	}
	return j.Check(v, view)
}

func TestValidExamplesAreAcceptedInBothViews(t *testing.T) {
	for _, c := range topics.All() {
		for name, data := range examples(t, c, "valid") {
			for _, view := range []schemas.View{schemas.Closed, schemas.Open} {
				if err := check(t, c, data, view); err != nil {
					t.Errorf("%s, view %d: %v", name, view, err)
				}
			}
		}
	}
}

func TestInvalidExamplesAreRefusedForTheirReason(t *testing.T) {
	for _, c := range topics.All() {
		for name, text := range examples(t, c, "invalid") {
			var example struct {
				Expect struct{ Pointer, Code string } `json:"expect"`
				Data   jsontext.Value                 `json:"data"`
			}
			if err := json.Unmarshal(text, &example, json.MatchCaseInsensitiveNames(true)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var refused *reason.Error
			err := check(t, c, example.Data, schemas.Closed)
			if !errors.As(err, &refused) || refused.Code != example.Expect.Code || refused.Where != example.Expect.Pointer {
				t.Errorf("%s: %v, want %s at %q", name, err, example.Expect.Code, example.Expect.Pointer)
			}
		}
	}
}

func TestOpenViewReadsANewerMinor(t *testing.T) {
	c, ok := topics.Lookup("fairway.workspace.job.state-changed.v1")
	if !ok {
		t.Fatal("no such contract")
	}
	for name, data := range map[string]string{
		"an unknown member":                    `{"jobId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","projectId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","state":"RUNNING","priority":3}`,
		"a new value of an extensible listing": `{"jobId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","projectId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","state":"PREEMPTED"}`,
	} {
		if err := check(t, c, []byte(data), schemas.Open); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := check(t, c, []byte(data), schemas.Closed); err == nil {
			t.Errorf("%s passes the closed view", name)
		}
	}
}
