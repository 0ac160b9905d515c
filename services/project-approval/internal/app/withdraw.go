package app

import (
	"errors"
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// withdraw ends, for who applied, an application that nobody has decided. The host tells the other sites that are asked,
// also when it has decided itself: its decision stays, and they may not have come to one. They tell the host.
func withdraw(tx *run.Tx, e envelope.Event, act approval.ApplicationWithdraw) error {
	a, err := applicantsOwn(tx, e, act.ApplicationID, act.HostSite)
	if err != nil {
		return err
	}
	others := []string{a.Request.HostSite}
	if a.Request.HostSite == tx.Site() {
		others = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(a.Request.Sites))), func(s string) bool { return s == tx.Site() })
	}
	err = a.Domain.Withdraw()
	decided := errors.Is(err, domain.ErrTransition) && a.Domain.Status == domain.DecisionIssued
	if err != nil && (!decided || people.FromGateway(tx, e) || len(others) == 0 || a.Withdrawn) {
		return refusal(err)
	}
	a.Withdrawn, a.Elsewhere = true, nil
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, approval.ApplicationWithdrawn{ApplicationID: act.ApplicationID, ProjectID: a.Request.ProjectID, Reason: act.Reason,
		Site: tx.Site(), HostSite: a.Request.HostSite, Sites: others}, run.InProject(a.Request.ProjectID))
	return err
}
