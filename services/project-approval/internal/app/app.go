// Package app takes the acts of project-approval and announces what was decided.
package app

import (
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
	ReasonPartnerRefused     = "partner-refused"
	ReasonSponsorMissing     = "sponsor-missing"
	ReasonHoldsRows          = "model-holds-rows"
	ReasonDataUseDenied      = "data-use-denied"
	ReasonNotPerDataset      = "not-per-dataset"
	ReasonDatasetDecided     = "dataset-decided"
	ReasonDatasetWithdrawn   = "dataset-withdrawn"
	ReasonNothingToAmend     = "nothing-to-amend"
	ReasonPermitEnded        = "permit-ended"
	ReasonRenewedBefore      = "renewed-before"
	ReasonAmended            = "amendment-not-withdrawn"
	ReasonRequestUnknown     = "request-unknown"
)

// application is what the service keeps of one application.
type application struct {
	Domain  domain.Application            `json:"domain"`
	Request approval.ApplicationSubmitted `json:"request"`
	Number  uint64                        `json:"number"` // sequence of the fact that announced it
	Permit  string                        `json:"permit,omitzero"`
	Change  change                        `json:"change,omitzero"` // of the permit, while the round about it is open

	Withdrawn bool              `json:"withdrawn,omitzero"` // wherever it was not decided
	Elsewhere map[string]string `json:"elsewhere,omitzero"` // by site, what a body there asks the applicant and waits for
}

// permit is what the service keeps of one permit.
type permit struct {
	Domain   domain.Permit          `json:"domain"`
	Granted  approval.PermitGranted `json:"granted"`  // as it stands now
	Revision int64                  `json:"revision"` // counts its contents; the first is 1
}

const (
	applications store.Kind[application] = "application"       // by host and id
	hosts        store.Kind[[]string]    = "application-hosts" // by id: whose applications have it
	permits      store.Kind[permit]      = "permit"
	records      store.Kind[record]      = "record" // by dataset: what the catalog says of its use
)

// Register adds the handlers of the service.
func Register(s *run.Service) {
	people.Register(s)
	run.Handle(s, submit)
	run.Handle(s, assess)
	run.Handle(s, withdraw)
	run.Handle(s, requestInformation)
	run.Handle(s, provideInformation)
	run.Handle(s, amend)
	run.Handle(s, renew)
	run.Handle(s, revoke)
	run.Handle(s, datasetPublished)
	run.Handle(s, datasetUpdated)
	run.Handle(s, datasetWithdrawn)
	run.HandleTimer(s, permitExpires, expire)
	affirming(s)
}

// partnerOf is who an application is for; academic where it does not say.
func partnerOf(r approval.ApplicationSubmitted) string {
	if r.Partner == "" {
		return profile.Academic
	}
	return r.Partner
}

// chain lists the bodies that decide on an application, in order.
func chain(p profile.Profile, r approval.ApplicationSubmitted) (bodies []domain.Body) {
	for _, b := range p.Chain(partnerOf(r)) {
		bodies = append(bodies, domain.Body{Name: b.Body, Quorum: b.Quorum, Of: b.Of, PerDataset: b.PerDataset})
	}
	return bodies
}

// reasons is the one place where the domain's errors become reason codes.
var reasons = run.Reasons{
	{domain.ErrSeparationOfDuties, ReasonDuties},
	{domain.ErrAlreadyAssessed, ReasonAlreadyAssessed},
	{domain.ErrNotThisBodysTurn, ReasonNotTheTurn},
	{domain.ErrNotPerDataset, ReasonNotPerDataset},
	{domain.ErrDatasetDecided, ReasonDatasetDecided},
	{domain.ErrRenewed, ReasonRenewedBefore},
	{domain.ErrAmended, ReasonAmended},
	{domain.ErrRequestUnknown, ReasonRequestUnknown},
	{domain.ErrTransition, ReasonTransition},
}

func refusal(err error) error { return reasons.Refusal(err) }
