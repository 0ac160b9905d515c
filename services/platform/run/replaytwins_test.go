package run_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// parked leaves records as an older release did that knew none of their majors: each in quarantine, its place passed.
func parked(t *testing.T, r *reader, records ...envelope.Record) (kept []run.Replay) {
	t.Helper()
	err := r.Service.Update(t.Context(), func(tx *run.Tx) error {
		for i, record := range records {
			e, err := envelope.Read(record)
			if err != nil && envelope.CodeOf(err) != envelope.CodeUnsupportedVersion {
				return err
			}
			at := run.Replay{Topic: record.Topic, Offset: int64(1000 + i)}
			if _, err := tx.Quarantine(store.Quarantined{Topic: at.Topic, Offset: at.Offset, Reason: envelope.CodeUnsupportedVersion, Record: record}); err != nil {
				return err
			}
			if err := tx.MarkSeen(record.Topic, e.Source, e.Subject, e.Sequence); err != nil {
				return err
			}
			kept = append(kept, at)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// again replays and expects an outcome, and words in its detail.
func (r *reader) again(t *testing.T, at run.Replay, outcome string, words ...string) {
	t.Helper()
	out, err := r.Service.Replay(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append(words, outcome) {
		if !strings.Contains(out.Outcome+" "+out.Reason+" "+out.Detail, w) {
			t.Fatalf("replayed %+v, want %s with %q", out, outcome, words)
		}
	}
}

func TestOfParkedTwinsOneIsReplayedWhicheverIsAskedForFirst(t *testing.T) {
	for name, c := range map[string]struct {
		first, second int
		heard         string
	}{
		"the newer first": {0, 1, "v2 CANCELED permit-revoked The permit was revoked."},
		"the older first": {1, 0, "v2 CANCELED permit-revoked "},
	} {
		t.Run(name, func(t *testing.T) {
			r, records := newReader(t, 2), stopped(t, project, "CANCELED")
			kept := parked(t, r, records...)
			r.again(t, kept[c.first], run.ReplayApplied)
			r.again(t, kept[c.second], run.ReplayAlready, "took effect as event "+valueOf(records[c.first], "ce_id"))
			r.again(t, kept[c.first], run.ReplayAlready)
			r.Restart()
			for _, record := range records {
				r.DeliverRecord(record)
			}
			r.expect(t, c.heard)
		})
	}
}

func TestAReplayHasNoEffectWhereTheTwinHadItsOwn(t *testing.T) {
	r, records := newReader(t, 2), stopped(t, project, "CANCELED")
	kept := parked(t, r, records[0])
	r.DeliverRecord(records[1])
	r.again(t, kept[0], run.ReplayAlready, valueOf(records[1], "ce_id"), "major 1")
	r.expect(t, "v2 CANCELED permit-revoked ")
}

// Also a release that does not know the major yet can tell that the fact took effect in one that it knows.
func TestAReplayOfAnUnknownMajorTellsOfItsTwin(t *testing.T) {
	r, records := newReader(t, 1), stopped(t, project, "CANCELED")
	kept := parked(t, r, unknown(r, records[0], "1:"+valueOf(records[1], "ce_id")))
	r.again(t, kept[0], run.ReplayRefused, envelope.CodeUnsupportedVersion)
	r.DeliverRecord(records[1])
	r.again(t, kept[0], run.ReplayAlready, valueOf(records[1], "ce_id"))
	r.expect(t, "v1 CANCELED permit-revoked")
}

func TestOfParkedTwinsThatIsReplayedWhichTheReleaseReads(t *testing.T) {
	r, records := newReader(t, 1), stopped(t, project, "CANCELED")
	kept := parked(t, r, records...)
	r.again(t, kept[0], run.ReplayRefused, "type-not-read", valueOf(records[1], "ce_id"))
	r.again(t, kept[1], run.ReplayApplied)
	r.again(t, kept[0], run.ReplayAlready)
	r.expect(t, "v1 CANCELED permit-revoked")
}

func TestParkedTwinsAreRuledOutByWhatCameAfterBoth(t *testing.T) {
	r, records := newReader(t, 2), stopped(t, project, "RUNNING", "CANCELED")
	kept := parked(t, r, records[:2]...)
	r.DeliverRecord(records[2])
	for _, at := range kept {
		r.again(t, at, run.ReplayRefused, "sequence-stale")
	}
	r.expect(t, "v2 CANCELED permit-revoked The permit was revoked.")
}

// The older twin passes right behind a newer one that was refused, and may be refused itself; that is no reason not to
// take the newer one again.
func TestAMendedServiceTakesARefusedTwinAgain(t *testing.T) {
	for name, give := range map[string]func(*reader, []envelope.Record) run.Replay{
		"the newer was refused": func(r *reader, records []envelope.Record) run.Replay {
			r.DeliverRecord(records[0])
			r.DeliverRecord(records[1])
			return run.Replay{Topic: records[0].Topic, Offset: 1}
		},
		"the newer was parked and the older refused": func(r *reader, records []envelope.Record) run.Replay {
			kept := parked(t, r, records[0])
			r.DeliverRecord(records[1])
			return kept[0]
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken := true
			var heard []string
			r := &reader{Bench: runtest.New(t, "airlock", func(s *run.Service) {
				run.Handle(s, func(_ *run.Tx, _ envelope.Event, p workspacev2.JobStateChanged) error {
					if broken {
						panic("a mistake that a later release mends")
					}
					heard = append(heard, p.State)
					return nil
				})
			})}
			kept := give(r, stopped(t, project, "CANCELED"))
			r.again(t, kept, run.ReplayRefused, "handler-panic")
			broken = false
			r.again(t, kept, run.ReplayApplied)
			r.again(t, kept, run.ReplayAlready)
			if !slices.Equal(heard, []string{"CANCELED"}) {
				t.Errorf("heard %q", heard)
			}
		})
	}
}
