package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// attempt is what must be refused in the present scenario.
type attempt struct {
	*report.Refusal
	refusal func(harness.Seen) (harness.Refusal, bool) // the record that refuses it
	effect  func(harness.Seen) bool                    // a record that it must not lead to
	about   []string
	own     airlock.ReleaseRequested // of a person's own output, where there is one
	dataset string                   // that it is about, where it is about one
}

func (w *World) refusalsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) counts "([^"]+)" by "([^"]+)" in the project "([^"]+)" and asks to release the table$`, w.countAndAsk,
			"Runs a count in the person's own site, by one or two concepts, and asks to release it. Refused or not, that is the scenario's attempt.",
			`the researcher at molgenis counts "rotterdam" by "hormone-therapy, menopause" in the project "tables" and asks to release the table`},
		{`^the ([a-z -]+?) at ([a-z-]+) runs what the study "([^"]+)" asks of "([^"]+)" in the project "([^"]+)" and asks to release it$`, w.studyAndAsk,
			"Runs the analyses of a study, with their preparation, in the person's own site, and asks to release the output. Refused or not, that is the scenario's attempt.",
			`the researcher at findata runs what the study "without the oldest" asks of "nafld1" in the project "diabetes" and asks to release it`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to approve (?:her|his|their) own output$`, w.approveOwn,
			"Reviews the scenario's table as its author.",
			"the researcher at molgenis tries to approve her own output"},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to approve that table$`, w.tryApprove,
			"Reviews the scenario's table, which the check has rejected.",
			"the checker at molgenis tries to approve that table"},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to ask how many people "([^"]+)" holds$`, w.tryAsk,
			"Asks a count, which must be refused.",
			`the careless colleague at molgenis tries to ask how many people "rotterdam" holds`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to decide on the project "([^"]+)" for the ([a-z-]+)$`, w.tryDecide,
			"Casts a vote, which must be refused.",
			`the researcher at molgenis tries to decide on the project "undecided" for the data-access-committee`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to open the study "([^"]+)" once more$`, w.tryOpenAgain,
			"Submits the study's job anew at the person's own site, which must be refused.",
			`the researcher at molgenis tries to open the study "revoked while it runs" once more`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to open the study "([^"]+)" in the project "([^"]+)" at$`, w.tryOpen,
			"Opens a study at datasets of a table (site, dataset), which the host must refuse.",
			`the researcher at molgenis tries to open the study "without strata" in the project "hormone therapy" at`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to approve the output of the study "([^"]+)"$`, w.tryApproveOutput,
			"Reviews the site's own output of a study, which must be refused.",
			`the first checker at denbi tries to approve the output of the study "too late"`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to sign in from the address ([0-9.]+)$`, w.trySignIn,
			"Signs in from another address, which must be refused.",
			"the researcher at sensitive-cloud tries to sign in from the address 127.0.9.7"},
		{`^the ([a-z -]+?) at ([a-z-]+) signs in from the address ([0-9.]+) and is let in$`, w.letIn,
			"Signs in from an address as the valid act after an attempt.",
			"the researcher at sensitive-cloud signs in from the address 127.0.8.7 and is let in"},
		{`^it is refused as "([^"]+)"$`, w.isRefused,
			"Waits for the refusal of the scenario's attempt, which must have this reason. Reasons are listed in contracts/REASONS.md.",
			`it is refused as "separation-of-duties"`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks the same and is answered$`, w.askAnswered,
			"Asks a count as the valid act after an attempt.",
			"the researcher at molgenis asks the same and is answered"},
		{`^the ([a-z -]+?) at ([a-z-]+) approves that table, which is published$`, w.approveTable,
			"Approves the scenario's table as the valid act after an attempt.",
			"the checker at molgenis approves that table, which is published"},
		{`^a table by "([^"]+)" of the ([a-z -]+?) at ([a-z-]+) in the project "([^"]+)" passes the check there$`, w.tablePasses,
			"Has another table checked, as the valid act after an attempt.",
			`a table by "menopause" of the researcher at molgenis in the project "tables" passes the check there`},
		{`^what the study "([^"]+)" asks of "([^"]+)" passes the check for the ([a-z -]+?) at ([a-z-]+) in the project "([^"]+)"$`, w.studyPasses,
			"Has the output of a study's analyses checked, as the valid act after an attempt.",
			`what the study "people from 45 on" asks of "nafld1" passes the check for the researcher at findata in the project "diabetes"`},
		{`^the attempt left an audit entry and no effect$`, w.leftNothing,
			"Ends every scenario of something refused: the refusal names its leaf in the audit log, a valid act was accepted after it, and nothing followed from the attempt.",
			"the attempt left an audit entry and no effect"},
	}
}

