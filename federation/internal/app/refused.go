package app

import (
	"slices"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Directions of what was refused at the border.
const (
	in  = "in"
	out = "out"
)

// unknown stands where a record that nobody could read says nothing.
const unknown = "unknown"

// refused announces the chassis's refusals that concern the border: everything in the inbox, and of the site's own
// what would have led to something leaving it.
//
// Refusals are facts.
func (g *gateway) refused(tx *run.Tx, e envelope.Event, r run.Refusal, leaf int64) error {
	p := federation.BorderRefused{From: unknown, CauseID: unknown, CauseType: unknown, Reason: r.Reason, Detail: r.Detail, AuditLeaf: leaf}
	// What a stranger wrote is repeated only where it is a name that the federation has.
	if _, _, ok := topics.ParseSource(e.Source); ok {
		p.From = e.Source
	}
	if id, err := ulid.ParseStrict(e.ID); err == nil && id.String() == e.ID {
		p.CauseID = e.ID
	}
	if c, ok := topics.Lookup(e.Type); ok {
		p.CauseType = c.Type
	}
	switch topic := e.Record.Topic; {
	case topic == topics.Inbox(g.site), topic == topics.Registry:
		p.Direction, p.To = in, g.site
	case topic == topics.TopicOf(airlock.TypeReleaseApproved, g.site), slices.Contains(topics.BorderOut(), e.Type):
		p.Direction, p.To = out, receiverOf(e)
	default:
		return nil
	}
	if _, err := announce(tx, p); err != nil {
		return err
	}
	return g.remind(tx, e, r)
}

// receiverOf is where a release or a decision would have gone, as far as its data can be read.
func receiverOf(e envelope.Event) string {
	if d, err := envelope.Decode[approval.DecisionIssued](e); err == nil && topics.ValidSite(d.HostSite) {
		return d.HostSite
	}
	if d, err := envelope.Decode[airlock.ReleaseApproved](e); err == nil && topics.ValidSite(d.Destination.Site) {
		return d.Destination.Site
	}
	return unknown
}

// hold announces what a worker, or a handler that goes on, does not let out, and audits it.
func (g *gateway) hold(tx *run.Tx, causeID, causeType, from, to string, r *run.Refusal) error {
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	p := federation.BorderRefused{Direction: out, From: from, To: to, CauseID: causeID, CauseType: causeType,
		Reason: r.Reason, Detail: r.Detail, AuditLeaf: leaf}
	told, err := announce(tx, p)
	if err != nil {
		return err
	}
	return tx.AuditApart(store.Entry{Action: "refused", Cause: causeID, Type: causeType, Reason: r.Reason, Effects: []string{told.ID}})
}

func announce(tx *run.Tx, p federation.BorderRefused) (run.Fact, error) {
	p.BorderID = tx.NewID()
	p.Detail = clip(p.Detail)
	return tx.Emit("border/"+p.BorderID, p)
}

// maxText is how much text an event carries.
const maxText = 512

func clip(text string) string {
	if text == "" {
		return "no detail"
	}
	for len(text) > maxText {
		runes := []rune(text)
		text = string(runes[:len(runes)-1-(len(text)-maxText)/4])
	}
	return text
}
