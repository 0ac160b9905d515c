package schemas_test

import (
	"reflect"
	"testing"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

func value(t *testing.T, data string) any {
	t.Helper()
	v, err := strict.Value([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNothingIsLeftOutOfWhatIsKnown(t *testing.T) {
	for _, c := range topics.All() {
		j, err := schemas.Of(c.Service, c.Name(), c.Newest())
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range examples(t, c, "valid") {
			v := value(t, string(text))
			if known, left := j.Known(v); left != 0 || !reflect.DeepEqual(known, v) {
				t.Errorf("%s: %d left out, %v is known", name, left, known)
			}
		}
	}
}

// What an older minor knows of an event of a newer one is an event of the older one, in the strictest view.
func TestWhatAnOlderMinorKnowsIsItsOwn(t *testing.T) {
	less := 0
	for _, c := range topics.All() {
		for name, text := range examples(t, c, "valid") {
			for _, version := range c.Versions {
				j, err := schemas.Of(c.Service, c.Name(), version)
				if err != nil {
					t.Fatal(err)
				}
				known, left := j.Known(value(t, string(text)))
				less += left
				if err := j.Check(known, schemas.Closed); err != nil {
					t.Errorf("%s as %s: %v", name, version, err)
				}
			}
		}
	}
	if less == 0 {
		t.Error("no minor has an example with what the one before does not know")
	}
}

func TestWhatNoContractKnowsIsLeftOutAtEveryDepth(t *testing.T) {
	j, err := schemas.Of("workspace", "job-state-changed.v2", "2.0.0")
	if err != nil {
		t.Fatal(err)
	}
	const id = `"01JD3Z5Q8V0N6W2T4K7M9R4D0H"`
	v := value(t, `{"jobId":`+id+`,"projectId":`+id+`,"state":"Ada Lovelace","owner":{"name":"Ada"},"reason":{"code":"stopped","by":"Ada"}}`)
	if err := j.Check(v, schemas.Open); err != nil {
		t.Fatal(err)
	}
	known, left := j.Known(v)
	if want := value(t, `{"jobId":`+id+`,"projectId":`+id+`,"reason":{"code":"stopped"}}`); left != 3 || !reflect.DeepEqual(known, want) {
		t.Errorf("%d left out, %v is known", left, known)
	}
}