// try begins an attempt of a person.
func (w *World) try(a *actor, what string) *attempt {
	w.attempt = &attempt{Refusal: &report.Refusal{Scenario: len(w.story), Site: a.Site.Name, By: a.Role, Attempt: what}}
	w.refusals = append(w.refusals, w.attempt.Refusal)
	w.tell(a.ID(), a.Site.Name, "")
	return w.attempt
}

// tryAct begins an attempt that is an act.
func (w *World) tryAct(ctx context.Context, person, site, what string, act func(*actor) envelope.Payload) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, act(a))
	if err != nil {
		return err
	}
	w.tryAs(a, what, r)
	return nil
}

// tryAs begins an attempt that is an act which was sent.
func (w *World) tryAs(a *actor, what string, r harness.Receipt) {
	t := w.try(a, what)
	t.about = []string{r.ActID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		refusal, ok := harness.RefusalOf(s)
		return refusal, ok && refusal.Kind == "act" && refusal.Cause == r.ActID
	}
	t.effect = func(s harness.Seen) bool {
		_, refusal := harness.RefusalOf(s)
		return s.Err == nil && s.Event.CausationID == r.ActID && !refusal
	}
}

// openedFrom is the first session.open of a person from a place in the transcript on.
func (w *World) openedFrom(ctx context.Context, a *actor, from int) (harness.Seen, error) {
	return w.tap().Await(ctx, harness.Fact{What: "the sign-in of " + a.Role, About: []string{a.ID()}, From: from,
		Match: harness.Of(func(_ harness.Seen, o identity.SessionOpen) bool { return o.PersonID == a.ID() })})
}

func (w *World) trySignIn(ctx context.Context, person, site, address string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	from := len(w.tap().All())
	// whether the door itself lets the person wait for an answer is its own affair; the fact decides
	var answer *harness.DoorError
	if err := a.SignInFrom(ctx, address); err != nil && !errors.As(err, &answer) {
		return err
	}
	opened, err := w.openedFrom(ctx, a, from)
	if err != nil {
		return err
	}
	t := w.try(a, "sign-in from an address outside the site's network")
	t.about = []string{opened.Event.ID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		refusal, ok := harness.RefusalOf(s)
		return refusal, ok && refusal.Kind == "act" && refusal.Cause == opened.Event.ID
	}
	t.effect = harness.Of(func(s harness.Seen, _ identity.SessionAttested) bool { return s.Event.CausationID == opened.Event.ID })
	return nil
}

func (w *World) letIn(ctx context.Context, person, site, address string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	from := len(w.tap().All())
	if err := a.SignInFrom(ctx, address); err != nil {
		return err
	}
	opened, err := w.openedFrom(ctx, a, from)
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, harness.Receipt{ActID: opened.Event.ID, Subject: opened.Event.Subject}, "the session of "+a.Role)
	if err != nil {
		return err
	}
	w.probed("the same person signs in from the site's network")
	return nil
}

// isRefused waits for the refusal of the scenario's attempt and compares its reason.
func (w *World) isRefused(ctx context.Context, reason string) error {
	t := w.attempt
	if t == nil {
		return errors.New("nothing was tried in this scenario")
	}
	t.Expected = reason
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the refusal of: " + t.Attempt, About: t.about,
		Match:  func(s harness.Seen) bool { _, ok := t.refusal(s); return ok },
		Unless: t.effect})
	if err != nil {
		return err
	}
	r, _ := t.refusal(seen)
	t.Reason, t.Sentence, t.AuditLeaf = r.Reason, r.Detail, r.Leaf
	w.tell("", t.Site, r.Reason)
	if r.Reason != reason {
		return fmt.Errorf("it was refused as %q (%s), expected %q", r.Reason, r.Detail, reason)
	}
	return nil
}

