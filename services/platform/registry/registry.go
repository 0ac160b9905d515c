// Package registry reads and writes the federation's registry: which sites take part, by which root key each is known,
// and which keys may speak for it at the border. The operator signs the list; each site's root signs its own keys.
package registry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	airlock "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/document"
)

// signingContext starts the message that the operator signs.
const signingContext = "fairway registry v1\n"

// Outcomes that callers can tell apart.
var (
	ErrSignature   = errors.New("not signed by the federation's operator")
	ErrParticipant = errors.New("participant not acceptable")
)

// Status of a participant. Whoever has none, in a list of before there were any, is active.
const (
	Active    = "active"
	Suspended = "suspended" // nothing is sent to it or taken from it until it is active again
	Left      = "left"      // the same, for good
)

// Participant is one site as the others know it: first what the site says of itself, then what the operator says of it.
type Participant struct {
	Site          string            `json:"site"`
	Title         string            `json:"title"`
	Root          []byte            `json:"root"`            // Ed25519 public key of the site's root
	Audit         []byte            `json:"audit"`           // Ed25519 public key that signs the site's checkpoints
	ProfileDigest string            `json:"profileDigest"`   // of the profile that the site joined with
	Endpoints     map[string]string `json:"endpoints"`       // for people, by name; may be empty
	Keys          jsontext.Value    `json:"keys"`            // trust file with the gateway's and the airlock's key, sealed by Root
	Reads         []Reading         `json:"reads,omitempty"` // in order of types; empty where the site has not said so

	Serial    int64  `json:"serial,omitzero"`     // of the registry when this was last changed
	Entry     uint64 `json:"entry,omitzero"`      // which entry of the site this is, from 1
	Status    string `json:"status,omitempty"`    // Active, Suspended or Left
	Reason    string `json:"reason,omitempty"`    // code, for which it is suspended or has left
	Agreement string `json:"agreement,omitempty"` // DSA, DTA or DUA
	Previous  string `json:"previous,omitempty"`  // digest of the entry before
}

// Takes reports whether the participant's events are believed and others are sent to it.
func (p Participant) Takes() bool { return p.Status == Active || p.Status == "" }

// Registry is the list. Serial grows with each change.
type Registry struct {
	Serial       int64         `json:"serial"`
	Participants []Participant `json:"participants"`
	// Entries are the digests of the data of all entries that were ever published, in order of their serials from 1. The
	// operator signs them with the list, so that whoever has the list need not verify what they say. A list of an
	// operator who did not write them yet has none.
	Entries []string `json:"entries,omitempty"`
}

type signedFile struct {
	Registry  jsontext.Value `json:"registry"`
	Signature []byte         `json:"signature"`
}

// Fingerprint is how people compare a root key by voice: the SHA-256 of the public key in groups of four digits.
func Fingerprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	digits := hex.EncodeToString(sum[:16])
	var groups []string
	for group := range slices.Chunk([]byte(digits), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// Trust is the participant's border keys, verified by its root. A gateway may sign what crosses the border, an airlock
// its release decision; a key that asks for more is refused.
func (p Participant) Trust() (*signing.Trust, error) {
	if !topics.ValidSite(p.Site) {
		return nil, fmt.Errorf("%w: %.80q is no name of a site", ErrParticipant, p.Site)
	}
	if len(p.Audit) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: %s: the audit key has %d bytes, expected %d", ErrParticipant, p.Site, len(p.Audit), ed25519.PublicKeySize)
	}
	trust, err := signing.LoadTrust(p.Keys, p.Root)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrParticipant, p.Site, err)
	}
	if trust.Site() != p.Site {
		return nil, fmt.Errorf("%w: the keys of %s are those of %s", ErrParticipant, p.Site, trust.Site())
	}
	for _, k := range trust.Keys() {
		if k.ID != signing.KeyID(k.Public) {
			return nil, fmt.Errorf("%w: %s: a key goes under the id %.80q, which is not its own", ErrParticipant, p.Site, k.ID)
		}
		allowed := BorderTypes(k.Source, p.Site)
		for _, t := range k.Types {
			if !slices.Contains(allowed, t) {
				return nil, fmt.Errorf("%w: %s: key %s of %s asks to sign %.120s at the border", ErrParticipant, p.Site, k.ID, k.Source, t)
			}
		}
	}
	return trust, nil
}

