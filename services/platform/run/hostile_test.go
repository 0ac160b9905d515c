package run_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// respell gives a header another value.
func respell(r envelope.Record, key, value string) envelope.Record {
	r.Headers = slices.Clone(r.Headers)
	for i, h := range r.Headers {
		if h.Key == key {
			r.Headers[i].Value = []byte(value)
		}
	}
	return r
}

func TestNoRecordCanBlockItsPartition(t *testing.T) {
	junk := envelope.Header{Key: "x-\xff\xfe", Value: []byte{0xff}}
	for name, spoil := range map[string]func(envelope.Record) envelope.Record{
		"an id in small letters": func(r envelope.Record) envelope.Record {
			return respell(r, "ce_id", strings.ToLower(string(r.Headers[2].Value)))
		},
		"a header that is no text": func(r envelope.Record) envelope.Record {
			r = envelopetest.Without(r, "ce_signature")
			r.Headers = append(r.Headers, junk)
			return r
		},
		"no header at all": func(r envelope.Record) envelope.Record { r.Headers = nil; return r },
		"no value":         func(r envelope.Record) envelope.Record { r.Value = nil; return r },
		"a sequence beyond all databases": func(r envelope.Record) envelope.Record {
			return respell(r, "ce_sequence", "18446744073709551615")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := runtest.New(t, "catalog", echo)
			id := b.NewID()
			b.Deliver("catalog", asked(id))
			b.DeliverRecord(spoil(b.Sign("workspace", count(id), func(d *envelope.Draft) { d.Sequence = 1 })))
			if got := reasons(b); answers(b) != 0 || len(got) != 1 {
				t.Fatalf("%d effects, dead letters %v", answers(b), got)
			}
			probe(t, b)
		})
	}
}

func TestARecordIsKeptInQuarantineExactlyAsItCame(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	r := b.Sign("workspace", count(b.NewID()))
	r.Headers = append(r.Headers, envelope.Header{Key: "x-\xff\xfe", Value: []byte{0xff}})
	b.DeliverRecord(r)
	letter := runtest.Last[catalog.RecordDeadLettered](b)
	b.View(func(tx *run.Tx) error {
		kept, found, err := tx.FromQuarantine(letter.Topic, int(letter.Partition), letter.Offset)
		if err != nil || !found || !reflect.DeepEqual(kept, r) {
			t.Errorf("kept %q (%v, %v)", kept.Headers, found, err)
		}
		return nil
	})
}

// signBy signs attributes that envelope.New would not write.
func signBy(b *runtest.Bench, r envelope.Record, key, value string) envelope.Record {
	r = respell(envelopetest.Without(r, "ce_signature"), key, value)
	var signed []signing.Attribute
	for _, h := range r.Headers {
		name := strings.TrimPrefix(h.Key, "ce_")
		if h.Key == "content-type" {
			name = "datacontenttype"
		}
		signed = append(signed, signing.Attribute{Name: name, Value: string(h.Value)})
	}
	s := b.Signer("workspace").Sign(signing.Message(signed, r.Topic, r.Key, r.Value))
	r.Headers = append(slices.Clone(r.Headers), envelope.Header{Key: "ce_signature", Value: []byte(signing.EncodeSignature(s))})
	return r
}

func TestANumberThatNoDatabaseHoldsStopsNoTimer(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	r := b.Sign("workspace", count(b.NewID()), func(d *envelope.Draft) { d.Sequence = 2 })
	b.DeliverRecord(signBy(b, r, "ce_sequence", "18446744073709551615"))
	r = b.Sign("workspace", count(b.NewID()), func(d *envelope.Draft) {
		d.Sequence, d.RestsOn = 1, []envelope.Rest{{Source: topics.Source("molgenis", "catalog"), Subject: "question/q", Sequence: 1}}
	})
	b.DeliverRecord(signBy(b, r, "ce_restson", "/sites/molgenis/catalog question/q 18446744073709551615"))
	b.Advance(time.Hour)
	if got := reasons(b); len(got) != 2 {
		t.Fatalf("dead letters %v", got)
	}
	probe(t, b)
}

func TestWhatAHandlerCannotSayByContractIsARefusal(t *testing.T) {
	b := runtest.New(t, "catalog", func(s *run.Service) {
		run.Handle(s, func(tx *run.Tx, e envelope.Event, c workspace.CountAnswered) error {
			answer := catalog.QuestionAnswered(c)
			answer.DatasetID = strings.Repeat("x", 5000)
			_, err := tx.Emit(e.Subject, answer)
			return err
		})
	})
	b.Deliver("workspace", count(b.NewID()))
	if got := reasons(b); len(got) != 1 || got[0] != "consequence-invalid" {
		t.Fatalf("dead letters %v", got)
	}
}

// counting counts how often a clock is asked: every transaction asks it.
type counting struct {
	clock.Clock
	asked int
}

func (c *counting) Now() time.Time {
	c.asked++
	return c.Clock.Now()
}

