package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/inquiry"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// listing is what the registry's topic said last of a participant.
type listing struct {
	Participant registry.Participant
	Digest      string // of the entry's data: the next one names it
}

// patienceForKeys is how long what was signed with a key that is not known waits for an entry of the registry: both are
// read by different loops, which after a cut come back within seconds of each other.
const patienceForKeys = time.Minute

// followRegistry begins with what was taken before and with the operator's list, then reads the registry entry by entry.
// What the list holds already is passed over there: it is verified once, as a whole.
func (g *gateway) followRegistry(ctx context.Context) error {
	g.s.ReadLink(Link, topics.Registry)
	g.s.Settled(topics.Registry, g.directory.Began().Entries)
	run.HandleBorder(g.s, g.takeEntry)
	if len(g.s.Env().Links[Link].Bus.Brokers) > 0 {
		var last lastRead
		g.s.OnUnknownKey(func(ctx context.Context) error { return g.catchUp(ctx, &last) })
	}
	if err := g.recallRegistry(ctx); err != nil {
		return err
	}
	return g.takeList(ctx, g.directory.Began())
}

func (g *gateway) recallRegistry(ctx context.Context) error {
	return g.s.View(ctx, func(tx *run.Tx) error {
		return listings.Each(tx.Tx, func(_ string, l listing) error { return g.directory.Take(l.Participant) })
	})
}

// lastRead is how far catchUp has read each partition of the registry.
type lastRead struct {
	mu   sync.Mutex
	next map[int]int64
}

// catchUp takes every entry that is in the registry by now. A key that is then not known is in no entry: the operator
// publishes a key before anybody may sign with it.
func (g *gateway) catchUp(ctx context.Context, last *lastRead) error {
	last.mu.Lock()
	defer last.mu.Unlock()
	if err := g.recallRegistry(ctx); err != nil { // what another process of this gateway has read
		return err
	}
	next := map[int]int64{}
	err := bus.Scan(ctx, g.s.Env().Links[Link].Bus, []string{topics.Registry}, time.Time{}, false, func(at bus.Position, r envelope.Record) error {
		next[at.Partition] = at.Offset + 1
		if at.Offset < last.next[at.Partition] {
			return nil
		}
		return g.s.Feed(ctx, Link, r, at)
	})
	if err != nil {
		return fmt.Errorf("read the registry to its end: %w", err)
	}
	last.next = next
	return nil
}

// takeEntry makes an entry of the registry count, if it follows the one before.
func (g *gateway) takeEntry(tx *run.Tx, e envelope.Event, p federation.ParticipantListed) error {
	next, err := registry.FromEntry(p)
	if err != nil {
		return notTaken(err)
	}
	known, before, err := listings.Get(tx.Tx, p.Site)
	if err != nil {
		return err
	}
	if err := next.Follows(known.Participant, known.Digest); err != nil {
		return notTaken(err)
	}
	if err := g.directory.Acceptable(next); err != nil {
		return notTaken(err)
	}
	if err := g.enlist(tx, listing{Participant: next, Digest: objects.Digest(e.Data)}); err != nil {
		return err
	}
	tx.After(func() {
		if err := g.directory.Take(next); err != nil {
			g.s.Env().Log.Error("an entry of the registry is taken after a restart only", "source", next.Site, "error", err.Error())
		}
	})
	if err := tellEntry(tx, known.Participant, next, before); err != nil {
		return err
	}
	if was, _ := g.directory.Participant(next.Site); next.Serial >= was.Serial && was.Takes() && !next.Takes() {
		return g.partFrom(tx, next)
	}
	return nil
}

// enlist keeps what is listed of a site and wakes what waited for it.
func (g *gateway) enlist(tx *run.Tx, l listing) error {
	tx.Wake(entryOf(l.Participant.Site))
	return listings.Put(tx.Tx, l.Participant.Site, l)
}

// entryOf is what waits for news of a site.
func entryOf(site string) string { return "participant/" + site }

// notTaken is why an entry of the registry has no effect. The operator's signature alone makes none good.
func notTaken(err error) error {
	for reason, cause := range map[string]error{border.RegistryRollback: registry.ErrRollback, border.RegistryFork: registry.ErrFork,
		border.Gone: registry.ErrLeft, border.ParticipantInvalid: registry.ErrParticipant} {
		if errors.Is(err, cause) {
			return run.Refuse(reason, "the registry stays as it is known here, and the operator is to explain the entry: %s", clip(err.Error()))
		}
	}
	return err
}

