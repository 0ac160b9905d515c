package run_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// mendable answers counts unless it is broken.
func mendable(broken *bool) func(*run.Service) {
	return func(s *run.Service) {
		run.Handle(s, func(tx *run.Tx, e envelope.Event, c workspace.CountAnswered) error {
			if *broken {
				panic("a mistake that a later release mends")
			}
			_, err := tx.Emit(e.Subject, catalog.QuestionAnswered(c))
			return err
		})
	}
}

func replay(t *testing.T, b *runtest.Bench, d catalog.RecordDeadLettered) run.Replayed {
	t.Helper()
	out, err := b.Service.Replay(t.Context(), run.Replay{Topic: d.Topic, Partition: int(d.Partition), Offset: d.Offset})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAMendedServiceTakesARefusedRecordAgainExactlyOnce(t *testing.T) {
	broken := true
	b := runtest.New(t, "catalog", mendable(&broken))
	b.Deliver("workspace", count(b.NewID()))
	letter := runtest.Last[catalog.RecordDeadLettered](b)
	if out := replay(t, b, letter); out.Outcome != run.ReplayRefused || out.Reason != "handler-panic" || out.AuditLeaf < 0 || answers(b) != 0 {
		t.Fatalf("while broken: %+v", out)
	}
	broken = false
	first, second := replay(t, b, letter), replay(t, b, letter)
	if first.Outcome != run.ReplayApplied || first.AuditLeaf < 0 || second.Outcome != run.ReplayAlready || answers(b) != 1 {
		t.Fatalf("%+v, then %+v, %d effects", first, second, answers(b))
	}
	if n := len(reasons(b)); n != 1 {
		t.Errorf("%d dead letters", n)
	}
}

func TestAReplayIsRuledOutByWhatCameAfter(t *testing.T) {
	broken := true
	b := runtest.New(t, "catalog", mendable(&broken))
	id := b.NewID()
	b.Deliver("workspace", count(id))
	letter := runtest.Last[catalog.RecordDeadLettered](b)
	broken = false
	b.Deliver("workspace", count(id))
	if out := replay(t, b, letter); out.Outcome != run.ReplayRefused || out.Reason != "sequence-stale" || answers(b) != 1 {
		t.Fatalf("%+v, %d effects", out, answers(b))
	}
}

// latecomer is a set of keys of which one is believed only later.
type latecomer struct {
	signing.Keys
	id    string
	known *bool
}

func (l latecomer) Lookup(id string) (signing.Key, bool) {
	if id == l.id && !*l.known {
		return signing.Key{}, false
	}
	return l.Keys.Lookup(id)
}

func TestAReplayVerifiesAgainAndPassesOverWhatWasSentAgainMeanwhile(t *testing.T) {
	broken, known := false, false
	id := runtest.New(t, "catalog", mendable(&broken)).Signer("workspace").KeyID()
	b := runtest.New(t, "catalog", mendable(&broken), runtest.Trust(func(k signing.Keys) signing.Keys { return latecomer{k, id, &known} }))
	r := b.Sign("workspace", count(b.NewID()))
	b.DeliverRecord(r)
	letter := runtest.Last[catalog.RecordDeadLettered](b)
	if out := replay(t, b, letter); out.Outcome != run.ReplayRefused || out.Reason != envelope.CodeUnknownKey || answers(b) != 0 {
		t.Fatalf("with a key that nobody knows: %+v", out)
	}
	known = true
	b.DeliverRecord(r) // its source sent it again
	if out := replay(t, b, letter); out.Outcome != run.ReplayAlready || answers(b) != 1 {
		t.Fatalf("%+v, %d effects", out, answers(b))
	}
}

func TestNothingIsReplayedThatIsNotKept(t *testing.T) {
	broken := false
	b := runtest.New(t, "catalog", mendable(&broken))
	if out := replay(t, b, catalog.RecordDeadLettered{Topic: "molgenis.workspace.events.v1", Offset: 7}); out.Outcome != run.ReplayUnknown {
		t.Fatalf("%+v", out)
	}
	if _, err := os.Stat(filepath.Join(b.Env.Dir, "replay")); err == nil {
		t.Error("a folder was made that nobody asked for")
	}
}

// In the structured mode the value of a record is more than the data that was signed.
func TestARecordInTheStructuredModeIsReplayedLikeAnyOther(t *testing.T) {
	broken := true
	b := runtest.New(t, "catalog", mendable(&broken))
	r := b.Sign("workspace", count(b.NewID()))
	text := "{"
	for _, h := range r.Headers {
		name := strings.TrimPrefix(h.Key, "ce_")
		if h.Key == "content-type" {
			name = "datacontenttype"
		}
		text += fmt.Sprintf("%q: %q, ", name, h.Value)
	}
	r.Value = []byte(text + `"data": ` + string(r.Value) + "}")
	r.Headers = []envelope.Header{{Key: "content-type", Value: []byte("application/cloudevents+json")}}
	b.DeliverRecord(r)
	letter := runtest.Last[catalog.RecordDeadLettered](b)
	broken = false
	if out := replay(t, b, letter); letter.Reason != "handler-panic" || out.Outcome != run.ReplayApplied || answers(b) != 1 {
		t.Fatalf("%s, then %+v, %d effects", letter.Reason, out, answers(b))
	}
}
