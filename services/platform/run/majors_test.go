package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	workspacev1 "github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const project = "01JD3Z5Q8V0N6W2T4K7M9SF000"

// reader is a service that notes what it is told of jobs, in the major that it speaks at the time.
type reader struct {
	*runtest.Bench
	major int
	heard []string
}

func newReader(t *testing.T, major int) *reader {
	r := &reader{major: major}
	r.Bench = runtest.New(t, "airlock", func(s *run.Service) {
		if r.major == 1 {
			run.Handle(s, func(_ *run.Tx, _ envelope.Event, p workspacev1.JobStateChanged) error {
				r.heard = append(r.heard, "v1 "+p.State+" "+p.Reason)
				return nil
			})
			return
		}
		run.Handle(s, func(_ *run.Tx, e envelope.Event, p workspacev2.JobStateChanged) error {
			if e.Type != workspacev2.TypeJobStateChanged {
				return run.Refuse("type", "a handler was given another type")
			}
			r.heard = append(r.heard, "v2 "+p.State+" "+p.Reason.Code+" "+p.Reason.Detail)
			return nil
		})
	})
	return r
}

func (r *reader) expect(t *testing.T, heard ...string) {
	t.Helper()
	if !slices.Equal(r.heard, heard) {
		t.Fatalf("heard %q, want %q", r.heard, heard)
	}
	if letters := runtest.Sent[airlock.RecordDeadLettered](r.Bench); len(letters) > 0 {
		t.Fatalf("dead letters %+v", letters)
	}
}

