package registry

import (
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
	site string
	own  signing.Keys

	mu    sync.RWMutex
	known map[string]Participant
	keys  map[string]signing.Key // of all but the site's own, and the operator's
}

// NewDirectory begins with the list that the site was admitted with.
func NewDirectory(site string, own signing.Keys, operator ed25519.PublicKey, r Registry) (*Directory, error) {
	d := &Directory{site: site, own: own, known: map[string]Participant{}, keys: map[string]signing.Key{}}
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

// Take believes from now on what is listed of a participant, unless something newer is known. Whether the entry follows
// the one before is for the caller to say. Errors: those of Acceptable.
func (d *Directory) Take(p Participant) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.known[p.Site]; ok && known.Serial > p.Serial {
		return nil
	}
	keys, err := d.with(p)
	if err == nil {
		d.known[p.Site], d.keys = p, keys
	}
	return err
}

// Acceptable tells whether Take would take it. Errors: ErrParticipant, also for a key that another site has: who lists it
// would silence the other.
func (d *Directory) Acceptable(p Participant) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, err := d.with(p)
	return err
}

// with is all keys after p is taken. For its own site, trust.json is the whole truth.
func (d *Directory) with(p Participant) (map[string]signing.Key, error) {
	trust, err := p.Trust()
	if err != nil {
		return nil, err
	}
	keys := maps.Clone(d.keys)
	maps.DeleteFunc(keys, func(_ string, k signing.Key) bool { return siteOf(k) == p.Site })
	for _, k := range trust.Keys() {
		if other, ok := keys[k.ID]; ok {
			return nil, fmt.Errorf("%w: key %s of %s is one of %s", ErrParticipant, k.ID, k.Source, other.Source)
		}
		if p.Site != d.site {
			keys[k.ID] = k
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
	p, ok := d.known[site]
	return p, ok
}

// Sites lists all that are known, whatever their status, sorted.
func (d *Directory) Sites() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Sorted(maps.Keys(d.known))
}
