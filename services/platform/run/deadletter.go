package run

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// actRefused and deadLettered are the two facts that every service has alike; their contracts differ by type only.
type actRefused struct {
	service    string
	ActID      string `json:"actId"`
	ActType    string `json:"actType"`
	ActSubject string `json:"actSubject"`
	Actor      string `json:"actor,omitzero"`
	Reason     string `json:"reason"`
	Detail     string `json:"detail"`
	AuditLeaf  int64  `json:"auditLeaf"`
}

func (a actRefused) EventType() string { return "fairway." + a.service + ".act.refused.v1" }

type deadLettered struct {
	service   string
	RecordID  string `json:"recordId"`
	Topic     string `json:"topic"`
	Partition int64  `json:"partition"`
	Offset    int64  `json:"offset"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	AuditLeaf int64  `json:"auditLeaf"`
}

func (d deadLettered) EventType() string { return "fairway." + d.service + ".record.dead-lettered.v1" }

// deadLetter puts away a record that broke a rule of the wire: it is kept encrypted, announced by digest, audited.
// One that was signed has its turn: it is put away after what its source said before.
func (s *Service) deadLetter(ctx context.Context, in incoming, e envelope.Event, why error) (facts map[string]bool, err error) {
	r := &Refusal{Reason: envelope.CodeMalformed, Detail: "the record could not be read"}
	var wire *envelope.Error
	if errors.As(why, &wire) {
		r = &Refusal{Reason: wire.Code, Detail: clip(wire.Error())}
	}
	telemetry.Refused(ctx, r.Reason)
	err = s.store.Update(ctx, func(t *store.Tx) error {
		digest := objects.Digest(in.record.Value)
		tx := s.newTx(t, unverified(e, digest))
		if err := tx.read(in); err != nil {
			return err
		}
		if e.Signed { // it was said, though it may not be acted on: what follows it is no gap
			await, err := tx.gap(e)
			if err == nil && await != nil {
				if err = tx.park(in, e, await); !errors.Is(err, store.ErrTooManyWaiting) {
					return err
				}
				err = nil
			}
			if err == nil {
				err = tx.passed(e)
			}
			if err != nil {
				return err
			}
			facts = tx.facts
		}
		leaf, err := tx.NextLeaf()
		if err != nil {
			return err
		}
		fresh, err := s.quarantine(tx, in, r, leaf)
		if err != nil {
			return err
		}
		if !fresh {
			return errSkip // this very record was put away before
		}
		if s.refused != nil {
			if err := s.refused(tx, e, *r, leaf); err != nil {
				return err
			}
		}
		_, err = tx.closeLeaf("dead-lettered", r.Reason)
		return err
	})
	if errors.Is(err, errSkip) {
		return nil, s.readInVain(ctx, in)
	}
	if err == nil {
		s.env.Log.Warn("dead letter", "topic", in.record.Topic, "partition", in.at.Partition, "offset", in.at.Offset, "reason", r.Reason)
	}
	return facts, err
}

// unverified is the cause that a record names which nobody vouches for: only well-formed ids are carried on.
func unverified(e envelope.Event, digest string) cause {
	if id, err := ulid.ParseStrict(e.ID); err != nil || id.String() != e.ID {
		return cause{digest: digest}
	}
	return cause{id: e.ID, correlation: e.ID, digest: digest}
}

// quarantine keeps a record and announces it; it reports false when the record at this place was kept before.
func (s *Service) quarantine(tx *Tx, in incoming, r *Refusal, leaf int64) (fresh bool, err error) {
	digest := objects.Digest(in.record.Value)
	fresh, err = tx.Quarantine(store.Quarantined{Topic: in.record.Topic, Partition: in.at.Partition, Offset: in.at.Offset,
		Digest: digest, Reason: r.Reason, Record: in.record})
	if err != nil || !fresh {
		return fresh, err
	}
	tx.countDeadLetter(r.Reason)
	id := tx.NewID()
	_, err = tx.Emit("record/"+id, deadLettered{service: s.name, RecordID: id, Topic: in.record.Topic,
		Partition: int64(in.at.Partition), Offset: in.at.Offset, Digest: digest, Size: int64(len(in.record.Value)),
		Reason: r.Reason, Detail: clip(r.Detail), AuditLeaf: leaf})
	return true, err
}

// clip keeps a sentence within what a contract allows for text.
func clip(s string) string {
	const limit = 500
	if s == "" {
		return "no detail"
	}
	for len(s) > limit {
		_, size := utf8.DecodeLastRuneInString(s[:limit+1])
		s = s[:limit+1-size]
	}
	return s
}
