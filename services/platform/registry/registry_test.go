package registry_test

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	airlock "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

func pair(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

// participant has one border key of the source with these types.
func participant(t *testing.T, site, source string, types ...string) registry.Participant {
	t.Helper()
	root, private := pair(t)
	public, _ := pair(t)
	trust, err := signing.NewTrust(site, signing.Key{ID: signing.KeyID(public), Source: source, Types: types, Public: public,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := trust.Seal(private)
	if err != nil {
		t.Fatal(err)
	}
	return registry.Participant{Site: site, Root: root, Audit: public, Endpoints: map[string]string{}, Keys: keys}
}

func good(t *testing.T, site string) registry.Participant {
	return participant(t, site, topics.Source(site, topics.Gateway), topics.BorderOut()...)
}

func TestASealedRegistryComesBackWithAllKeys(t *testing.T) {
	operator, private := pair(t)
	r := registry.Registry{Serial: 7, Participants: []registry.Participant{good(t, "molgenis"), good(t, "denbi")}}
	text, err := r.Seal(private)
	if err != nil {
		t.Fatal(err)
	}
	got, err := registry.Load(text, operator)
	if err != nil || got.Serial != 7 || strings.Join(got.Sites(), " ") != "denbi molgenis" {
		t.Fatalf("%+v, %v", got, err)
	}
	trust, err := got.Trust()
	if err != nil || len(trust.Keys()) != 2 {
		t.Fatalf("%d keys, %v", len(trust.Keys()), err)
	}
	other, _ := pair(t)
	if _, err := registry.Load(text, other); !errors.Is(err, registry.ErrSignature) {
		t.Errorf("another operator: %v", err)
	}
	if _, err := registry.Load([]byte(strings.Replace(string(text), `"serial":7`, `"serial":8`, 1)), operator); !errors.Is(err, registry.ErrSignature) {
		t.Errorf("changed: %v", err)
	}
}

func TestAListTellsItsEntriesAndGoesOnFromTheOneBefore(t *testing.T) {
	operator, private := pair(t)
	p := good(t, "molgenis")
	p.Serial = 2
	before := registry.Registry{Serial: 2, Participants: []registry.Participant{p}, Entries: []string{"sha256:1", "sha256:2"}}
	after := before
	after.Serial, after.Entries = 3, append(slices.Clone(before.Entries), "sha256:3")
	if got, told := after.EntryOf(p); !told || got != "sha256:2" {
		t.Errorf("entry %q, %v", got, told)
	}
	if err := after.Continues(before); err != nil || after.History() == before.History() {
		t.Errorf("%v", err)
	}
	forked := after
	forked.Entries = []string{"sha256:1", "sha256:another", "sha256:3"}
	if err := forked.Continues(before); !errors.Is(err, registry.ErrFork) {
		t.Errorf("another history: %v", err)
	}
	// of a list without them nothing is known, and nothing said against
	plain := registry.Registry{Serial: 3, Participants: after.Participants}
	if _, told := plain.EntryOf(p); told || plain.Continues(before) != nil {
		t.Error("a list without entries tells of some")
	}
	short := after
	short.Entries = before.Entries
	text, err := short.Seal(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Open(text, operator); !errors.Is(err, registry.ErrFork) {
		t.Errorf("fewer entries than its serial: %v", err)
	}
}

func TestAParticipantThatAsksForTooMuchIsRefused(t *testing.T) {
	const site = "molgenis"
	renamed := good(t, site)
	renamed.Site = "denbi"
	rootless := good(t, site)
	rootless.Root, _ = pair(t)
	auditless := good(t, site)
	auditless.Audit = nil
	for name, p := range map[string]registry.Participant{
		"a wildcard":                        participant(t, site, topics.Source(site, topics.Gateway), "fairway.*"),
		"an airlock that dispatches":        participant(t, site, topics.Source(site, topics.Airlock), topics.BorderOut()...),
		"a gateway that approves":           participant(t, site, topics.Source(site, topics.Gateway), airlock.TypeReleaseApproved),
		"a workspace at the border":         participant(t, site, topics.Source(site, topics.Workspace), airlock.TypeReleaseApproved),
		"keys of another site":              renamed,
		"keys that another root has signed": rootless,
		"no audit key":                      auditless,
	} {
		if _, err := p.Trust(); !errors.Is(err, registry.ErrParticipant) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// Whoever takes another's key id first would keep the other out of everybody's trust.
	root, private := pair(t)
	public, _ := pair(t)
	another, _ := pair(t)
	trust, err := signing.NewTrust(site, signing.Key{ID: signing.KeyID(another), Source: topics.Source(site, topics.Gateway),
		Types: topics.BorderOut(), Public: public, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := trust.Seal(private)
	if err != nil {
		t.Fatal(err)
	}
	squatter := registry.Participant{Site: site, Root: root, Audit: public, Keys: keys}
	if _, err := squatter.Trust(); !errors.Is(err, registry.ErrParticipant) {
		t.Errorf("a key under the id of another: %v", err)
	}
	twice := registry.Registry{Participants: []registry.Participant{good(t, site), good(t, site)}}
	if _, err := twice.Trust(); !errors.Is(err, registry.ErrParticipant) {
		t.Errorf("listed twice: %v", err)
	}
	if _, err := participant(t, site, topics.Source(site, topics.Airlock), airlock.TypeReleaseApproved).Trust(); err != nil {
		t.Errorf("an airlock's decision: %v", err)
	}
}

func TestAFingerprintCanBeReadOut(t *testing.T) {
	a, _ := pair(t)
	b, _ := pair(t)
	if f := registry.Fingerprint(a); len(f) != 39 || f == registry.Fingerprint(b) {
		t.Fatalf("fingerprint %q", f)
	}
}
