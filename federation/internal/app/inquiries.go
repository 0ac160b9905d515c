package app

import (
	"errors"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/inquiry"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Reasons for which an inquiry is not opened, besides those of people, border and studies.
const (
	ReasonInquiryExists = "inquiry-exists" // another inquiry has this id
)

// inquiryTimer ends the waiting for answers. Its name is stored: never rename it.
const inquiryTimer = "inquiry-deadline"

// inquiries puts a question of this site's people to several sites, and makes one answer of theirs.
func (g *gateway) inquiries() {
	run.Handle(g.s, g.inquire)
	run.HandleTimer(g.s, inquiryTimer, func(tx *run.Tx, id string, _ struct{}) error {
		return g.inquiryChanged(tx, id, func(q *inquiry.Inquiry) error { q.Expire(); return nil })
	})
	incoming(g, func(p federation.QuestionReturned) string { return p.Site }, g.takeAnswer)
}

func (g *gateway) inquire(tx *run.Tx, e envelope.Event, p federation.InquiryOpen) error {
	// How much somebody without standing is told is for each site to say.
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}}); err != nil {
		return err
	}
	if err := g.inquirable(tx, p); err != nil {
		return err
	}
	attestation, err := people.Attestation(tx, e.Actor)
	var unfit *run.Refusal
	if err != nil && !errors.As(err, &unfit) {
		return err
	}
	var parts []inquiry.Part
	for _, t := range p.Targets {
		parts = append(parts, inquiry.Part{Site: t.Site, Dataset: t.DatasetID, QuestionID: tx.NewID()})
	}
	deadline := tx.Now().Add(time.Duration(p.DeadlineSeconds) * time.Second).Truncate(time.Millisecond)
	q, err := inquiry.Open(p.InquiryID, p.Granularity == profile.Boolean, deadline, parts)
	if err != nil {
		return run.Refuse(TargetRepeated, "an inquiry asks of each dataset once")
	}
	if err := inquiries.Put(tx.Tx, q.ID, q); err != nil {
		return err
	}
	if err := tx.Alarm(inquiryTimer, q.ID, deadline, struct{}{}); err != nil {
		return err
	}
	if _, err := tx.Emit(e.Subject, federation.InquiryOpened{InquiryID: q.ID, Asker: e.Actor, Targets: p.Targets, Filters: p.Filters,
		Variant: p.Variant, Granularity: p.Granularity, Deadline: deadline}); err != nil {
		return err
	}
	for _, part := range parts {
		if err := g.putTo(tx, e, part, federation.QuestionDispatched{QuestionID: part.QuestionID, InquiryID: q.ID, Site: part.Site, HostSite: g.site,
			Asker: e.Actor, Attestation: attestation, DatasetID: part.Dataset, Filters: p.Filters, Variant: p.Variant,
			Granularity: p.Granularity, Deadline: deadline}); err != nil {
			return err
		}
	}
	return nil
}

// inquirable checks what the act asks for.
func (g *gateway) inquirable(tx *run.Tx, p federation.InquiryOpen) error {
	// A deadline is a parameter, capped by the profile.
	if most := tx.Profile().Study.MaxDeadline.Std(); p.DeadlineSeconds > int64(most/time.Second) {
		return run.Refuse(DeadlineTooLong, "this site waits at most %s", most)
	}
	for _, t := range p.Targets {
		if _, err := g.participant(tx, t.Site); t.Site != g.site && isFor(err, border.SiteUnknown) {
			return err
		}
	}
	_, exists, err := inquiries.Get(tx.Tx, p.InquiryID)
	if err == nil && exists {
		err = run.Refuse(ReasonInquiryExists, "the site has an inquiry of this id already")
	}
	return err
}

// putTo asks one site, this one like any other. One that cannot be asked is named, and the others are asked.
func (g *gateway) putTo(tx *run.Tx, e envelope.Event, part inquiry.Part, p federation.QuestionDispatched) error {
	if part.Site == g.site {
		return g.putToCatalog(tx, p)
	}
	err := g.send(tx, part.Site, "question/"+part.QuestionID, p)
	var r *run.Refusal
	if !errors.As(err, &r) {
		return err
	}
	if err := g.hold(tx, e.ID, e.Type, e.Source, part.Site, r); err != nil {
		return err
	}
	outcome := inquiry.Refused
	if r.Reason == border.Suspended || r.Reason == border.Gone {
		outcome = inquiry.Silent
	}
	return g.inquiryChanged(tx, p.InquiryID, func(q *inquiry.Inquiry) error { q.Miss(part.Site, outcome, r.Reason); return nil })
}

// takeAnswer takes what another site says, if this site asked it.
func (g *gateway) takeAnswer(tx *run.Tx, _ envelope.Event, p federation.QuestionReturned) error {
	err := g.inquiryChanged(tx, p.InquiryID, func(q *inquiry.Inquiry) error {
		return q.Take(p.QuestionID, p.Site, p.DatasetID, inquiry.Answer{Outcome: inquiry.Outcome(p.Outcome), Granularity: p.Granularity,
			Count: p.Count, Called: p.Called, Reason: p.Reason}, tx.Now())
	})
	switch {
	case errors.Is(err, inquiry.ErrUnknown):
		return run.Refuse(border.QuestionUnknown, "this site has not asked %s that", p.Site)
	case errors.Is(err, inquiry.ErrAnswered):
		return run.Refuse(border.AlreadyAnswered, "the site has answered this question before")
	case errors.Is(err, inquiry.ErrLate):
		return run.Refuse(border.Late, "the inquiry did not wait longer; its answer names the site as silent")
	case errors.Is(err, inquiry.ErrInvalid):
		return run.Refuse(border.AnswerInvalid, "the answer contradicts itself, or tells more than was asked")
	}
	return err
}

// inquiryChanged changes an inquiry, and tells its answer once the last site has one.
func (g *gateway) inquiryChanged(tx *run.Tx, id string, fn func(*inquiry.Inquiry) error) error {
	q, found, err := inquiries.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	if !found {
		return inquiry.ErrUnknown
	}
	before := q.Over()
	if err := fn(&q); err != nil {
		return err
	}
	if err := inquiries.Put(tx.Tx, id, q); err != nil || before || !q.Over() {
		return err
	}
	if err := tx.ClearTimer(inquiryTimer, id); err != nil {
		return err
	}
	_, err = tx.Emit("inquiry/"+id, answered(q))
	return err
}

// answered names each site that was asked.
func answered(q inquiry.Inquiry) federation.InquiryAnswered {
	p := federation.InquiryAnswered{InquiryID: q.ID, Answers: []vocabulary.SiteAnswer{}}
	for _, part := range q.Parts {
		p.Answers = append(p.Answers, vocabulary.SiteAnswer{Site: part.Site, DatasetID: part.Dataset, QuestionID: part.QuestionID,
			Outcome: string(part.Outcome), Granularity: part.Granularity, Count: part.Count, Called: part.Called, Reason: part.Reason})
	}
	if sum, of, told := q.Total(); told {
		p.Total, p.TotalOf = sum, of
	}
	return p
}
