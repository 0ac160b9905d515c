package signing_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
)

var (
	seed  = sha256.Sum256([]byte("root"))
	root  = ed25519.NewKeyFromSeed(seed[:])
	start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
)

func key(name, source string) signing.Key {
	seed := sha256.Sum256([]byte(name))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return signing.Key{ID: signing.KeyID(public), Source: source, Types: []string{"fairway.airlock.*"}, Public: public,
		NotBefore: start, NotAfter: start.Add(time.Hour)}
}

func TestMessageTellsBoundariesApart(t *testing.T) {
	at := func(name, value string) []signing.Attribute { return []signing.Attribute{{Name: name, Value: value}} }
	seen := map[string]int{}
	for i, m := range [][]byte{
		signing.Message(at("ab", "c"), "t", []byte("k"), nil),
		signing.Message(at("a", "bc"), "t", []byte("k"), nil),
		signing.Message(at("ab", "c"), "tk", nil, nil),
		signing.Message(at("ab", "c"), "", []byte("tk"), nil),
		signing.Message(append(at("ab", "c"), at("t", "k")...), "", nil, nil),
		signing.Message(at("ab", "c"), "t", []byte("k"), []byte("x")),
		signing.Message(at("ab", ""), "t", []byte("k"), nil),
		signing.Message(nil, "t", []byte("k"), nil),
	} {
		if other, ok := seen[string(m)]; ok {
			t.Errorf("inputs %d and %d give the same message", other, i)
		}
		seen[string(m)] = i
	}
}

func TestMessageIgnoresOrderAndSignature(t *testing.T) {
	a, b, s := signing.Attribute{Name: "a", Value: "1"}, signing.Attribute{Name: "b", Value: "2"}, signing.Attribute{Name: "signature", Value: "x"}
	if !bytes.Equal(signing.Message([]signing.Attribute{a, b}, "t", nil, nil), signing.Message([]signing.Attribute{s, b, a}, "t", nil, nil)) {
		t.Error("order or signature changes the message")
	}
}

func TestKeysMaySignTheirTypesOnly(t *testing.T) {
	k := signing.Key{Types: []string{"fairway.airlock.release.approved.v1", "fairway.federation.*", "fairway.x*"}}
	for eventType, want := range map[string]bool{
		"fairway.airlock.release.approved.v1":  true,
		"fairway.airlock.release.approved.v11": false,
		"fairway.airlock.release.rejected.v1":  false,
		"fairway.federation.job.accepted.v1":   true,
		"fairway.federationx.job.accepted.v1":  false,
		"fairway.xy":                           false,
	} {
		if got := k.MaySign(eventType); got != want {
			t.Errorf("%s: %t, want %t", eventType, got, want)
		}
	}
}

func TestTrustSurvivesItsFile(t *testing.T) {
	revoked := key("gateway", "/sites/molgenis/gateway")
	revoked.RevokedAt = start.Add(time.Minute)
	sent, err := signing.NewTrust("molgenis", key("airlock", "/sites/molgenis/airlock"), revoked)
	if err != nil {
		t.Fatal(err)
	}
	file, err := sent.Seal(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := signing.LoadTrust(file, root.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if got.Site() != "molgenis" || !reflect.DeepEqual(got.Keys(), sent.Keys()) {
		t.Errorf("read %+v, written %+v", got.Keys(), sent.Keys())
	}
}

func TestTrustFileThatTheRootDidNotSignIsRefused(t *testing.T) {
	trust, err := signing.NewTrust("molgenis", key("airlock", "/sites/molgenis/airlock"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := trust.Seal(root)
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Replace(file, []byte("fairway.airlock.*"), []byte("fairway.catalog.*"), 1)
	if _, err := signing.LoadTrust(altered, root.Public().(ed25519.PublicKey)); !errors.Is(err, signing.ErrTrustSignature) {
		t.Errorf("altered file: %v", err)
	}
	other := sha256.Sum256([]byte("other"))
	if _, err := signing.LoadTrust(file, ed25519.NewKeyFromSeed(other[:]).Public().(ed25519.PublicKey)); !errors.Is(err, signing.ErrTrustSignature) {
		t.Errorf("another root: %v", err)
	}
	if _, err := signing.LoadTrust([]byte("{}"), root.Public().(ed25519.PublicKey)); err == nil {
		t.Error("an empty file is taken")
	}
	if _, err := signing.LoadTrust(file, nil); err == nil {
		t.Error("no root is taken for one")
	}
}

func TestTrustTakesNoUnusableKey(t *testing.T) {
	for name, change := range map[string]func(*signing.Key){
		"of another site": func(k *signing.Key) { k.Source = "/sites/denbi/airlock" },
		"without id":      func(k *signing.Key) { k.ID = "" },
		"short":           func(k *signing.Key) { k.Public = k.Public[:31] },
		"without types":   func(k *signing.Key) { k.Types = nil },
		"never valid":     func(k *signing.Key) { k.NotAfter = k.NotBefore },
	} {
		k := key("airlock", "/sites/molgenis/airlock")
		change(&k)
		if _, err := signing.NewTrust("molgenis", k); !errors.Is(err, signing.ErrKeyInvalid) {
			t.Errorf("a key %s: %v", name, err)
		}
	}
}

func TestMergeRefusesAnotherKeyUnderAKnownID(t *testing.T) {
	site, err := signing.NewTrust("molgenis", key("airlock", "/sites/molgenis/airlock"))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := signing.NewTrust(signing.Federation, key("denbi", "/sites/denbi/gateway"), key("airlock", "/sites/molgenis/airlock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Merge(registry); err != nil || len(site.Keys()) != 2 {
		t.Errorf("%d keys, %v", len(site.Keys()), err)
	}
	forged := key("forged", "/sites/denbi/gateway")
	forged.ID = key("denbi", "").ID
	if err := site.Add(forged); !errors.Is(err, signing.ErrKeyConflict) {
		t.Errorf("a forged key is taken: %v", err)
	}
}

func TestWhatIsKeptForEverIsBelievedForAllOfItsKeysTime(t *testing.T) {
	private := ed25519.NewKeyFromSeed(seed[:])
	k := key("root", "/sites/molgenis/airlock")
	trust, err := signing.NewTrust("molgenis", k)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("said in time")
	signature := signing.EncodeSignature(ed25519.Sign(private, message))
	late := k.NotAfter.Add(signing.MostDelay + time.Second)
	for _, kept := range []bool{true, false} {
		c := signing.Claim{KeyID: k.ID, Source: k.Source, Type: "fairway.airlock.release.reviewed.v1", Time: start, Kept: kept}
		if err := signing.Verify(trust, c, message, signature, late); (err == nil) != kept {
			t.Errorf("kept %t: %v", kept, err)
		}
	}
	c := signing.Claim{KeyID: k.ID, Source: k.Source, Type: "fairway.airlock.release.reviewed.v1", Time: k.NotAfter, Kept: true}
	if err := signing.Verify(trust, c, message, signature, late); err == nil {
		t.Error("what claims to be made after its key ended is believed")
	}
}
