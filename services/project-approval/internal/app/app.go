// Package app takes the acts of project-approval and announces what was decided.
package app

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// The reasons for which an act is refused here, beside those of package people.
const (
	ReasonApplicationUnknown = "application-unknown"
	ReasonApplicationUnclear = "application-unclear"
	ReasonPermitUnknown      = "permit-unknown"
	ReasonAlreadySubmitted   = "already-submitted"
	ReasonNotAsked           = "site-not-asked"
	ReasonNotTheApplicant    = "not-the-applicant"
	ReasonNotTheHost         = "not-the-host"
	ReasonAttestation        = "attestation-missing"
	ReasonDuration           = "permit-duration"
	ReasonTransition         = "transition"
	ReasonDuties             = "separation-of-duties"
	ReasonAlreadyAssessed    = "already-assessed"
	ReasonNotTheTurn         = "not-this-bodys-turn"
)

// application is what the service keeps of one application.
type application struct {
	Domain  domain.Application            `json:"domain"`
	Request approval.ApplicationSubmitted `json:"request"`
	Number  uint64                        `json:"number"` // sequence of the fact that announced it
}

// permit is what the service keeps of one permit.
type permit struct {
	Domain  domain.Permit          `json:"domain"`
	Granted approval.PermitGranted `json:"granted"`
}

const (
	applications store.Kind[application] = "application"       // by host and id
	hosts        store.Kind[[]string]    = "application-hosts" // by id: whose applications have it
	permits      store.Kind[permit]      = "permit"
)

// Register adds the handlers of the service.
func Register(s *run.Service) {
	people.Register(s)
	run.Handle(s, submit)
	run.Handle(s, assess)
	run.Handle(s, revoke)
	run.HandleTimer(s, permitExpires, expire)
}

func chain(p profile.Profile) []domain.Body {
	bodies := make([]domain.Body, len(p.ApprovalChain))
	for i, b := range p.ApprovalChain {
		bodies[i] = domain.Body{Name: b.Body, Quorum: b.Quorum, Of: b.Of}
	}
	return bodies
}

// refusal is the one place where the domain's errors become reason codes.
func refusal(err error) error {
	for _, known := range []struct {
		err    error
		reason string
	}{
		{domain.ErrSeparationOfDuties, ReasonDuties},
		{domain.ErrAlreadyAssessed, ReasonAlreadyAssessed},
		{domain.ErrNotThisBodysTurn, ReasonNotTheTurn},
		{domain.ErrTransition, ReasonTransition},
	} {
		if errors.Is(err, known.err) {
			return run.Refuse(known.reason, "%s", err)
		}
	}
	return err
}
