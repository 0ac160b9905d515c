package steps

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

// spoiler is one way to spoil a decision to release. Payload changes what it says before it is signed; record what was
// signed, as somebody can who has the key given.
type spoiler struct {
	payload func(*airlock.ReleaseApproved)
	record  func(r envelope.Record, own, catalog signing.Signer) envelope.Record
}

// spoilers are the ways by the words of a scenario; the numbers of features/ATTACKS.md stand there.
var spoilers = map[string]spoiler{
	"without a signature": {record: func(r envelope.Record, _, _ signing.Signer) envelope.Record {
		r.Headers = slices.DeleteFunc(r.Headers, func(h envelope.Header) bool { return h.Key == "ce_signature" })
		return r
	}},
	"with a byte of its data changed": {record: func(r envelope.Record, _, _ signing.Signer) envelope.Record {
		r.Value = bytes.Replace(r.Value, []byte(`"reviewers":["`), []byte(`"reviewers": ["`), 1)
		return r
	}},
	"under a key that nobody registered": {record: func(r envelope.Record, own, _ signing.Signer) envelope.Record {
		stranger, err := harness.NewTestKey(own.Source())
		if err != nil {
			return r
		}
		return harness.Signed(r, stranger)
	}},
	"under the key of the site's catalog": {record: func(r envelope.Record, _, catalog signing.Signer) envelope.Record {
		return harness.Signed(r, catalog)
	}},
	"as the catalog of the site": {record: func(r envelope.Record, _, catalog signing.Signer) envelope.Record {
		return harness.Signed(harness.WithHeader(r, "ce_source", catalog.Source()), catalog)
	}},
	"with a signature in base64url": {record: func(r envelope.Record, _, _ signing.Signer) envelope.Record {
		return harness.WithHeader(r, "ce_signature", strings.Repeat("-_", 43)+"==")
	}},
	"with an optional attribute that is empty": with("ce_project", func() string { return "" }),
	"that is meant for another site":           with("ce_audience", func() string { return "molgenis" }),
	"that is past its time":                    with("ce_expirytime", func() string { return now().Add(-time.Hour).Format(time.RFC3339) }),
	"that was valid until yesterday":           {payload: func(p *airlock.ReleaseApproved) { p.ExpiresAt = now().AddDate(0, 0, -1).Truncate(time.Second) }},
	"for a host that did not ask":              {payload: func(p *airlock.ReleaseApproved) { p.Destination.Site = "sensitive-cloud" }},
}

// with sets an attribute and signs the record with the key that it claims.
func with(name string, value func() string) spoiler {
	return spoiler{record: func(r envelope.Record, own, _ signing.Signer) envelope.Record {
		return harness.Signed(harness.WithHeader(r, name, value()), own)
	}}
}

// spoilt is the pattern of all ways.
func spoilt() string {
	return `^an enemy at ([a-z-]+) writes a decision to release the output of the study "([^"]+)" (` + strings.Join(slices.Sorted(maps.Keys(spoilers)), "|") + `)$`
}

// forgeSpoiled writes a decision that is right but for one thing, under a key of this run that the site believes.
func (w *World) forgeSpoiled(ctx context.Context, site, name, how string) error {
	enemy, err := w.enrolled(site)
	if err != nil {
		return err
	}
	at, err := w.site(site)
	if err != nil {
		return err
	}
	catalog, err := at.Signer(topics.Catalog)
	if err != nil {
		return err
	}
	s := spoilers[how]
	r, err := w.decision(ctx, site, name, enemy, func(p *airlock.ReleaseApproved) {
		if s.payload != nil {
			s.payload(p)
		}
	})
	if err != nil {
		return err
	}
	forged := harness.Copy(r)
	if s.record != nil {
		if forged = s.record(forged, enemy, catalog); slices.EqualFunc(forged.Headers, r.Headers, sameHeader) && bytes.Equal(forged.Value, r.Value) {
			return fmt.Errorf("the decision is as it was: %s", how)
		}
	}
	return w.plant(ctx, site, name, "a decision to release "+how, r, forged)
}

func sameHeader(a, b envelope.Header) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) }