// tellEntry says to the site what an entry has changed.
func tellEntry(tx *run.Tx, was, is registry.Participant, before bool) error {
	if is.Takes() && (!before || !was.Takes()) {
		_, err := tx.Emit(entryOf(is.Site), federation.ParticipantJoined{Site: is.Site, RootDigest: objects.Digest(is.Root),
			ProfileDigest: is.ProfileDigest, Agreement: cmp.Or(is.Agreement, "DSA"), Serial: is.Serial})
		if err != nil {
			return err
		}
	}
	if is.Status != was.Status && is.Status == registry.Suspended {
		if _, err := tx.Emit(entryOf(is.Site), federation.ParticipantSuspended{Site: is.Site, Reason: cmp.Or(is.Reason, unknown), Serial: is.Serial}); err != nil {
			return err
		}
	}
	if is.Status != was.Status && is.Status == registry.Left {
		if _, err := tx.Emit(entryOf(is.Site), federation.ParticipantLeft{Site: is.Site, Reason: cmp.Or(is.Reason, unknown), Serial: is.Serial}); err != nil {
			return err
		}
	}
	if !before {
		return nil
	}
	return tellKeys(tx, was, is)
}

func tellKeys(tx *run.Tx, was, is registry.Participant) error {
	change, err := registry.Changed(was, is)
	if err != nil || !change.Any() {
		return err
	}
	p := federation.KeysRotated{Site: is.Site, Serial: is.Serial, Added: []vocabulary.KeyValidity{}, Retired: change.Retired, Revoked: change.Revoked}
	for _, k := range change.Added {
		p.Added = append(p.Added, vocabulary.KeyValidity{KeyID: k.ID, Source: k.Source, NotBefore: k.NotBefore, NotAfter: k.NotAfter})
	}
	_, err = tx.Emit(entryOf(is.Site), p)
	return err
}

// participant is another site that takes part now, by the newest that is known of it.
func (g *gateway) participant(tx *run.Tx, site string) (registry.Participant, error) {
	p, known := g.directory.Participant(site)
	l, _, err := listings.Get(tx.Tx, site)
	switch {
	case err != nil:
		return p, err
	case l.Participant.Site != "" && (!known || l.Participant.Serial > p.Serial):
		p, known = l.Participant, true
	}
	if !known {
		return p, run.Refuse(border.SiteUnknown, "%.64s is no other site of the federation", site)
	}
	return p, takesPart(p)
}

func takesPart(p registry.Participant) error {
	switch p.Status {
	case registry.Suspended:
		return run.Refuse(border.Suspended, "%s is suspended; nothing is sent to it or taken from it until it is active again", p.Site)
	case registry.Left:
		return run.Refuse(border.Gone, "%s has left the federation; nothing is sent to it or taken from it", p.Site)
	}
	return nil
}

// errNewer says that an event was verified by keys that a newer entry has replaced meanwhile.
var errNewer = errors.New("the registry has changed since the signature was verified: it is verified again")

// from refuses what a site says that does not take part.
func (g *gateway) from(tx *run.Tx, site string) error {
	l, _, err := listings.Get(tx.Tx, site)
	if err != nil {
		return err
	}
	if verifiedBy, _ := g.directory.Participant(site); l.Participant.Serial > verifiedBy.Serial {
		return errors.Join(errNewer, g.directory.Take(l.Participant))
	}
	_, err = g.participant(tx, site)
	return err
}

// partFrom ends the waiting for a site that takes part no longer, and what is done here on its behalf.
//
// A study that waits for the site goes on without it: partial, and naming it. A job that its study gave to this site is
// stopped. What the site has returned before stays, because it was good when it came.
func (g *gateway) partFrom(tx *run.Tx, p registry.Participant) error {
	reason, detail := border.Suspended, "the federation's operator has suspended the site"
	if p.Status == registry.Left {
		reason, detail = border.Gone, "the site has left the federation"
	}
	err := studies.Each(tx.Tx, func(id string, h hosted) error { return g.abandon(tx, id, p.Site, reason, detail) })
	if err != nil {
		return err
	}
	if err := inquiries.Each(tx.Tx, func(id string, _ inquiry.Inquiry) error {
		return g.inquiryChanged(tx, id, func(q *inquiry.Inquiry) error { q.Miss(p.Site, inquiry.Silent, reason); return nil })
	}); err != nil {
		return err
	}
	return jobs.Each(tx.Tx, func(id string, j job) error {
		if j.HostSite != p.Site || j.Answered || j.OutputID != "" {
			return nil
		}
		_, err := tx.Emit("job/"+id, workspace.JobCancel{JobID: id})
		return err
	})
}

// abandon lets a study of this site go on without a site.
func (g *gateway) abandon(tx *run.Tx, studyID, site, reason, detail string) error {
	return g.change(tx, studyID, func(s *study.Study) error { return s.Abandon(site, reason, detail) })
}
