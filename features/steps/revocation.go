package steps

import (
	"context"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) revocationSteps() []Step {
	return []Step{
		{`^the job of ([a-z-]+) is stopped and the access of the ([a-z -]+?) at ([a-z-]+) ends$`, w.stoppedAndEnded,
			"Waits after a revocation for the end of the running job and of the person's access.",
			"the job of molgenis is stopped and the access of the researcher at molgenis ends"},
		{`^nothing of the study "([^"]+)" was released by ([a-z-]+)$`, w.nothingReleased,
			"Looks for anything of the study that the site has released.",
			`nothing of the study "revoked while it runs" was released by molgenis`},
		{`^([a-z-]+) still takes a job of the study "([^"]+)"$`, w.stillTakes,
			"Waits until the site queues its job of another study, as the valid act after an attempt.",
			`molgenis still takes a job of the study "under a permit that stands"`},
	}
}

// stoppedAndEnded waits for the end of a running job and of a person's access after a revocation.
func (w *World) stoppedAndEnded(ctx context.Context, site, person, home string) error {
	a, err := w.who(person, home)
	if err != nil {
		return err
	}
	from := 0
	for _, s := range w.tap().Find(harness.Of(func(s harness.Seen, _ approval.PermitRevoked) bool { return s.Site() == site })) {
		from = s.N
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the end of the job at " + site, From: from,
		Match: harness.Of(func(s harness.Seen, c workspace.JobStateChanged) bool {
			return s.Site() == site && c.State == "CANCELED" && c.Reason == "permit-revoked"
		})})
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "permit revoked")
	_, err = w.tap().Await(ctx, harness.Fact{What: "the end of access at " + site, From: from,
		Match: harness.Of(func(s harness.Seen, t workspace.AccessTerminated) bool {
			return s.Site() == site && slices.Contains(t.Persons, a.ID())
		})})
	return err
}

// nothingReleased is judged after a valid probe was accepted at the same site.
func (w *World) nothingReleased(ctx context.Context, name, site string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	found := w.tap().Find(func(seen harness.Seen) bool { return w.released(s, site)(seen) })
	if len(found) > 0 {
		return fmt.Errorf("%s said %s of %s", site, found[0].Event.Type, found[0].Event.Subject)
	}
	return nil
}

func (w *World) released(s *study, site string) func(harness.Seen) bool {
	return func(seen harness.Seen) bool {
		approved, isApproved := harness.Payload[airlock.ReleaseApproved](seen)
		part, isPart := harness.Payload[federation.ResultPart](seen)
		return seen.Site() == site && ((isApproved && approved.StudyID == s.id) || (isPart && part.StudyID == s.id))
	}
}

// stillTakes shows that a site goes on working: it queues its job of another study.
func (w *World) stillTakes(ctx context.Context, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	j, err := w.job(ctx, s, whole(site))
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the job of " + site, About: []string{j.JobID},
		Match: harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool {
			return c.JobID == j.JobID && c.State == "QUEUED"
		}),
		Unless: refusedSubject(site, "job/"+j.JobID)})
	if err != nil {
		return err
	}
	w.probed(site + " takes a job under a permit that stands")
	return nil
}
