package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

func (w *World) forgeriesSteps() []Step {
	return []Step{
		{`^an enemy at ([a-z-]+) writes a decision to release the output of the study "([^"]+)" under a signature that is not the airlock's$`, w.forgeSignature,
			"Writes a release decision to the site's broker under a signature of somebody else.",
			`an enemy at denbi writes a decision to release the output of the study "a forged signature" under a signature that is not the airlock's`},
		{`^an enemy at ([a-z-]+) with a key that the site believes writes a decision on other bytes than those of the study "([^"]+)"$`, w.forgeDigest,
			"Writes a release decision on other bytes, signed by a key of this run that the site believes.",
			`an enemy at denbi with a key that the site believes writes a decision on other bytes than those of the study "a wrong hash"`},
		{spoilt(), w.forgeSpoiled,
			"Writes a release decision that is right but for one thing, which must be refused for that.",
			`an enemy at denbi writes a decision to release the output of the study "attack 12" without a signature`},
		{`^the true reviewers at ([a-z-]+) approve the output of the study "([^"]+)", and it reaches ([a-z-]+)$`, w.truth,
			"Lets the site's own reviewers approve the output, which must arrive all the same.",
			`the true reviewers at denbi approve the output of the study "a forged signature", and it reaches molgenis`},
	}
}

// decision writes what an airlock would say to let the output of a study go, as a release of its own.
func (w *World) decision(ctx context.Context, site, name string, signer harness.TestKey, change func(*airlock.ReleaseApproved)) (envelope.Record, error) {
	var none envelope.Record
	s, err := w.study(name)
	if err != nil {
		return none, err
	}
	asked, err := w.asked(ctx, s, whole(site))
	if err != nil {
		return none, err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the sealed output", About: []string{asked.OutputID},
		Match: harness.Of(func(_ harness.Seen, o workspace.OutputSealed) bool { return o.OutputID == asked.OutputID })})
	if err != nil {
		return none, err
	}
	o, _ := harness.Payload[workspace.OutputSealed](seen)
	reviewers, err := w.checkers(site, s.requester)
	if err != nil {
		return none, err
	}
	p := airlock.ReleaseApproved{ReleaseID: harness.NewID(), OutputID: o.OutputID, JobID: o.JobID, StudyID: o.StudyID, ProjectID: o.ProjectID,
		PermitID: o.PermitID, Claim: o.Claim, Requester: o.Author, Destination: o.Destination, ExpiresAt: time.Now().UTC().Add(24 * time.Hour)}
	for _, a := range reviewers {
		p.Reviewers = append(p.Reviewers, a.ID())
	}
	for _, published := range w.tap().Find(harness.Of(func(s harness.Seen, _ federation.PolicyPublished) bool { return s.Site() == site })) {
		policy, _ := harness.Payload[federation.PolicyPublished](published)
		p.Rules = vocabulary.Rules{Threshold: policy.Threshold, Reviewers: policy.Reviewers, Blinded: policy.Blinded, ProfileDigest: policy.ProfileDigest}
	}
	change(&p)
	return envelope.New(signer, envelope.Draft{ID: harness.NewID(), Source: topics.Source(site, topics.Airlock), Time: time.Now().UTC(),
		Attributes: envelope.Attributes{Sequence: 1, CausationID: seen.Event.ID, CorrelationID: seen.Event.CorrelationID, Project: o.ProjectID}}, p)
}

// plant writes a forged decision and begins the attempt. r is the decision before it was spoiled, which can be read.
func (w *World) plant(ctx context.Context, site, name, what string, r, forged envelope.Record) error {
	at, err := w.site(site)
	if err != nil {
		return err
	}
	e, err := envelope.Read(r)
	if err != nil {
		return err
	}
	p, err := envelope.Decode[airlock.ReleaseApproved](e)
	if err != nil {
		return err
	}
	w.attempt = &attempt{Refusal: &report.Refusal{Scenario: len(w.story), Site: site, By: "an enemy who can write to the site's broker", Attempt: what, Study: name},
		refusal: borderRefusal(e.ID), about: []string{e.ID, p.ReleaseID}}
	w.attempt.effect = func(s harness.Seen) bool {
		part, ok := harness.Payload[federation.ResultPart](s)
		return ok && part.ReleaseID == p.ReleaseID
	}
	w.refusals = append(w.refusals, w.attempt.Refusal)
	w.tell("", site, "")
	return at.Forge().Write(ctx, forged)
}

func (w *World) forgeSignature(ctx context.Context, site, name string) error {
	enemy, err := harness.NewTestKey(topics.Source(site, topics.Airlock), airlock.TypeReleaseApproved)
	if err != nil {
		return err
	}
	r, err := w.decision(ctx, site, name, enemy, func(*airlock.ReleaseApproved) {})
	if err != nil {
		return err
	}
	// it claims the airlock's own key
	own := ""
	for _, s := range w.tap().Find(harness.Of(func(s harness.Seen, _ airlock.ReleaseRequested) bool { return s.Site() == site })) {
		own = s.Event.KeyID
	}
	if own == "" {
		return errors.New("the key of the airlock was not seen yet")
	}
	return w.plant(ctx, site, name, "a release decision with a forged signature", r, harness.ForgedSignature(harness.WithHeader(r, "ce_keyid", own), enemy))
}

// enrolled is a key of this run that a site believes to be its airlock's.
func (w *World) enrolled(site string) (harness.TestKey, error) {
	enemy, err := harness.NewTestKey(topics.Source(site, topics.Airlock), airlock.TypeReleaseApproved)
	if err != nil {
		return enemy, err
	}
	at, err := w.site(site)
	if err != nil {
		return enemy, err
	}
	w.testKeys = append(w.testKeys, enemy.KeyID())
	return enemy, at.Enrol(enemy)
}

func (w *World) forgeDigest(ctx context.Context, site, name string) error {
	enemy, err := w.enrolled(site)
	if err != nil {
		return err
	}
	r, err := w.decision(ctx, site, name, enemy, func(p *airlock.ReleaseApproved) {
		p.Claim.Digest = outputs.Digest([]byte("other bytes than " + p.Claim.Digest))
	})
	if err != nil {
		return err
	}
	return w.plant(ctx, site, name, "a release decision whose hash is not that of the bytes", r, r)
}

// truth shows that the way is open for the true decision after a forged one.
func (w *World) truth(ctx context.Context, site, name, host string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if err := w.approvePart(ctx, s, whole(site)); err != nil {
		return err
	}
	if err := w.crosses(ctx, site, name, host); err != nil {
		return err
	}
	w.probed(fmt.Sprintf("the true decision of %s is taken and the result crosses", site))
	return nil
}
