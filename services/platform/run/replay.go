package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Outcomes of a replay.
const (
	ReplayApplied = "applied" // it took effect now
	ReplayAlready = "already" // it, or its twin in another major, had taken effect before; nothing was done
	ReplayRefused = "refused" // it may still not take effect, for the reason given
	ReplayUnknown = "unknown" // no such record is kept here
)

// Replay is a request to take a refused record again, by where it lay.
type Replay struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Replayed is what came of it. AuditLeaf is its entry in the audit log; -1 where there is none.
type Replayed struct {
	Outcome   string `json:"outcome"`
	Reason    string `json:"reason,omitzero"`
	Detail    string `json:"detail,omitzero"`
	AuditLeaf int64  `json:"auditLeaf"`
}

// Suffixes of the files by which a service is asked and answers, in Env.Replay.
const (
	ReplayAsked    = ".asked"
	ReplayAnswered = ".answered"
)

// replayLook is how often a service looks for requests.
const replayLook = time.Second

// refusals remembers which events were marked as had in the inbox because they were refused, not because they took
// effect: only those can be replayed.
const refusals store.Kind[string] = "platform/refusal"

func refusalID(source, id string) string { return source + " " + id }

// markRefused keeps that an event's mark in the inbox is one of a refusal. A refused act is not kept for replay: its
// person asks again.
func (tx *Tx) markRefused(e envelope.Event, reason string) error {
	if c, ok := topics.Lookup(e.Type); ok && c.Kind == topics.KindAct {
		return nil
	}
	return refusals.Put(tx.Tx, refusalID(e.Source, e.ID), reason)
}