func TestALineThatArrivesInReverseCostsNoMoreThanItsLength(t *testing.T) {
	const n = 100
	applied, watch := 0, &counting{}
	b := runtest.New(t, "catalog", func(s *run.Service) {
		run.Handle(s, func(*run.Tx, envelope.Event, workspace.CountAnswered) error { applied++; return nil })
	}, func(e *run.Env) { watch.Clock, e.Clock = e.Clock, watch })
	id := b.NewID()
	records := make([]envelope.Record, n)
	for i := range records {
		records[i] = b.Sign("workspace", count(id))
	}
	slices.Reverse(records)
	for _, r := range records[:n-1] {
		b.DeliverRecord(r)
	}
	watch.asked = 0
	b.DeliverRecord(records[n-1])
	if applied != n || len(reasons(b)) != 0 {
		t.Fatalf("%d of %d applied, dead letters %v", applied, n, reasons(b))
	}
	if most := 10 * n; watch.asked > most {
		t.Errorf("the first event led to %d looks at the clock, at most %d were to be expected", watch.asked, most)
	}
}

func TestOneSourceCannotFillTheWaitingRoom(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	record := b.Sign("workspace", count(b.NewID()))
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		for range store.MaxWaiting {
			if err := tx.Park(store.Parked{Source: topics.Source("molgenis", "workspace"), EventID: b.NewID(), Awaits: "nothing",
				Deadline: tx.Now().Add(time.Hour), Reason: "question-unknown", Record: record}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.DeliverRecord(record)
	if got := reasons(b); len(got) != 1 || got[0] != "too-many-waiting" {
		t.Fatalf("dead letters %v", got)
	}
	id := b.NewID()
	b.Deliver("catalog", asked(id)) // others are not held up
	if got := reasons(b); len(got) != 1 {
		t.Fatalf("dead letters %v", got)
	}
}

func TestATimerThatFailsHoldsUpNoOther(t *testing.T) {
	fired := 0
	b := runtest.New(t, "catalog", func(s *run.Service) {
		run.HandleTimer(s, "poison", func(*run.Tx, string, struct{}) error { return run.Refuse("never", "works") })
		run.HandleTimer(s, "sound", func(*run.Tx, string, struct{}) error { fired++; return nil })
	})
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		if err := tx.Alarm("poison", "a", tx.Now().Add(time.Minute), struct{}{}); err != nil {
			return err
		}
		return tx.Alarm("sound", "a", tx.Now().Add(2*time.Minute), struct{}{})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Clock.Advance(time.Hour)
	if err := b.Service.Fire(t.Context()); err == nil {
		t.Error("the failure of a timer was not told")
	}
	if fired != 1 {
		t.Fatalf("the sound timer fired %d times", fired)
	}
}

func TestADeadLetterThatHadWaitedIsKeptWhereItLay(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	b.Deliver("workspace", count(b.NewID()))
	b.Deliver("workspace", count(b.NewID()))
	b.Advance(time.Hour)
	letters := runtest.Sent[catalog.RecordDeadLettered](b)
	if len(letters) != 2 || letters[0].Offset == letters[1].Offset {
		t.Fatalf("dead letters %+v", letters)
	}
	b.View(func(tx *run.Tx) error {
		for _, d := range letters {
			if _, found, err := tx.FromQuarantine(d.Topic, int(d.Partition), d.Offset); err != nil || !found {
				t.Errorf("the record at %d is not kept: %v", d.Offset, err)
			}
		}
		return nil
	})
}

func TestATimerThatWasMovedMeanwhileFiresAtItsNewTimeOnly(t *testing.T) {
	fired := 0
	b := runtest.New(t, "catalog", func(s *run.Service) {
		run.HandleTimer(s, "first", func(tx *run.Tx, subject string, _ struct{}) error {
			return tx.Alarm("second", subject, tx.Now().Add(time.Hour), struct{}{})
		})
		run.HandleTimer(s, "second", func(*run.Tx, string, struct{}) error { fired++; return nil })
	})
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		if err := tx.Alarm("first", "a", tx.Now().Add(time.Minute), struct{}{}); err != nil {
			return err
		}
		return tx.Alarm("second", "a", tx.Now().Add(2*time.Minute), struct{}{})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Advance(3 * time.Minute)
	if fired != 0 {
		t.Fatal("it fired at the time that it had before")
	}
	b.Advance(time.Hour)
	if fired != 1 {
		t.Fatalf("it fired %d times", fired)
	}
}

func TestASignedDeadLetterWaitsItsTurnAndDoesNotPassOverWhatCameBefore(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("workspace", count(id)) // waits for its question
	b.Deliver("workspace", count(id), func(d *envelope.Draft) { d.Time, d.Expiry = d.Time.Add(-2*time.Hour), d.Time.Add(-time.Hour) })
	b.Deliver("workspace", count(id))
	b.Deliver("catalog", asked(id))
	if got := reasons(b); answers(b) != 2 || len(got) != 1 || got[0] != envelope.CodeExpired {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
}