// stopped is a fact as the workspace says it, in both majors: the newer record first.
func stopped(t *testing.T, job string, states ...string) []envelope.Record {
	t.Helper()
	b := runtest.New(t, "workspace", func(*run.Service) {})
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		for _, state := range states {
			said, err := tx.Emit("job/"+job, workspacev2.JobStateChanged{JobID: job, ProjectID: project, State: state,
				Reason: vocabulary.StateReason{Code: "permit-revoked", Detail: "The permit was revoked."}})
			if err != nil {
				return err
			}
			if said.Sequence%2 != 0 {
				return fmt.Errorf("what rests on a fact rests on both of its records, not up to number %d", said.Sequence)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var records []envelope.Record
	for _, e := range b.Outbox() {
		records = append(records, e.Record)
	}
	return records
}

func TestAFactThatSupersedesAMajorIsSaidInBothAndEachNamesTheOther(t *testing.T) {
	records := stopped(t, project, "CANCELED")
	if len(records) != 2 {
		t.Fatalf("%d records", len(records))
	}
	newer, err := envelope.Read(records[0])
	if err != nil {
		t.Fatal(err)
	}
	older, err := envelope.Read(records[1])
	if err != nil {
		t.Fatal(err)
	}
	if newer.Type != workspacev2.TypeJobStateChanged || older.Type != workspacev1.TypeJobStateChanged || newer.ID == older.ID {
		t.Errorf("said %s and %s", newer.Type, older.Type)
	}
	if newer.Twin != (envelope.Twin{Major: 1, ID: older.ID}) || older.Twin != (envelope.Twin{Major: 2, ID: newer.ID}) {
		t.Errorf("twins %+v and %+v", newer.Twin, older.Twin)
	}
	if newer.Sequence != 1 || older.Sequence != 2 || newer.Record.Topic != older.Record.Topic || newer.Subject != older.Subject {
		t.Errorf("placed %d and %d", newer.Sequence, older.Sequence)
	}
	if newer.CorrelationID != newer.ID || older.CorrelationID != newer.ID {
		t.Errorf("roots %s and %s", newer.CorrelationID, older.CorrelationID)
	}
	if p, err := envelope.Decode[workspacev1.JobStateChanged](older); err != nil || p.Reason != "permit-revoked" {
		t.Errorf("beside it %+v, %v", p, err)
	}
}

func TestAReaderOfTheNewerMajorIsGivenTheOlderLifted(t *testing.T) {
	r := newReader(t, 2)
	r.Deliver("workspace", workspacev1.JobStateChanged{JobID: project, ProjectID: project, State: "CANCELED", Reason: "permit-revoked"})
	r.expect(t, "v2 CANCELED permit-revoked ")
}

func TestAFactSaidInBothMajorsTakesEffectOnce(t *testing.T) {
	job := project
	for name, order := range map[string][]int{"in order": {0, 1, 2, 3}, "each twice": {0, 0, 1, 1, 2, 3, 2, 3}, "in reverse": {3, 2, 1, 0}, "the older first": {1, 0, 3, 2}} {
		for major, heard := range map[int][]string{
			1: {"v1 RUNNING permit-revoked", "v1 CANCELED permit-revoked"},
			2: {"v2 RUNNING permit-revoked The permit was revoked.", "v2 CANCELED permit-revoked The permit was revoked."},
		} {
			t.Run(fmt.Sprintf("%s, reader of major %d", name, major), func(t *testing.T) {
				records, r := stopped(t, job, "RUNNING", "CANCELED"), newReader(t, major)
				for _, i := range order {
					r.DeliverRecord(records[i])
				}
				r.Restart()
				for _, record := range records {
					r.DeliverRecord(record)
				}
				r.expect(t, heard...)
			})
		}
	}
}

// Whatever the moment at which a reader learns or unlearns the newer major, it misses nothing and repeats nothing.
func TestAReaderMayChangeItsMajorBetweenTheTwoRecords(t *testing.T) {
	for _, c := range []struct {
		from, to int
		heard    string
	}{{1, 2, "v2 CANCELED permit-revoked "}, {2, 1, "v2 CANCELED permit-revoked The permit was revoked."}} {
		records, r := stopped(t, project, "CANCELED"), newReader(t, c.from)
		r.DeliverRecord(records[0])
		r.major = c.to
		r.Restart()
		r.DeliverRecord(records[1])
		r.DeliverRecord(records[0])
		r.expect(t, c.heard)
	}
}

// unknown turns a record of major 2 into one of a major that nobody here knows, signed by the same workspace.
func unknown(r *reader, record envelope.Record, twin string) envelope.Record {
	record = respell(record, "ce_type", "fairway.workspace.job.state-changed.v9")
	record = respell(record, "ce_dataschema", "urn:fairway:contracts:workspace:job-state-changed:9.0.0")
	if twin == "" {
		return signBy(r.Bench, envelopetest.Without(record, "ce_twin"), "ce_specversion", "1.0")
	}
	return signBy(r.Bench, record, "ce_twin", twin)
}

func valueOf(r envelope.Record, key string) string {
	i := slices.IndexFunc(r.Headers, func(h envelope.Header) bool { return h.Key == key })
	return string(r.Headers[i].Value)
}

func letters(r *reader) (reasons []string) {
	for _, l := range runtest.Sent[airlock.RecordDeadLettered](r.Bench) {
		reasons = append(reasons, l.Reason)
	}
	return reasons
}

func TestAnUnknownMajorIsParkedForReplayAndLeavesNoGap(t *testing.T) {
	r := newReader(t, 1)
	records := stopped(t, project, "RUNNING")
	r.DeliverRecord(unknown(r, records[0], ""))
	if got := letters(r); !slices.Equal(got, []string{envelope.CodeUnsupportedVersion}) {
		t.Fatalf("dead letters %v", got)
	}
	letter := runtest.Last[airlock.RecordDeadLettered](r.Bench)
	r.View(func(tx *run.Tx) error {
		_, found, err := tx.FromQuarantine(letter.Topic, int(letter.Partition), letter.Offset)
		if err != nil || !found {
			t.Errorf("it is not kept: %v", err)
		}
		return nil
	})
	r.DeliverRecord(records[1]) // number 2 of its subject: at once, it waits for nothing
	if want := []string{"v1 RUNNING permit-revoked"}; !slices.Equal(r.heard, want) {
		t.Fatalf("heard %q, want %q", r.heard, want)
	}
}

func TestAnUnknownMajorIsPassedOverWhereItsTwinIsKnown(t *testing.T) {
	r := newReader(t, 1)
	records := stopped(t, project, "RUNNING")
	r.DeliverRecord(unknown(r, records[0], "1:"+valueOf(records[1], "ce_id")))
	r.DeliverRecord(records[1])
	r.expect(t, "v1 RUNNING permit-revoked")
}

func TestAnUnknownMajorWithoutAGoodSignatureHasNoTurn(t *testing.T) {
	for name, spoil := range map[string]func(*reader, envelope.Record) envelope.Record{
		"changed": func(_ *reader, r envelope.Record) envelope.Record {
			return respell(r, "ce_sequence", fmt.Sprintf("%020d", 1))
		},
		"under another's name": func(_ *reader, r envelope.Record) envelope.Record {
			return respell(r, "ce_source", "/sites/molgenis/airlock")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t, 1)
			records := stopped(t, project, "RUNNING", "CANCELED")
			forged := unknown(r, records[2], "1:"+valueOf(records[1], "ce_id"))
			r.DeliverRecord(spoil(r, forged))
			if got := letters(r); !slices.Equal(got, []string{envelope.CodeUnsupportedVersion}) {
				t.Fatalf("dead letters %v", got)
			}
			r.DeliverRecord(records[1])
			if len(r.heard) != 0 {
				t.Fatalf("number 2 took effect, %q, though number 1 was never said", r.heard)
			}
			r.DeliverRecord(records[0])
			if len(r.heard) != 1 {
				t.Fatalf("heard %q", r.heard)
			}
		})
	}
}

