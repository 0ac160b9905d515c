package runtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Federation is the registry of the bench's sites, as their operator keeps it.
type Federation struct {
	t      testing.TB
	serial int64
	listed map[string]registry.Participant
	digest map[string]string
	said   []string         // digests of all entries
	keys   map[string]int64 // serial of each site's keys
}

// NewFederation lists nobody yet.
func NewFederation(t testing.TB) *Federation {
	return &Federation{t: t, listed: map[string]registry.Participant{}, digest: map[string]string{}, keys: map[string]int64{}}
}

// Members is a directory of all Sites around the keys that a service believes, for tests of something else than the
// registry.
func Members(t testing.TB, site string, own signing.Keys) *registry.Directory {
	t.Helper()
	f := NewFederation(t)
	var r registry.Registry
	for _, s := range Sites {
		r.Participants = append(r.Participants, f.participant(s))
	}
	d, err := registry.NewDirectory(site, own, nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// participant is a site as it takes part with the keys of the bench.
func (f *Federation) participant(site string) registry.Participant {
	audit := seeded(topics.Source(site, "audit"))
	return registry.Participant{Site: site, Title: "A site under test", Root: seeded(topics.Source(site, "root")).Public().(ed25519.PublicKey),
		Audit: audit.Public().(ed25519.PublicKey), ProfileDigest: objects.Digest([]byte(site)), Endpoints: map[string]string{},
		Status: registry.Active, Agreement: "DSA", Reads: readings(), Keys: f.Seal(site, Key(site, topics.Gateway), Key(site, topics.Airlock))}
}

// readings are the newest versions of all that the contracts let in.
func readings() (all []registry.Reading) {
	for _, kind := range topics.BorderIn() {
		all = append(all, registry.ReadingOf(kind))
	}
	return all
}

// Key is the border key of a principal with which the bench signs.
func Key(site, principal string) signing.Key { return NewKey(site, principal, "") }

// NewKey is another key of a principal, by any name.
func NewKey(site, principal, name string) signing.Key {
	source := topics.Source(site, principal)
	public := seeded(source + name).Public().(ed25519.PublicKey)
	return signing.Key{ID: signing.KeyID(public), Source: source, Types: registry.BorderTypes(source, site), Public: public,
		NotBefore: Start.AddDate(-10, 0, 0), NotAfter: Start.AddDate(10, 0, 0)}
}

// NewSigner signs with the key that NewKey made.
func NewSigner(site, principal, name string) signing.Signer {
	source := topics.Source(site, principal)
	return signing.NewSigner(source, seeded(source+name))
}

func seeded(text string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(text))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Seal is the trust file of these keys as the site's root signs it, newer than the last one.
func (f *Federation) Seal(site string, keys ...signing.Key) []byte {
	f.t.Helper()
	trust, err := signing.NewTrust(site, keys...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.keys[site]++
	trust.Number(f.keys[site])
	sealed, err := trust.Seal(seeded(topics.Source(site, "root")))
	if err != nil {
		f.t.Fatal(err)
	}
	return sealed
}

// Entry is the next entry of a site, changed; the first one lists it as active.
func (f *Federation) Entry(site string, changes ...func(*registry.Participant)) envelope.Payload {
	f.t.Helper()
	p, known := f.listed[site]
	if !known {
		p = f.participant(site)
	}
	f.serial++
	p.Serial, p.Previous, p.Entry = f.serial, f.digest[site], p.Entry+1
	for _, change := range changes {
		change(&p)
	}
	e, err := p.Listed()
	if err != nil {
		f.t.Fatal(err)
	}
	text, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		f.t.Fatal(err)
	}
	f.listed[site], f.digest[site] = p, objects.Digest(text)
	f.said = append(f.said, f.digest[site])
	return e
}

// Registry is the list after the entries so far, as the operator hands it to a site.
func (f *Federation) Registry() registry.Registry {
	r := registry.Registry{Serial: f.serial, Entries: slices.Clone(f.said)}
	for _, site := range slices.Sorted(maps.Keys(f.listed)) {
		r.Participants = append(r.Participants, f.listed[site])
	}
	return r
}

// List says to the service the next entry of a site, as the operator.
func (b *Bench) List(f *Federation, site string, changes ...func(*registry.Participant)) {
	b.t.Helper()
	b.Deliver(topics.OperatorSource, f.Entry(site, changes...))
}

// AuditKey is a site's for the log of a principal, by the audit key that Entry lists.
func AuditKey(t testing.TB, site, principal string) run.AuditKey {
	t.Helper()
	private := seeded(topics.Source(site, "audit"))
	origin := audit.Origin(site, principal)
	signer, err := audit.NewSigner(origin, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := audit.VerifierKey(origin, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := audit.NewVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	return run.AuditKey{Signer: signer, Verifier: verifier, Witness: audit.NewCosigner(audit.Witness(site), private, func() time.Time { return Start })}
}
