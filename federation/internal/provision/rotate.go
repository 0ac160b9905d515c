package provision

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Overlap is how long an old key may sign beside the new one, unless somebody says otherwise.
//
// reliability_security.md C2: event-signing keys rotate every 90 days, with 7 days of overlap.
const Overlap = 7 * 24 * time.Hour

// nextKey is a key that is made and not in use: nobody at another site knows it yet.
const nextKey = "next.key"

// Rotation is what a rotation of keys is made from.
type Rotation struct {
	Principals []string      // whose keys; empty: of all that sign
	Overlap    time.Duration // how long the old keys may sign from now; 0: Overlap
	Revoke     bool          // the old keys are believed no more, whenever they signed: somebody else may have them
	Clock      clock.Clock   // nil is the machine's
}

// Rotated is what became of it.
type Rotated struct {
	InUse   []string // principals whose new key signs from now on
	Waiting []string // principals whose new key is in use when the operator's answer to join.json is taken by Join
}

// RotateKeys makes new keys for principals of a site, running or not, whose root key must be in the folder. The services
// of the site believe the new keys at once, since they read trust.json again; other sites believe those of gateway and
// airlock when the operator has listed them, and until then the old ones sign. So no event is signed by a key that its
// readers cannot know. Errors: ErrRefused.
func RotateKeys(siteDir string, r Rotation) (done Rotated, err error) {
	if r, err = r.withDefaults(); err != nil {
		return done, fmt.Errorf("site rotate-keys: %w", err)
	}
	site, err := setup.ReadFile(siteDir)
	if err != nil {
		return done, fmt.Errorf("site rotate-keys: %w", err)
	}
	if err := r.make(siteDir, site); err != nil {
		return done, fmt.Errorf("site rotate-keys: %w", err)
	}
	for _, p := range r.Principals {
		if site.Federation != nil && registry.BorderTypes(topics.Source(site.Site, p), site.Site) != nil {
			done.Waiting = append(done.Waiting, p)
			continue
		}
		if err := use(siteDir, p); err != nil {
			return done, fmt.Errorf("site rotate-keys: %w", err)
		}
		done.InUse = append(done.InUse, p)
	}
	return done, nil
}

func (r Rotation) withDefaults() (Rotation, error) {
	if r.Overlap == 0 {
		r.Overlap = Overlap
	}
	if r.Overlap < 0 {
		return r, fmt.Errorf("%w: an overlap of %s: give a time from now on", ErrRefused, r.Overlap)
	}
	if r.Clock == nil {
		r.Clock = clock.System{}
	}
	if len(r.Principals) == 0 {
		r.Principals = principals()
	}
	for _, p := range r.Principals {
		if !slices.Contains(principals(), p) {
			return r, fmt.Errorf("%w: %.40q signs nothing: give one of %s", ErrRefused, p, strings.Join(principals(), ", "))
		}
	}
	return r, nil
}

// make writes the new keys, then who is to believe them: after a failure in between, what is there is as good as before.
func (r Rotation) make(siteDir string, site setup.File) error {
	root, err := setup.ReadPrivateKey(siteDir, setup.RootDir, siteKey)
	if err != nil {
		return err
	}
	known, err := setup.Trust(siteDir, site)
	if err != nil {
		return err
	}
	now := r.Clock.Now()
	keys := known.Keys()
	for _, principal := range r.Principals {
		public, _, text, err := newSigningKey()
		if err != nil {
			return err
		}
		if err := replace(siteDir, filepath.Join(principal, nextKey), text, true); err != nil {
			return err
		}
		source := topics.Source(site.Site, principal)
		r.end(keys, source, now)
		keys = append(keys, keyOf(public, source, topics.WrittenBy(principal), now))
	}
	serial := known.Serial() + 1
	trust, err := sealed(site.Site, serial, keys, root)
	if err != nil {
		return err
	}
	border, err := sealed(site.Site, serial, crossing(site.Site, keys), root)
	if err != nil {
		return err
	}
	if err := replace(siteDir, setup.TrustFile, trust, false); err != nil {
		return err
	}
	return renew(siteDir, func(p *registry.Participant) { p.Keys = border })
}

// end lets the time of a source's keys end, or revokes them. What ended before stays as it is.
func (r Rotation) end(keys []signing.Key, source string, now time.Time) {
	end := now.UTC().Add(r.Overlap).Truncate(time.Second)
	for i := range keys {
		k := &keys[i]
		if k.Source != source {
			continue
		}
		if r.Revoke && k.RevokedAt.IsZero() {
			k.RevokedAt = now.UTC().Truncate(time.Second)
		}
		if end.Before(k.NotAfter) && k.NotBefore.Before(end) {
			k.NotAfter = end
		}
	}
}

// use lets a principal sign with the key that was made for it.
func use(siteDir, principal string) error {
	return os.Rename(filepath.Join(siteDir, principal, nextKey), filepath.Join(siteDir, principal, setup.SigningKeyFile))
}

// useListed puts into use the new keys that the operator has listed: everybody can know them by now.
func useListed(siteDir, site string, list registry.Registry) error {
	own, _ := list.Lookup(site)
	listed, err := own.Trust()
	if err != nil {
		return err
	}
	for _, principal := range principals() {
		private, err := setup.ReadPrivateKey(siteDir, principal, nextKey)
		if errors.Is(err, setup.ErrMissing) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		id := signing.NewSigner(topics.Source(site, principal), private).KeyID()
		if _, ok := listed.Lookup(id); !ok {
			continue
		}
		if err := use(siteDir, principal); err != nil {
			return err
		}
	}
	return nil
}