func TestAnUnknownMajorThatCameTooEarlyWaitsItsTurnAndIsThenParked(t *testing.T) {
	for _, twin := range []string{"", "1:01JD3Z5Q8V0N6W2T4K7M9SE000"} {
		r := newReader(t, 1)
		records := stopped(t, project, "RUNNING", "CANCELED")
		r.DeliverRecord(unknown(r, records[2], twin)) // number 3, and 1 and 2 never come
		if got := letters(r); len(got) != 0 {
			t.Fatalf("dead letters %v before its turn", got)
		}
		r.DeliverRecord(records[3])
		r.Advance(time.Hour)
		want := []string{envelope.CodeUnsupportedVersion}
		if twin != "" {
			want = nil
		}
		if got := letters(r); !slices.Equal(got, want) {
			t.Fatalf("twin %q: dead letters %v, want %v", twin, got, want)
		}
		if want := []string{"v1 CANCELED permit-revoked"}; !slices.Equal(r.heard, want) {
			t.Fatalf("twin %q: heard %q, want %q", twin, r.heard, want)
		}
	}
}

func TestAServiceSpeaksOneMajorOfAnEvent(t *testing.T) {
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "one major") {
			t.Errorf("two majors were registered: %v", p)
		}
	}()
	runtest.New(t, "airlock", func(s *run.Service) {
		run.Handle(s, func(*run.Tx, envelope.Event, workspacev2.JobStateChanged) error { return nil })
		run.Handle(s, func(*run.Tx, envelope.Event, workspacev1.JobStateChanged) error { return nil })
	})
}

func TestAnActThatThisReleaseDoesNothingAboutIsRefused(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	b.Act(b.Person("data-manager"), catalog.DatasetWithdraw{DatasetID: "lung", Reason: "consent-withdrawn"})
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != "type-not-read" || got.ActType != catalog.TypeDatasetWithdraw {
		t.Fatalf("refused %+v", got)
	}
}

func TestNothingIsSaidInTwoMajorsAtTheBorder(t *testing.T) {
	b := runtest.New(t, "workspace", func(*run.Service) {})
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		_, err := tx.Emit("job/"+project, workspacev2.JobStateChanged{JobID: project, ProjectID: project, State: "RUNNING"}, run.To(topics.Inbox("denbi")))
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "one major") {
		t.Errorf("said: %v", err)
	}
}
