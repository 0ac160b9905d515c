package run

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/health"
)

type oneKey struct{ signing.Key }

func (k oneKey) Lookup(id string) (signing.Key, bool) { return k.Key, id == k.ID }

// at is a clock that stands.
type at struct {
	clock.Clock
	now time.Time
}

func (a at) Now() time.Time { return a.now }

func TestAServiceWhoseKeyNobodyBelievesIsNotReadyAndSaysSoBefore(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := signing.NewSigner("/sites/molgenis/airlock", private)
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	sound := signing.Key{ID: signer.KeyID(), NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}
	with := func(change func(*signing.Key)) signing.Key { k := sound; change(&k); return k }
	for name, c := range map[string]struct {
		key     signing.Key
		want    string
		warning bool
	}{
		"sound":       {sound, "", false},
		"ending soon": {with(func(k *signing.Key) { k.NotAfter = now.AddDate(0, 0, 10) }), "ends in 10 days", true},
		"ended":       {with(func(k *signing.Key) { k.NotAfter = now }), "ended at", false},
		"to come":     {with(func(k *signing.Key) { k.NotBefore = now.Add(time.Hour) }), "look at the clock", false},
		"revoked":     {with(func(k *signing.Key) { k.RevokedAt = now }), "was revoked", false},
		"unknown":     {with(func(k *signing.Key) { k.ID = "another" }), "nobody believes", false},
	} {
		s := &Service{env: Env{Signer: signer, Trust: oneKey{c.key}, Clock: at{now: now}}}
		err := s.keyGood(t.Context())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || errors.As(err, new(health.Warning)) != c.warning {
			t.Errorf("%s: %v", name, err)
		}
	}
}
