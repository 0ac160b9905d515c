package registry

import (
	"bytes"
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

	mu    sync.RWMutex
	known map[string]member
	keys  map[string]signing.Key // of all but the site's own, and the operator's
}

// member is a participant and its keys, which its root has sealed.
type member struct {
	Participant
	sealed []signing.Key
}

// NewDirectory begins with the list that the site was admitted with.
func NewDirectory(site string, own signing.Keys, operator ed25519.PublicKey, r Registry) (*Directory, error) {
	d := &Directory{site: site, own: own, began: r, known: map[string]member{}, keys: map[string]signing.Key{}}
	if operator != nil {
		k := OperatorKey(operator)
		d.keys[k.ID] = k
	}
	for _, p := range r.Participants {
		if err := d.Take(p); err != nil {
			return nil, err
		}
	}
	return d, nil
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
	for _, k := range keys {
		d.keys[k.ID] = k
	}
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
	if m, ok := d.known[p.Site]; ok && bytes.Equal(m.Root, p.Root) && bytes.Equal(m.Audit, p.Audit) && bytes.Equal(m.Keys, p.Keys) {
		return m.sealed, nil
	}
	trust, err := p.Trust()
	if err != nil {
		return nil, err
	}
	keys := trust.Keys()
	for _, k := range keys {
		if other, ok := d.keys[k.ID]; ok && siteOf(other) != p.Site {
			return nil, fmt.Errorf("%w: key %s of %s is one of %s", ErrParticipant, k.ID, k.Source, other.Source)
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
	d.mu.RUnlock()
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
