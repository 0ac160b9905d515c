package app

import (
	"context"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// policy publishes the site's profile when the gateway starts with another one than it published last.
//
// All services of a site work by the profile that is published.
func (g *gateway) policy() {
	g.s.Worker("policy", func(ctx context.Context) error { return g.s.Update(ctx, g.publish) })
}

func (g *gateway) publish(tx *run.Tx) error {
	profile := tx.Profile()
	digest := profile.Digest()
	last, _, err := announced.Get(tx.Tx, g.site)
	if err != nil || last == digest {
		return err
	}
	p := federation.PolicyPublished{Site: g.site, ProfileDigest: digest, Name: profile.Name, Threshold: int64(profile.Threshold),
		Reviewers: int64(profile.Review.Reviewers), Blinded: profile.Review.Blinded, Chain: []vocabulary.PolicyBody{}}
	for _, b := range profile.ApprovalChain {
		p.Chain = append(p.Chain, vocabulary.PolicyBody{Body: b.Body, Quorum: int64(b.Quorum)})
	}
	for _, s := range profile.Review.Steps() {
		p.Stages = append(p.Stages, vocabulary.PolicyStage{Role: s.Role, Quorum: int64(s.Quorum)})
	}
	p.LowRisk, p.ExportGroup = profile.Export.LowRisk, profile.Export.Group
	p.RuleSet, p.Rounding = profile.Disclosure.RuleSet, int64(profile.Disclosure.Rounding)
	for _, s := range profile.Disclosure.Settings {
		p.Settings = append(p.Settings, vocabulary.PolicySetting{Name: s.Name, Value: s.Value})
	}
	p.RevokeWithinSeconds, p.RemoveWithinSeconds = seconds(profile.Permit.Bound()), seconds(profile.Membership.RevokeWithin.Std())
	p.RecordsPerSecond = int64(profile.Border.PerSecond())
	if in := profile.Imports; in.Allowed {
		p.Imports = vocabulary.PolicyImports{Kinds: in.Kinds, MaxBytes: int64(in.MaxBytes), Scanned: in.ScanRequired}
	}
	p.Crates = vocabulary.PolicyCrates{In: profile.Crates.In, Out: profile.Crates.Out}
	if _, err := tx.Emit("policy/"+g.site, p); err != nil {
		return err
	}
	return announced.Put(tx.Tx, g.site, digest)
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
