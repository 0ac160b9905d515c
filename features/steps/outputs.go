package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// own is what a person of a site makes there in one scenario.
type own struct {
	jobs   []string // in the order in which they were submitted
	sealed harness.Seen
	asked  airlock.ReleaseRequested

	imports map[string]brought // by the name that the scenario gives
	crate   string             // digest of the last crate that asked for something
}

func (w *World) outputsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) tries to run what the study "([^"]+)" asks of "([^"]+)" in the project "([^"]+)"$`, w.tryRun,
			"Submits a job in the person's own site, which must be refused.",
			`the researcher at denbi tries to run what the study "a model" asks of "trial" in the project "own rule"`},
		{`^the ([a-z -]+?) at ([a-z-]+) runs what the study "([^"]+)" asks of "([^"]+)" in the project "([^"]+)"$`, w.runOwn,
			"Submits a job in the person's own site, which must be taken.",
			`the researcher at denbi runs what the study "a test" asks of "trial" in the project "own rule"`},
		{`^the second job has not begun while the first runs$`, w.secondWaits,
			"Looks for a state of the scenario's second job beyond the queue. A question that the workspace answered after it shows that it had time to begin.",
			"the second job has not begun while the first runs"},
		{`^the second job begins after the first has ended$`, w.secondFollows,
			"Waits for the second job's beginning, and compares it with the first one's end.",
			"the second job begins after the first has ended"},
		{`^the ([a-z -]+?) at ([a-z-]+) has an output of what the study "([^"]+)" asks of "([^"]+)" in the project "([^"]+)"$`, w.hasOutput,
			"Runs a job in the person's own site and waits for its sealed output.",
			`the researcher at tsd has an output of what the study "a table" asks of "trial" in the project "own rule"`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to have that output released, declared as "([^"]*)" and named "([^"]*)"$`, w.tryHaveReleased,
			"Asks to release the scenario's output, which must be refused. Nothing between the quotation marks: nothing is declared, no name is given.",
			`the researcher at tsd tries to have that output released, declared as "table" and named "My table.json"`},
		{`^the ([a-z -]+?) at ([a-z-]+) has that output taken for release, declared as "([^"]*)" and named "([^"]*)"$`, w.haveReleased,
			"Asks to release the scenario's output, which must be taken; also as the valid act after an attempt.",
			`the researcher at findata has that output taken for release, declared as "statistic" and named ""`},
		{`^that output is approved by nobody, on the declaration that it is a "([^"]+)"$`, w.approvedByDeclaration,
			"Waits for the decision without reviewers, which must name the declaration.",
			`that output is approved by nobody, on the declaration that it is a "statistic"`},
		{`^that output waits for the ([a-z-]+), in stage (\d+) of (\d+)$`, w.waitsFor,
			"Waits until a role has its turn in the review.",
			"that output waits for the release-committee, in stage 2 of 2"},
		{`^the ([a-z -]+?) at ([a-z-]+) approves that output$`, w.approveOwnOutput,
			"Approves the scenario's output as one of its reviewers; also as the valid act after an attempt.",
			"the first output-checker at opensafely approves that output"},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to approve that output$`, w.tryApproveOwnRelease,
			"Reviews the scenario's output, which must be refused.",
			"the first release-committee member at genomics-england tries to approve that output"},
		{`^of the first review neither reviewer nor decision is told$`, w.toldBlinded,
			"Waits for the event of the first review.",
			"of the first review neither reviewer nor decision is told"},
		{`^that output is published, after the scan found it clean$`, w.publishedClean,
			"Waits for the publication; the check must have had the verdict of a scan.",
			"that output is published, after the scan found it clean"},
		{`^that output is published$`, w.ownPublished,
			"Waits for the publication of the scenario's output.",
			"that output is published"},
		{`^every number of people in it is a multiple of (\d+), as the ([a-z -]+?) at ([a-z-]+) reads$`, w.readsMultiples,
			"Fetches the published output and looks at every count.",
			"every number of people in it is a multiple of 5, as the researcher at opensafely reads"},
	}
}

func (w *World) jobFor(person, site, name, dataset, in string) (*actor, workspace.JobSubmit, error) {
	a, err := w.who(person, site)
	if err != nil {
		return nil, workspace.JobSubmit{}, err
	}
	s, err := w.study(name)
	if err != nil {
		return nil, workspace.JobSubmit{}, err
	}
	job, err := w.jobOf(a, dataset, in, asking{s.analyses, s.prepare})
	return a, job, err
}

func (w *World) tryRun(ctx context.Context, person, site, name, dataset, in string) error {
	_, job, err := w.jobFor(person, site, name, dataset, in)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, fmt.Sprintf("the %s runs %q", person, name), func(*actor) envelope.Payload { return job })
}

func (w *World) runOwn(ctx context.Context, person, site, name, dataset, in string) error {
	a, job, err := w.jobFor(person, site, name, dataset, in)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, job)
	if err != nil {
		return err
	}
	if _, err := w.granted(ctx, r, "the job of "+a.Role); err != nil {
		return err
	}
	w.own.jobs = append(w.own.jobs, job.JobID)
	w.probed(fmt.Sprintf("the %s runs %q", person, name))
	return nil
}

// jobState matches a state of one of the scenario's jobs.
func (w *World) jobState(n int, states ...string) func(harness.Seen) bool {
	return harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool {
		return n < len(w.own.jobs) && c.JobID == w.own.jobs[n] && slices.Contains(states, c.State)
	})
}

func (w *World) secondWaits(ctx context.Context) error {
	if len(w.own.jobs) != 2 {
		return fmt.Errorf("this scenario has submitted %d jobs, not two", len(w.own.jobs))
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	if len(w.tap().Find(w.jobState(1, "INITIALIZING", "RUNNING", "COMPLETE"))) > 0 {
		return errors.New("the second job runs beside the first")
	}
	return nil
}

func (w *World) secondFollows(ctx context.Context) error {
	began, err := w.tap().Await(ctx, harness.Fact{What: "the second job", About: w.own.jobs, Match: w.jobState(1, "INITIALIZING")})
	if err != nil {
		return err
	}
	ended, err := w.tap().Await(ctx, harness.Fact{What: "the end of the first job", About: w.own.jobs, Match: w.jobState(0, "COMPLETE")})
	if err == nil && began.Event.Time.Before(ended.Event.Time) {
		err = errors.New("the second job began before the first had ended")
	}
	return err
}

func (w *World) hasOutput(ctx context.Context, person, site, name, dataset, in string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	w.own.sealed, err = w.seals(ctx, a, dataset, in, asking{s.analyses, s.prepare})
	return err
}

// request is the act that asks to release the scenario's output.
func (w *World) request(a *actor, declared, name string) (airlock.ReleaseRequest, error) {
	o, ok := harness.Payload[workspace.OutputSealed](w.own.sealed)
	if !ok {
		return airlock.ReleaseRequest{}, errors.New("this scenario has no output yet")
	}
	return airlock.ReleaseRequest{ReleaseID: harness.NewID(), OutputID: o.OutputID, Requester: a.ID(), Digest: o.Claim.Digest, ResultType: declared, Name: name}, nil
}

func (w *World) tryHaveReleased(ctx context.Context, person, site, declared, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	act, err := w.request(a, declared, name)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, "an output is to leave against the site's rules of export", func(*actor) envelope.Payload { return act })
}

func (w *World) haveReleased(ctx context.Context, person, site, declared, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	act, err := w.request(a, declared, name)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, act, w.own.sealed)
	if err != nil {
		return err
	}
	seen, err := w.granted(ctx, r, "the request to release the output")
	if err != nil {
		return err
	}
	var ok bool
	if w.own.asked, ok = harness.Payload[airlock.ReleaseRequested](seen); !ok {
		return fmt.Errorf("the request was answered by %s", seen.Event.Type)
	}
	w.probed(fmt.Sprintf("the %s asks as the rules want it", person))
	return nil
}

// ofOwn awaits a fact of the scenario's release, and ends with its contrary.
func ofOwn[T envelope.Payload](ctx context.Context, w *World, what string, match func(T) bool, unless func(harness.Seen) bool) (T, error) {
	id := w.own.asked.ReleaseID
	seen, err := w.tap().Await(ctx, harness.Fact{What: what, About: []string{id}, Unless: unless,
		Match: harness.Of(func(s harness.Seen, p T) bool { return s.Event.Subject == "release/"+id && match(p) })})
	p, _ := harness.Payload[T](seen)
	return p, err
}

func (w *World) approved(s harness.Seen) bool {
	p, ok := harness.Payload[airlock.ReleaseApproved](s)
	return ok && p.ReleaseID == w.own.asked.ReleaseID
}

func (w *World) approvedByDeclaration(ctx context.Context, declared string) error {
	p, err := ofOwn(ctx, w, "the decision without reviewers", func(airlock.ReleaseApproved) bool { return true },
		harness.Of(func(_ harness.Seen, a airlock.ReleaseAssigned) bool { return a.ReleaseID == w.own.asked.ReleaseID }))
	if err == nil && (p.DeclaredAs != declared || len(p.Reviewers) > 0) {
		err = fmt.Errorf("it was declared as %q and approved by %d reviewers", p.DeclaredAs, len(p.Reviewers))
	}
	return err
}

func (w *World) waitsFor(ctx context.Context, role, stage, stages string) error {
	_, err := ofOwn(ctx, w, "the turn of the "+role, func(a airlock.ReleaseAssigned) bool {
		return a.Role == role && strconv.FormatInt(a.Stage, 10) == stage && strconv.FormatInt(a.Stages, 10) == stages
	}, w.approved)
	return err
}

func (w *World) approveOwnOutput(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "independent review")
	if err := w.reviews(ctx, a, w.own.asked); err != nil {
		return err
	}
	w.probed(fmt.Sprintf("the %s approves the same output", person))
	return nil
}

func (w *World) tryApproveOwnRelease(ctx context.Context, person, site string) error {
	return w.tryAct(ctx, person, site, "a reviewer approves out of turn", func(*actor) envelope.Payload {
		return airlock.ReleaseReview{ReleaseID: w.own.asked.ReleaseID, Digest: w.own.asked.Digest, Decision: "Approved"}
	})
}

func (w *World) toldBlinded(ctx context.Context) error {
	p, err := ofOwn(ctx, w, "the first review", func(r airlock.ReleaseReviewed) bool { return r.Ordinal == 1 }, nil)
	if err == nil && (!p.Blinded || p.Reviewer != "" || p.Decision != "") {
		err = errors.New("reviewer or decision is told")
	}
	return err
}

func (w *World) ownPublished(ctx context.Context) error {
	_, err := ofOwn(ctx, w, "the publication", func(airlock.ReleasePublished) bool { return true }, nil)
	return err
}

func (w *World) publishedClean(ctx context.Context) error {
	checked, err := ofOwn(ctx, w, "the check", func(airlock.ReleaseChecked) bool { return true }, nil)
	if err != nil {
		return err
	}
	if checked.Scan != "clean" {
		return fmt.Errorf("the check has the verdict %q of a scan", checked.Scan)
	}
	return w.ownPublished(ctx)
}

// collected is the released output of one's own, as a person fetches it from the door.
func (w *World) collected(ctx context.Context, person, site string) (outputs.Document, error) {
	a, err := w.who(person, site)
	if err != nil {
		return outputs.Document{}, err
	}
	text, err := a.Collect(ctx, w.own.asked.ReleaseID)
	if err != nil {
		return outputs.Document{}, err
	}
	return outputs.Decode(text)
}

func (w *World) readsMultiples(ctx context.Context, of, person, site string) error {
	base, err := strconv.Atoi(of)
	if err != nil {
		return err
	}
	document, err := w.collected(ctx, person, site)
	if err != nil {
		return err
	}
	seen := 0
	for _, r := range document.Results {
		count, _ := r.(outputs.Count)
		for _, cell := range count.Cells {
			if seen++; cell.N%base != 0 {
				return fmt.Errorf("a cell of %v tells a number that is no multiple of %d", cell.By, base)
			}
		}
	}
	if seen == 0 {
		return errors.New("it has no count")
	}
	return nil
}