// BorderTypes lists what a source of a site may sign for readers at other sites.
func BorderTypes(source, site string) []string {
	switch source {
	case topics.Source(site, topics.Gateway):
		return topics.BorderOut()
	case topics.Source(site, topics.Airlock):
		// A result travels with the airlock's own signed decision.
		return []string{airlock.TypeReleaseApproved}
	}
	return nil
}

// Lookup finds a participant.
func (r Registry) Lookup(site string) (Participant, bool) {
	i := slices.IndexFunc(r.Participants, func(p Participant) bool { return p.Site == site })
	if i < 0 {
		return Participant{}, false
	}
	return r.Participants[i], true
}

// Sites lists the participants that have not left by name, sorted.
func (r Registry) Sites() []string {
	var sites []string
	for _, p := range r.Participants {
		if p.Status != Left {
			sites = append(sites, p.Site)
		}
	}
	slices.Sort(sites)
	return sites
}

// EntryOf is the digest of a participant's newest entry; false where the list does not tell.
func (r Registry) EntryOf(p Participant) (digest string, told bool) {
	if p.Serial < 1 || p.Serial > int64(len(r.Entries)) {
		return "", false
	}
	return r.Entries[p.Serial-1], true
}

// Continues tells whether the list goes on from one that is known: whoever has seen an entry is shown it again. Errors:
// ErrFork.
func (r Registry) Continues(known Registry) error {
	for i, digest := range known.Entries[:min(len(known.Entries), len(r.Entries))] {
		if r.Entries[i] != digest {
			return fmt.Errorf("%w: entry %d of the registry is another than in the list that is known", ErrFork, i+1)
		}
	}
	return nil
}

// History is one digest of all entries up to the list's serial: two sites that were told the same have the same.
func (r Registry) History() string {
	sum := sha256.New()
	for _, digest := range r.Entries {
		fmt.Fprintln(sum, digest)
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil))
}

// Trust is all participants' border keys.
func (r Registry) Trust() (*signing.Trust, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	all, err := signing.NewTrust(signing.Federation)
	if err != nil {
		return nil, err
	}
	for _, p := range r.Participants {
		trust, err := p.Trust()
		if err != nil {
			return nil, err
		}
		if err := all.Merge(trust); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Seal writes the registry, signed by the operator.
func (r Registry) Seal(operator ed25519.PrivateKey) ([]byte, error) {
	if r.Participants == nil {
		r.Participants = []Participant{}
	}
	raw, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write registry: %w", err)
	}
	return json.Marshal(signedFile{Registry: raw, Signature: ed25519.Sign(operator, message(raw))})
}

// Load is Open, and verifies every participant.
func Load(data []byte, operator ed25519.PublicKey) (Registry, error) {
	r, err := Open(data, operator)
	if err != nil {
		return r, err
	}
	if _, err := r.Trust(); err != nil {
		return Registry{}, fmt.Errorf("load registry: %w", err)
	}
	return r, nil
}

// Open verifies the operator's signature before anything is believed. That each participant's keys are sealed by its root
// is for whoever is to believe them: NewDirectory, or Participant.Trust.
func Open(data []byte, operator ed25519.PublicKey) (Registry, error) {
	if len(operator) != ed25519.PublicKeySize {
		return Registry{}, fmt.Errorf("load registry: the operator's key has %d bytes, expected %d", len(operator), ed25519.PublicKeySize)
	}
	var file signedFile
	if err := document.JSON(data, &file); err != nil {
		return Registry{}, fmt.Errorf("load registry: expected {registry, signature}: %w", err)
	}
	if !ed25519.Verify(operator, message(file.Registry), file.Signature) {
		return Registry{}, fmt.Errorf("load registry: %w", ErrSignature)
	}
	var r Registry
	if err := document.JSON(file.Registry, &r); err != nil {
		return Registry{}, fmt.Errorf("load registry: %w", err)
	}
	if err := r.check(); err != nil {
		return Registry{}, fmt.Errorf("load registry: %w", err)
	}
	return r, nil
}

// check holds the list against itself.
func (r Registry) check() error {
	listed := map[string]bool{}
	for _, p := range r.Participants {
		if listed[p.Site] {
			return fmt.Errorf("%w: %s is listed twice", ErrParticipant, p.Site)
		}
		listed[p.Site] = true
	}
	if len(r.Entries) > 0 && int64(len(r.Entries)) != r.Serial {
		return fmt.Errorf("%w: it has serial %d and %d entries", ErrFork, r.Serial, len(r.Entries))
	}
	return nil
}

func message(raw []byte) []byte { return append([]byte(signingContext), raw...) }