// Replay takes a record out of quarantine and tries it again with all the checks of a new one, but that its place in
// its subject may be the last one seen. It goes to this service alone, whoever else read it then, and as the bytes that
// its source signed: nothing is written to a topic in another's name. What came after it about the same subject rules
// it out, because it would undo that: a permit granted, replayed after its revocation.
func (s *Service) Replay(ctx context.Context, r Replay) (Replayed, error) {
	out := Replayed{AuditLeaf: -1}
	var facts map[string]bool
	err := s.store.Update(ctx, func(t *store.Tx) (err error) {
		record, found, err := t.FromQuarantine(r.Topic, r.Partition, r.Offset)
		if err != nil {
			return err
		}
		if !found {
			out = Replayed{Outcome: ReplayUnknown, Detail: "no refused record lies here from that place, or its time of keeping is over", AuditLeaf: -1}
			return nil
		}
		in := incoming{link: s.reads[r.Topic], record: record, at: bus.Position{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}}
		e, wrong := s.open(in)
		tx := s.newTx(t, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e), actor: e.Actor, digest: objects.Digest(e.Data)})
		if wrong != nil {
			tx.cause = unverified(e, objects.Digest(record.Value))
		}
		if out, err = tx.replay(in, e, wrong); err != nil || out.Outcome == ReplayAlready {
			return err
		}
		facts = tx.facts
		out.AuditLeaf, err = tx.closeLeaf("replayed", out.Reason)
		return err
	})
	if err != nil {
		return Replayed{}, fmt.Errorf("replay %s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	s.env.Log.Info("replayed", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "outcome", out.Outcome, "reason", out.Reason)
	return out, s.wake(ctx, facts)
}

func (tx *Tx) replay(in incoming, e envelope.Event, wrong error) (Replayed, error) {
	if wrong == nil || saidTwice(e, wrong) {
		if said, err := tx.twinTookEffect(in, e); err != nil || said {
			detail := fmt.Sprintf("the same fact took effect as event %s, its twin in major %d", e.Twin.ID, e.Twin.Major)
			return Replayed{Outcome: ReplayAlready, Detail: detail, AuditLeaf: -1}, err
		}
	}
	if wrong != nil {
		return stillRefused(wrong)
	}
	before, err := tx.Applied(e.Source, e.ID)
	if err != nil {
		return Replayed{}, err
	}
	_, once, err := refusals.Get(tx.Tx, refusalID(e.Source, e.ID))
	if err != nil {
		return Replayed{}, err
	}
	if before == tx.cause.digest && !once {
		return Replayed{Outcome: ReplayAlready, AuditLeaf: -1}, nil
	}
	if before != "" && before != tx.cause.digest {
		return stillRefused(&Refusal{reasonConflict, "another event with this source and id was applied before"})
	}
	if err := tx.attempt(func() error { return tx.again(in, e) }); err != nil {
		return stillRefused(err)
	}
	if before == "" {
		err = tx.MarkApplied(e.Source, e.ID, tx.cause.digest)
	}
	return Replayed{Outcome: ReplayApplied}, errors.Join(err, refusals.Delete(tx.Tx, refusalID(e.Source, e.ID)), tx.passed(e))
}

// again runs the handlers unless something else came after the event.
func (tx *Tx) again(in incoming, e envelope.Event) error {
	seen, err := tx.Seen(e.Record.Topic, e.Source, e.Subject)
	if err != nil {
		return err
	}
	if e.Twin.ID != "" && len(tx.s.handlersFor(in.link, e.Type)) == 0 {
		return Refuse(reasonNotRead, "this release takes the fact in major %d: replay its twin, event %s", e.Twin.Major, e.Twin.ID)
	}
	if e.Sequence != 0 && seen > lastOf(e) {
		return Refuse(reasonStale, "number %d of its subject has been seen since, this is number %d: its source has to say it anew", seen, e.Sequence)
	}
	if await, err := tx.gap(e); err != nil {
		return err
	} else if await != nil {
		return await
	}
	return tx.s.effect(tx, in, e)
}

// stillRefused is the outcome of what may not take effect now either; an error that may pass is returned as it is.
func stillRefused(why error) (Replayed, error) {
	out := Replayed{Outcome: ReplayRefused}
	var refusal *Refusal
	var await *Await
	var wire *envelope.Error
	switch {
	case errors.As(why, &refusal):
		out.Reason, out.Detail = refusal.Reason, refusal.Detail
	case errors.As(why, &await):
		out.Reason, out.Detail = await.Reason, "it rests on what has not been seen yet: replay it once that is there"
	case errors.As(why, &wire):
		out.Reason, out.Detail = wire.Code, wire.Error()
	case errors.Is(why, envelope.ErrForeign):
		out.Reason, out.Detail = envelope.CodeUnknownType, "another organisation's own event"
	default:
		return out, why
	}
	out.Detail = clip(out.Detail)
	return out, nil
}

// watchReplays answers the requests in a folder until ctx ends. Who may write there may ask; the folder is the
// service's own. An answer that is lost with the process is given again: the inbox lets nothing happen twice.
func (s *Service) watchReplays(ctx context.Context) error {
	if err := os.MkdirAll(s.env.Replay, 0o700); err != nil {
		return fmt.Errorf("make the folder for replays: %w", err)
	}
	for {
		if err := s.answerReplays(ctx); err != nil && ctx.Err() == nil {
			s.env.Log.Warn("requests for replays are looked at again", "error", err.Error())
		}
		if !s.sleep(ctx, replayLook) {
			return nil
		}
	}
}

func (s *Service) answerReplays(ctx context.Context) error {
	entries, err := os.ReadDir(s.env.Replay)
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ReplayAsked); ok && entry.Type().IsRegular() {
			err = errors.Join(err, s.answerReplay(ctx, filepath.Join(s.env.Replay, name)))
		}
	}
	return err
}

func (s *Service) answerReplay(ctx context.Context, path string) error {
	text, err := os.ReadFile(path + ReplayAsked)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // taken back
	}
	if err != nil {
		return err
	}
	var asked Replay
	answer := Replayed{Outcome: ReplayUnknown, Detail: "the request is not {topic, partition, offset}", AuditLeaf: -1}
	if json.Unmarshal(text, &asked, json.RejectUnknownMembers(true)) == nil {
		if answer, err = s.Replay(context.WithoutCancel(ctx), asked); err != nil {
			return err
		}
	}
	if text, err = json.Marshal(answer); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("answer a request for a replay: %w", err)
	}
	if err := os.Rename(path+".new", path+ReplayAnswered); err != nil {
		return fmt.Errorf("answer a request for a replay: %w", err)
	}
	return os.Remove(path + ReplayAsked)
}
