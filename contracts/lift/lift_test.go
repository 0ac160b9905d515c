package lift

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	workspacev1 "github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
)

func TestEveryContractThatSupersedesAnotherHasItsStep(t *testing.T) {
	wanted := map[string]string{}
	for _, c := range topics.All() {
		if c.Supersedes != "" {
			wanted[c.Supersedes] = c.Type
		}
	}
	got := map[string]string{}
	for _, s := range steps() {
		got[s.from] = s.to
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("steps %v, contracts ask for %v", got, wanted)
	}
}

func TestWhatBothMajorsAreWrittenAs(t *testing.T) {
	for _, s := range steps() {
		older, newer := contract(t, s.from), contract(t, s.to)
		if older.Topic != newer.Topic || older.Subject != newer.Subject || older.Owner() != newer.Owner() || older.Kind != newer.Kind {
			t.Errorf("%s and %s lie at different places: their order would be lost", s.from, s.to)
		}
	}
}

func contract(t *testing.T, eventType string) topics.Contract {
	t.Helper()
	c, ok := topics.Lookup(eventType)
	if !ok {
		t.Fatalf("no contract %s", eventType)
	}
	return c
}

// accepted holds data against the newest schema of a type, as strictly as a producer is held.
func accepted(t *testing.T, eventType string, data []byte) {
	t.Helper()
	c := contract(t, eventType)
	j, err := schemas.Of(c.Service, c.Name(), c.Newest())
	if err != nil {
		t.Fatal(err)
	}
	v, err := strict.Value(data)
	if err == nil {
		err = j.Check(v, schemas.Closed)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", eventType, err, data)
	}
}

func files(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing like %s: %v", pattern, err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Golden pairs: testdata/<type of the older major>/<case>.{old,new}.json.
func TestGoldenPairs(t *testing.T) {
	for _, s := range steps() {
		for name, old := range files(t, filepath.Join("testdata", s.from, "*.old.json")) {
			want, err := os.ReadFile(strings.TrimSuffix(name, ".old.json") + ".new.json")
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, s.from, old)
			got, err := To(s.to, envelope.Event{Type: s.from, Data: old})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(value(t, got.Data), value(t, want)) {
				t.Errorf("%s is lifted to %s, want %s", name, got.Data, want)
			}
		}
	}
}

func value(t *testing.T, data []byte) any {
	t.Helper()
	v, err := strict.Value(data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryValidExampleCanBeLifted(t *testing.T) {
	for _, s := range steps() {
		c := contract(t, s.from)
		for name, old := range files(t, filepath.Join("..", "schemas", c.Service, c.Name(), "examples", "valid", "*.json")) {
			got, err := To(s.to, envelope.Event{Type: s.from, Data: old})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			accepted(t, s.to, got.Data)
		}
	}
}

// The twin that is written beside a newer event says nothing else: lifted, it is the newer one but for what the older
// major has no words for.
func TestTheTwinOfEveryValidExampleIsValidAndLiftsBack(t *testing.T) {
	for _, s := range steps() {
		c := contract(t, s.to)
		for name, data := range files(t, filepath.Join("..", "schemas", c.Service, c.Name(), "examples", "valid", "*.json")) {
			var p workspacev2.JobStateChanged
			if err := json.Unmarshal(data, &p); err != nil {
				t.Fatal(err)
			}
			older, ok := Beside(p)
			if !ok {
				t.Fatalf("%s has no twin", s.to)
			}
			text, err := json.Marshal(older)
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, s.from, text)
			newer, beside := envelope.Event{Type: s.to, Data: data}, envelope.Event{Type: s.from, Data: text}
			if same, err := Same(newer, beside); err != nil || !same {
				t.Errorf("%s and its twin are not the same: %v", name, err)
			}
			again, err := To(s.to, envelope.Event{Type: s.from, Data: text})
			if err != nil {
				t.Fatal(err)
			}
			p.Reason.Detail = ""
			want, _ := json.Marshal(p, json.Deterministic(true))
			if !bytes.Equal(again.Data, want) {
				t.Errorf("%s comes back as %s, want %s", name, again.Data, want)
			}
		}
	}
}

func TestLiftingKeepsTheEnvelopeAndChangesNothingThatItWasGiven(t *testing.T) {
	data := []byte(`{"jobId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","projectId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","state":"RUNNING","later":1}`)
	e := envelope.Event{ID: "01JD3Z5Q8V0N6W2T4K7M9R4D0H", Source: "/sites/denbi/workspace", Type: workspacev1.TypeJobStateChanged, Data: data,
		Record: envelope.Record{Topic: "denbi.workspace.events.v1", Value: data}, Attributes: envelope.Attributes{Sequence: 4}}
	before := bytes.Clone(data)
	got, err := To(workspacev2.TypeJobStateChanged, e)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != e.ID || got.Sequence != 4 || !reflect.DeepEqual(got.Record, e.Record) || !bytes.Equal(data, before) {
		t.Errorf("lifted to %+v", got)
	}
	if got.DataSchema != "urn:fairway:contracts:workspace:job-state-changed:2.0.0" {
		t.Errorf("schema %s", got.DataSchema)
	}
	if p, err := envelope.Decode[workspacev2.JobStateChanged](got); err != nil || p.Reason != (vocabulary.StateReason{}) {
		t.Errorf("%+v: %v", p, err)
	}
}

func TestNothingIsLiftedWhereNoStepLeads(t *testing.T) {
	if _, err := To(workspacev1.TypeJobStateChanged, envelope.Event{Type: workspacev2.TypeJobStateChanged}); !errors.Is(err, ErrNoStep) {
		t.Errorf("down: %v", err)
	}
	if _, err := To(workspacev2.TypeJobStateChanged, envelope.Event{Type: federation.TypeStudyOpened}); !errors.Is(err, ErrNoStep) {
		t.Errorf("another event: %v", err)
	}
	if _, err := To(workspacev2.TypeJobStateChanged, envelope.Event{Type: workspacev1.TypeJobStateChanged, Data: []byte(`{"jobId":1}`)}); err == nil {
		t.Error("data that is not of its type is lifted")
	}
	if _, ok := Beside(federation.StudyOpened{}); ok {
		t.Error("an event of one major has a twin")
	}
	if got := Older(workspacev2.TypeJobStateChanged); !reflect.DeepEqual(got, []string{workspacev1.TypeJobStateChanged}) {
		t.Errorf("older %v", got)
	}
}

func TestTwoMajorsAreTheSameOnlyIfTheyAreAStepApartAndSayIt(t *testing.T) {
	newer := envelope.Event{Type: workspacev2.TypeJobStateChanged, Data: []byte(`{"jobId":"a","projectId":"b","state":"CANCELED","reason":{"code":"c","detail":"d"},"later":1}`)}
	older := envelope.Event{Type: workspacev1.TypeJobStateChanged, Data: []byte(`{"reason":"c","state":"CANCELED","projectId":"b","jobId":"a"}`)}
	if same, err := Same(newer, older); err != nil || !same {
		t.Errorf("they are not the same: %v", err)
	}
	other := older
	other.Data = []byte(`{"reason":"x","state":"CANCELED","projectId":"b","jobId":"a"}`)
	if same, err := Same(newer, other); err != nil || same {
		t.Errorf("another reason is the same: %v", err)
	}
	if _, err := Same(older, newer); !errors.Is(err, ErrNoStep) {
		t.Errorf("the wrong way round: %v", err)
	}
	older.Data = []byte(`{"jobId":1}`)
	if _, err := Same(newer, older); err == nil || errors.Is(err, ErrNoStep) {
		t.Errorf("data that is not of its type: %v", err)
	}
}
