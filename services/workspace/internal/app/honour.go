package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// honour follows the permit of a holder whose data are hosted here, from its grant to its end. It reaches the data of
// that holder and no other: those whose record names the holder's site as holder.
func (w *workspace) honour(tx *run.Tx, e envelope.Event, act events.PermitHonour) error {
	if !people.FromGateway(tx, e) {
		return run.Refuse(ReasonNotFromGateway, "the permits of holders elsewhere come through the gateway")
	}
	if !slices.Contains(tx.Profile().Hosting.For, act.Holder) {
		return run.Refuse(ReasonNotHosted, "this site hosts no data of %s", act.Holder)
	}
	before, found, err := permits.Get(tx.Tx, act.PermitID)
	if err != nil {
		return err
	}
	if found && before.Holder != act.Holder {
		return run.Refuse(ReasonNotHosted, "the permit is one of another site than %s", act.Holder)
	}
	p := domain.Permit{ID: act.PermitID, Project: act.ProjectID, Host: act.HostSite, Holder: act.Holder, Persons: act.Persons,
		Datasets: act.Datasets, Concepts: act.Concepts, Kinds: act.Analyses, ExpiresAt: act.ExpiresAt, Sponsor: act.Sponsor}
	switch {
	case act.Status == "REVOKED" && found:
		return w.endPermit(tx, e, p.ID, domain.Revoked, ReasonPermitRevoked)
	case act.Status == "EXPIRED" && found:
		return w.endPermit(tx, e, p.ID, domain.Expired, ReasonPermitExpired)
	case act.Status != "GRANTED":
		return nil // it ended before it was heard of
	case !found:
		return w.take(tx, p)
	}
	return w.follow(tx, p, before)
}

// holderOf is the site without a workspace that holds a dataset; empty for this site's own.
func holderOf(tx *run.Tx, recordHolder string) string {
	if slices.Contains(tx.Profile().Hosting.For, recordHolder) {
		return recordHolder
	}
	return ""
}

// stands is nil while work may go on under a permit: one of a holder elsewhere must also have been affirmed lately.
func stands(tx *run.Tx, p domain.Permit) error {
	if err := p.Holds(tx.Now()); err != nil || p.Holder == "" {
		return err
	}
	silent, err := upheld.Silent(tx, upheld.Name(p.Holder, p.ID))
	if err == nil && silent != "" {
		err = domain.ErrSilent
	}
	return err
}

// entrusting adds a permit to those of holders elsewhere that an output is made under.
func entrusting(names []string, p domain.Permit) []string {
	name := upheld.Name(p.Holder, p.ID)
	if p.Holder == "" || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
