package registry

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Why an entry does not follow the one that is known of the same site. The operator's signature is not enough: what was
// signed once may be old, and an operator who signs two histories must be found out.
var (
	ErrRollback = errors.New("an older entry after a newer one")
	ErrFork     = errors.New("two entries claim the same place")
	ErrLeft     = errors.New("the site has left, and that is final")
)

// Listed says the participant's entry, as it stands, for the registry's topic.
func (p Participant) Listed() (federation.ParticipantListed, error) {
	trust, err := p.Trust()
	if err != nil {
		return federation.ParticipantListed{}, err
	}
	e := federation.ParticipantListed{Site: p.Site, Title: p.Title, Serial: p.Serial, Status: p.Status, Root: p.Root, Audit: p.Audit,
		ProfileDigest: p.ProfileDigest, Sealed: p.Keys, Previous: p.Previous, Agreement: p.Agreement, Reason: p.Reason}
	for _, k := range trust.Keys() {
		e.Keys = append(e.Keys, vocabulary.PublicKey{KeyID: k.ID, Source: k.Source, Public: k.Public, NotBefore: k.NotBefore, NotAfter: k.NotAfter})
	}
	for _, r := range p.Reads {
		e.Reads = append(e.Reads, vocabulary.ReadContract{Type: r.Type, Version: r.Version})
	}
	return e, nil
}

// FromEntry reads an entry. Its keys count as the site's root sealed them, whatever the operator lists beside that.
// Errors: ErrParticipant.
func FromEntry(e federation.ParticipantListed) (Participant, error) {
	p := Participant{Site: e.Site, Title: e.Title, Root: e.Root, Audit: e.Audit, ProfileDigest: e.ProfileDigest, Keys: e.Sealed,
		Serial: e.Serial, Status: e.Status, Reason: e.Reason, Agreement: e.Agreement, Previous: e.Previous}
	for _, r := range e.Reads {
		p.Reads = append(p.Reads, Reading{Type: r.Type, Version: r.Version})
	}
	_, err := p.Trust()
	return p, err
}

// Follows holds a new entry against the one that is known of the site and its digest, both empty if there is none.
//
// reliability_security.md C2: a monotonic sequence, so that a rollback is refused. Errors: ErrRollback, ErrFork, ErrLeft,
// ErrParticipant.
func (p Participant) Follows(known Participant, digest string) error {
	switch {
	case p.Serial < known.Serial:
		return fmt.Errorf("%w: serial %d of %s after %d", ErrRollback, p.Serial, p.Site, known.Serial)
	case p.Serial == known.Serial:
		return fmt.Errorf("%w: another entry of %s has serial %d", ErrFork, p.Site, p.Serial)
	case p.Previous != digest:
		return fmt.Errorf("%w: the entry of %s with serial %d follows another than the one that is known", ErrFork, p.Site, p.Serial)
	case known.Site == "":
		return nil
	case known.Status == Left:
		return fmt.Errorf("%w: %s", ErrLeft, p.Site)
	}
	return p.Renews(known)
}

// Succeeds holds what a list says of a participant against what is known of it and the digest of that entry: the list
// must hold that very entry, and the participant may only go on from there. Errors: those of Follows.
func (p Participant) Succeeds(known Participant, digest string, list Registry) error {
	if listed, _ := list.EntryOf(known); listed != digest {
		return fmt.Errorf("%w: the list has another entry of %s with serial %d than the one that is known", ErrFork, p.Site, known.Serial)
	}
	if known.Status == Left {
		return fmt.Errorf("%w: %s", ErrLeft, p.Site)
	}
	return p.Renews(known)
}

// Renews holds what a site says of itself against what it said before: a participant is known by its root, and its keys
// do not go back. Errors: ErrParticipant, ErrRollback, ErrFork.
func (p Participant) Renews(known Participant) error {
	if !bytes.Equal(p.Root, known.Root) {
		return fmt.Errorf("%w: %s takes part with another root", ErrParticipant, p.Site)
	}
	now, err := p.Trust()
	if err != nil {
		return err
	}
	before, err := known.Trust()
	if err != nil {
		return err
	}
	switch {
	case now.Serial() < before.Serial():
		return fmt.Errorf("%w: the keys of %s have serial %d, known are those with %d", ErrRollback, p.Site, now.Serial(), before.Serial())
	case now.Serial() == before.Serial() && !bytes.Equal(p.Keys, known.Keys):
		return fmt.Errorf("%w: two sets of keys of %s have serial %d", ErrFork, p.Site, now.Serial())
	}
	return nil
}