// probed notes that a valid act was accepted after the attempt.
func (w *World) probed(what string) {
	if w.attempt != nil {
		w.attempt.Probe, w.attempt.ProbeAccepted = what, true
	}
}

// datasetAt is the one that the attempt is about, or else the last that the site published.
func (w *World) datasetAt(site string) (dataset string) {
	if w.attempt != nil && w.attempt.dataset != "" {
		return w.attempt.dataset
	}
	for _, s := range w.tap().Find(harness.Of(func(s harness.Seen, _ catalog.DatasetPublished) bool { return s.Site() == site })) {
		p, _ := harness.Payload[catalog.DatasetPublished](s)
		dataset = p.DatasetID
	}
	return dataset
}

func (w *World) askAnswered(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	dataset := w.datasetAt(site)
	answer, err := w.answer(ctx, a, question(dataset))
	if err != nil {
		return err
	}
	if answer.Outcome != "counted" {
		return fmt.Errorf("the question was %s (%s), expected an answer", answer.Outcome, answer.Reason)
	}
	w.tell(a.ID(), site, "discovery by counts over the threshold")
	w.probed(fmt.Sprintf("%s asks the same and is answered", a.Role))
	return nil
}

func (w *World) approveTable(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	own := w.attempt.own
	if err := w.reviews(ctx, a, own); err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the publication of the table", About: []string{own.ReleaseID},
		Match: harness.Of(func(_ harness.Seen, p airlock.ReleasePublished) bool { return p.ReleaseID == own.ReleaseID })})
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "independent review")
	w.probed(fmt.Sprintf("%s approves the same output", a.Role))
	return nil
}

func (w *World) tablePasses(ctx context.Context, by, person, site, in string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	dataset := w.datasetAt(site)
	asked, err := w.table(ctx, a, dataset, by, in)
	if err != nil {
		return err
	}
	if err := w.passed(ctx, site, asked.ReleaseID); err != nil {
		return err
	}
	w.probed("a table by " + by + " passes the same check")
	return nil
}

func (w *World) studyPasses(ctx context.Context, name, dataset, person, site, in string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	asked, err := w.output(ctx, a, dataset, in, asking{s.analyses, s.prepare})
	if err != nil {
		return err
	}
	if err := w.passed(ctx, site, asked.ReleaseID); err != nil {
		return err
	}
	w.probed(fmt.Sprintf("the numbers of %q pass the same check", name))
	return nil
}

// leftNothing closes an attempt: the probe came after it on the same topics, so what it led to would have been seen.
func (w *World) leftNothing(ctx context.Context) error {
	t := w.attempt
	if t == nil || t.Reason == "" {
		return errors.New("nothing was refused in this scenario")
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	effects := w.tap().Find(t.effect)
	t.Effects = len(effects)
	switch {
	case t.AuditLeaf == "":
		return errors.New("the refusal names no audit leaf")
	case !t.ProbeAccepted:
		return errors.New("no valid act was accepted after the attempt, so its having no effect shows nothing")
	case t.Effects > 0:
		return fmt.Errorf("the attempt led to %s of %s", effects[0].Event.Type, effects[0].Event.Subject)
	}
	w.tell("", t.Site, "audit leaf "+t.AuditLeaf)
	return nil
}

// borderRefusal finds the border's refusal of an event.
func borderRefusal(id string) func(harness.Seen) (harness.Refusal, bool) {
	return func(s harness.Seen) (harness.Refusal, bool) {
		p, ok := harness.Payload[federation.BorderRefused](s)
		if !ok || p.CauseID != id {
			return harness.Refusal{}, false
		}
		return harness.RefusalOf(s)
	}
}
