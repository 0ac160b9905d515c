package app

import (
	"errors"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/inquiry"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// put is a question that this site was asked, by its own people or another site's, and the catalog is to answer.
type put struct {
	InquiryID, HostSite, DatasetID string
	Answered                       bool
}

// questions takes other sites' questions, and tells the host of each what the site's own catalog says.
func (g *gateway) questions() {
	incoming(g, func(p federation.QuestionDispatched) string { return p.HostSite }, g.takeQuestion)
	run.Handle(g.s, g.answerQuestion)
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p catalog.ActRefused) error {
		return g.denied(tx, p.ActID, p.Reason, because{reason: p.Reason})
	})
}

func (g *gateway) takeQuestion(tx *run.Tx, _ envelope.Event, p federation.QuestionDispatched) error {
	// A person has one home site, whose gateway attests the pseudonymous id to others. It asks for nobody
	// else's people, with or without standing.
	if p.Attestation == (vocabulary.Attestation{}) {
		if !strings.HasPrefix(p.Asker, p.HostSite+":") {
			return run.Refuse(border.AttestationMismatch, "%s asks for somebody who is not its own", p.HostSite)
		}
	} else if err := attested(p.Attestation, p.Asker, p.HostSite); err != nil {
		return err
	}
	if !tx.Now().Before(p.Deadline) {
		return run.Refuse(border.DeadlinePassed, "the inquiry's deadline was %s", p.Deadline.Format(time.DateTime))
	}
	return g.putToCatalog(tx, p)
}

// putToCatalog asks the site's own catalog, which answers for the site.
func (g *gateway) putToCatalog(tx *run.Tx, p federation.QuestionDispatched) error {
	_, exists, err := puts.Get(tx.Tx, p.QuestionID)
	if err != nil {
		return err
	}
	if exists {
		return run.Refuse(border.QuestionExists, "the site has a question of this id already")
	}
	if err := puts.Put(tx.Tx, p.QuestionID, put{InquiryID: p.InquiryID, HostSite: p.HostSite, DatasetID: p.DatasetID}); err != nil {
		return err
	}
	return g.ask(tx, question{QuestionID: p.QuestionID}, "question/"+p.QuestionID, catalog.QuestionAsk{QuestionID: p.QuestionID,
		DatasetID: p.DatasetID, Filters: p.Filters, Variant: p.Variant, Granularity: p.Granularity, Asker: p.Asker, Attestation: p.Attestation})
}

func (g *gateway) answerQuestion(tx *run.Tx, _ envelope.Event, p catalog.QuestionAnswered) error {
	a := inquiry.Answer{Outcome: inquiry.Outcome(p.Outcome), Granularity: p.Granularity, Count: p.Count, Called: p.Called}
	if p.Outcome == "not-answered" {
		a = inquiry.Answer{Outcome: inquiry.Refused, Reason: p.Reason}
		if p.Reason == "data-unreadable" { // why is for the site's own people to know
			a.Reason = border.NotComputed
		}
	}
	return g.giveBack(tx, p.QuestionID, a)
}

// giveBack tells the host. The first answer to a question is its only one.
func (g *gateway) giveBack(tx *run.Tx, id string, a inquiry.Answer) error {
	q, found, err := puts.Get(tx.Tx, id)
	if err != nil || !found || q.Answered {
		return err // found is false for a question of the site's own people to the site alone
	}
	q.Answered = true
	if err := puts.Put(tx.Tx, id, q); err != nil {
		return err
	}
	if q.HostSite != g.site {
		return g.tell(tx, q.HostSite, "question/"+id, federation.QuestionReturned{QuestionID: id, InquiryID: q.InquiryID, Site: g.site,
			HostSite: q.HostSite, DatasetID: q.DatasetID, Outcome: string(a.Outcome), Granularity: a.Granularity, Count: a.Count,
			Called: a.Called, Reason: a.Reason})
	}
	err = g.inquiryChanged(tx, q.InquiryID, func(i *inquiry.Inquiry) error { return i.Take(id, g.site, q.DatasetID, a, tx.Now()) })
	if errors.Is(err, inquiry.ErrLate) {
		return nil // nobody waits for it
	}
	return err
}
