package registry

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Directory is whom a gateway believes: its own site, the operator about the registry, and the border keys of the other
// participants as they were listed last. It is safe for concurrent use.
type Directory struct {
	site  string
	own   signing.Keys
	began Registry

	mu       sync.RWMutex
	known    map[string]member
	keys     map[string]signing.Key // of all but the site's own, and the operator's
	unopened map[string]string      // id of a key -> the site that lists it, whose seal is verified when the key is asked for
}

// member is a participant and its keys, which its root has sealed; nil until the seal is verified.
type member struct {
	Participant
	sealed []signing.Key
}

// NewDirectory begins with the list that the site was admitted with, which the operator has signed. A participant's keys
// are believed once its own root's seal is verified, and that is done when one of them is asked for: few sites ever speak
// to all others. Errors: ErrParticipant, for a key that two sites list.
func NewDirectory(site string, own signing.Keys, operator ed25519.PublicKey, r Registry) (*Directory, error) {
	d := &Directory{site: site, own: own, began: r, known: map[string]member{}, keys: map[string]signing.Key{}, unopened: map[string]string{}}
	if operator != nil {
		k := OperatorKey(operator)
		d.keys[k.ID] = k
	}
	for _, p := range r.Participants {
		if err := d.note(p); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// note keeps a participant of the list.
func (d *Directory) note(p Participant) error {
	d.known[p.Site] = member{Participant: p}
	if p.Site == d.site {
		return nil
	}
	ids, err := signing.Listed(p.Keys)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrParticipant, p.Site, err)
	}
	for _, id := range ids {
		if err := d.free(id, p.Site); err != nil {
			return err
		}
		d.unopened[id] = p.Site
	}
	return nil
}

// free refuses a key that another has, or lists.
func (d *Directory) free(keyID, site string) error {
	other, taken := d.unopened[keyID]
	if known, ok := d.keys[keyID]; ok {
		other, taken = siteOf(known), true
	}
	if taken && other != site {
		return fmt.Errorf("%w: key %s of %s is one of %s", ErrParticipant, keyID, site, cmp.Or(other, topics.Operator))
	}
	return nil
}

// open verifies the seal of the site that lists a key. Keys under a seal that does not hold are unknown.
func (d *Directory) open(keyID string) (signing.Key, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if site, ok := d.unopened[keyID]; ok {
		m := d.known[site]
		m.sealed, _ = d.sealed(m.Participant)
		d.known[site] = m
		d.believe(site, m.sealed)
	}
	k, ok := d.keys[keyID]
	return k, ok
}

// believe makes these the keys of a site, in the place of those that are listed and not verified.
func (d *Directory) believe(site string, keys []signing.Key) {
	maps.DeleteFunc(d.unopened, func(_, of string) bool { return of == site })
	for _, k := range keys {
		d.keys[k.ID] = k
	}
}

// OperatorKey is what the operator's root may sign as an event: entries of the registry, at all times.
func OperatorKey(public ed25519.PublicKey) signing.Key {
	return signing.Key{ID: signing.KeyID(public), Source: topics.OperatorSource, Types: []string{federation.TypeParticipantListed}, Public: public,
		NotBefore: time.Unix(0, 0).UTC(), NotAfter: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// Began is the list that the directory began with.
func (d *Directory) Began() Registry { return d.began }

// Take believes from now on what is listed of a participant, unless something newer is known. Whether the entry follows
// the one before is for the caller to say. Errors: those of Acceptable.
func (d *Directory) Take(p Participant) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	before, known := d.known[p.Site]
	if known && before.Serial > p.Serial {
		return nil
	}
	keys, err := d.sealed(p)
	if err != nil {
		return err
	}
	d.known[p.Site] = member{p, keys}
	if p.Site == d.site { // for its own site, trust.json is the whole truth
		return nil
	}
	for _, k := range before.sealed {
		delete(d.keys, k.ID)
	}
	d.believe(p.Site, keys)
	return nil
}

// Acceptable tells whether Take would take it. Errors: ErrParticipant, also for a key that another site has: who lists it
// would silence the other.
func (d *Directory) Acceptable(p Participant) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, err := d.sealed(p)
	return err
}

// sealed is a participant's keys, which nobody else has. What is the same as what was verified before is not verified
// again: with many participants that would be most of what a gateway does at its start.
func (d *Directory) sealed(p Participant) ([]signing.Key, error) {
	if m, ok := d.known[p.Site]; ok && m.sealed != nil && bytes.Equal(m.Root, p.Root) && bytes.Equal(m.Audit, p.Audit) && bytes.Equal(m.Keys, p.Keys) {
		return m.sealed, nil
	}
	trust, err := p.Trust()
	if err != nil {
		return nil, err
	}
	keys := trust.Keys()
	for _, k := range keys {
		if err := d.free(k.ID, p.Site); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func siteOf(k signing.Key) string {
	site, _, _ := topics.ParseSource(k.Source)
	return site
}

// Lookup finds a key by its id.
func (d *Directory) Lookup(keyID string) (signing.Key, bool) {
	d.mu.RLock()
	k, ok := d.keys[keyID]
	_, listed := d.unopened[keyID]
	d.mu.RUnlock()
	if !ok && listed {
		k, ok = d.open(keyID)
	}
	if ok {
		return k, true
	}
	return d.own.Lookup(keyID)
}

// Participant is what is known of a site.
func (d *Directory) Participant(site string) (Participant, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	m, ok := d.known[site]
	return m.Participant, ok
}

// Sites lists all that are known, whatever their status, sorted.
func (d *Directory) Sites() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Sorted(maps.Keys(d.known))
}
