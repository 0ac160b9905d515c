package steps

import (
	"context"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) applicantsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) asks the applicant of the project "([^"]+)" for the ([a-z-]+): "([^"]+)"$`, w.asksApplicant,
			"Asks the applicant something for the body whose turn it is; nobody of the site decides until the answer.",
			`the steering member at denbi asks the applicant of the project "a question first" for the steering-group: "Which groups does the count distinguish?"`},
		{`^the question of ([a-z-]+) on the project "([^"]+)" is before the ([a-z -]+?) at ([a-z-]+)$`, w.questionArrives,
			"Waits until the applicant's own site has said what a body of another site asks.",
			`the question of denbi on the project "a question first" is before the researcher at molgenis`},
		{`^the ([a-z -]+?) at ([a-z-]+) answers the question of ([a-z-]+) on the project "([^"]+)": "([^"]+)"$`, w.answersQuestion,
			"Answers what a body of a site has asked.",
			`the researcher at molgenis answers the question of denbi on the project "a question first": "By menopause alone."`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to answer the question of ([a-z-]+) on the project "([^"]+)"$`, w.tryAnswer,
			"Answers what a body of a site has asked of somebody else, which must be refused.",
			`the first committee member at molgenis tries to answer the question of denbi on the project "a question first"`},
		{`^the answer on the project "([^"]+)" is before the ([a-z-]+) of ([a-z-]+)$`, w.answerArrives,
			"Waits until the site whose body has asked has the answer.",
			`the answer on the project "a question first" is before the steering-group of denbi`},
		{`^the ([a-z -]+?) at ([a-z-]+) withdraws the application for the project "([^"]+)", because of "([^"]+)"$`, w.withdraws,
			"Withdraws an application at its host, wherever it is not decided yet. The reason is a code.",
			`the researcher at molgenis withdraws the application for the project "given up", because of "no-funds"`},
		{`^the ([a-z -]+?) at ([a-z-]+) tries to withdraw the application for the project "([^"]+)"$`, w.tryWithdraw,
			"Withdraws an application, which must be refused.",
			`the first committee member at molgenis tries to withdraw the application for the project "given up"`},
		{`^([a-z-]+) ends the application for the project "([^"]+)" without a decision, and tells ([a-z-]+)$`, w.endsUndecided,
			"Waits until a site that was asked has ended an application that was withdrawn, and the host was told.",
			`denbi ends the application for the project "given up" without a decision, and tells molgenis`},
	}
}

func (w *World) asksApplicant(ctx context.Context, person, site, name, body, question string) error {
	return w.actOn(ctx, person, site, name, body, "the question of", func(p *project) envelope.Payload {
		return approval.ApplicationRequestInformation{ApplicationID: p.application, RequestID: harness.NewID(), Body: body, Question: question,
			RespondBy: time.Now().UTC().AddDate(0, 1, 0)}
	})
}

// questioned waits until a site has said to an applicant what a body of another one asks.
func (w *World) questioned(ctx context.Context, by, name, home string) (*project, approval.ApplicationInformationRequested, error) {
	p, err := w.project(name)
	if err != nil {
		return nil, approval.ApplicationInformationRequested{}, err
	}
	s, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the question of %s at %s", by, home), About: []string{p.application},
		Match: harness.Of(func(s harness.Seen, q approval.ApplicationInformationRequested) bool {
			return q.ApplicationID == p.application && q.Site == by && s.Event.Source == topics.Source(home, topics.Approval)
		})})
	q, _ := harness.Payload[approval.ApplicationInformationRequested](s)
	return p, q, err
}

func (w *World) questionArrives(ctx context.Context, by, name, person, home string) error {
	a, err := w.who(person, home)
	if err != nil {
		return err
	}
	p, q, err := w.questioned(ctx, by, name, home)
	if err != nil {
		return err
	}
	if p.applicant != a {
		return fmt.Errorf("the %s did not apply for the project %q", a.Role, name)
	}
	w.tell("", by, q.Question)
	return nil
}

// informing is an answer to what a body of a site has asked.
func (w *World) informing(ctx context.Context, by, name, home, answer string) (approval.ApplicationProvideInformation, error) {
	p, q, err := w.questioned(ctx, by, name, home)
	if err != nil {
		return approval.ApplicationProvideInformation{}, err
	}
	return approval.ApplicationProvideInformation{ApplicationID: p.application, RequestID: q.RequestID, Answer: answer, Site: by}, nil
}

func (w *World) answersQuestion(ctx context.Context, person, home, by, name, answer string) error {
	a, err := w.who(person, home)
	if err != nil {
		return err
	}
	act, err := w.informing(ctx, by, name, home, answer)
	if err != nil {
		return err
	}
	w.tell(a.ID(), home, "the applicant answers")
	r, err := a.Act(ctx, act)
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the answer of "+a.Role)
	return err
}

func (w *World) tryAnswer(ctx context.Context, person, home, by, name string) error {
	act, err := w.informing(ctx, by, name, home, "In the place of the applicant.")
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, home, fmt.Sprintf("the %s answers for the applicant", person), func(*actor) envelope.Payload { return act })
}

func (w *World) answerArrives(ctx context.Context, name, body, site string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the answer at " + site, About: []string{p.application},
		Match: harness.Of(func(s harness.Seen, r approval.ApplicationInformationReceived) bool {
			return r.ApplicationID == p.application && s.Event.Source == topics.Source(site, topics.Approval)
		})})
	w.tell("", site, body)
	return err
}

func (w *World) withdraws(ctx context.Context, person, site, name, reason string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	p, err := w.project(name)
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "the applicant withdraws")
	r, err := a.Act(ctx, approval.ApplicationWithdraw{ApplicationID: p.application, Reason: reason})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the withdrawal by "+a.Role)
	return err
}

func (w *World) tryWithdraw(ctx context.Context, person, site, name string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, fmt.Sprintf("the %s withdraws an application", person), func(*actor) envelope.Payload {
		return approval.ApplicationWithdraw{ApplicationID: p.application, Reason: "not-wanted"}
	})
}

func (w *World) endsUndecided(ctx context.Context, site, name, host string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	of := harness.Of(func(_ harness.Seen, a approval.ApplicationWithdrawn) bool {
		return a.ApplicationID == p.application && a.Site == site
	})
	ended := harness.Fact{What: "the end of the application at " + site, About: []string{p.application},
		Match: func(s harness.Seen) bool { return of(s) && s.Event.Source == topics.Source(site, topics.Approval) }}
	told := harness.Fact{What: "what " + host + " is told of it", About: []string{p.application},
		Match: func(s harness.Seen) bool { return of(s) && s.Record.Topic == topics.Inbox(host) }}
	for _, f := range []harness.Fact{ended, told} {
		if _, err := w.tap().Await(ctx, f); err != nil {
			return err
		}
	}
	w.tell("", site, "nobody had decided")
	return nil
}
