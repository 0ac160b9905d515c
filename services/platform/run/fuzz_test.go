package run_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// FuzzNoRecordBlocksItsPartition spoils one header, the key or the value of a signed record: the service never fails on it,
// lets it have no effect, and says by a reason code why.
func FuzzNoRecordBlocksItsPartition(f *testing.F) {
	sound := func(t testing.TB) (*runtest.Bench, envelope.Record) {
		b := runtest.New(t, "catalog", echo)
		id := b.NewID()
		b.Deliver("catalog", asked(id))
		return b, b.Sign("workspace", count(id), func(d *envelope.Draft) { d.Sequence = 1 })
	}
	_, sample := sound(f)
	for i, h := range sample.Headers {
		f.Add(uint8(i), h.Key, h.Value)
		f.Add(uint8(i), h.Key, []byte{})
		f.Add(uint8(i), h.Key, []byte("18446744073709551615"))
		f.Add(uint8(i), "x-\xff\xfe", []byte{0xff})
	}
	f.Add(uint8(201), "key", []byte("question/else"))
	f.Add(uint8(202), "value", []byte(`{"questionId":1}`))
	f.Fuzz(func(t *testing.T, which uint8, name string, value []byte) {
		b, r := sound(t)
		r.Headers = slices.Clone(r.Headers)
		switch {
		case int(which) < len(r.Headers):
			r.Headers[which] = envelope.Header{Key: name, Value: value}
		case which%3 == 0:
			r.Key = value
		case which%3 == 1:
			r.Value = value
		default:
			r.Headers = append(r.Headers, envelope.Header{Key: name, Value: value})
		}
		if _, err := envelope.Open(r, b.Env.Trust, b.Clock.Now()); err == nil {
			t.Skip("it is the same event")
		}
		b.DeliverRecord(r)
		if got := reasons(b); answers(b) != 0 || len(got) > 1 || len(got) == 1 && got[0] == "" {
			t.Fatalf("%d effects, dead letters %q", answers(b), got)
		}
	})
}

// FuzzAReplayRequestIsAnswered: whatever lies in a request file, it is answered with an outcome, and taken away.
func FuzzAReplayRequestIsAnswered(f *testing.F) {
	for _, text := range []string{`{"topic":"molgenis.workspace.events.v1","partition":0,"offset":1}`, `{}`, `null`, `[]`, ``, `{"topic":1}`, `{"offset":-9223372036854775808}`, `{"more":1}`, "{\"topic\":\"\xff\"}", `{"partition":1e99}`} {
		f.Add([]byte(text))
	}
	b := runtest.New(f, "catalog", echo)
	path := filepath.Join(f.TempDir(), "request")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path+run.ReplayAsked, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.Service.AnswerReplay(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path + run.ReplayAsked); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the request still lies there: %v", err)
		}
		var answer run.Replayed
		told, err := os.ReadFile(path + run.ReplayAnswered)
		if err == nil {
			err = json.Unmarshal(told, &answer)
		}
		if err != nil || answer.Outcome != run.ReplayUnknown || answer.Detail == "" {
			t.Fatalf("answered %s (%v)", told, err)
		}
	})
}
