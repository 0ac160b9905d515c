// Package app takes the acts of the airlock, checks outputs and imports, and announces what was decided.
package app

import (
	"time"

	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// The reasons for which an act is refused or an output rejected here, beside those of package people and the rules of
// package disclosure.
const (
	ReasonOutputUnknown   = "output-unknown"
	ReasonReleaseUnknown  = "release-unknown"
	ReasonReleaseExists   = "already-requested"
	ReasonNotTheAuthor    = "not-the-author"
	ReasonDigest          = "digest-mismatch"
	ReasonDuties          = "separation-of-duties"
	ReasonAlreadyReviewed = "already-reviewed"
	ReasonTransition      = "transition"
	ReasonRejected        = "rejected-by-reviewer"
	ReasonOverdue         = "review-overdue"
	ReasonPermitEnded     = "permit-ended"
	ReasonUnreadable      = "output-unreadable"
	ReasonInput           = "input-not-released"
	ReasonTurn            = "not-this-stages-turn"
	ReasonRevoked         = "release-revoked"
	ReasonTooLarge        = "export-too-large"
	ReasonResultType      = "result-type-undeclared"
	ReasonMediaType       = "media-type-not-allowed"
	ReasonName            = "name-not-allowed"
	ReasonScan            = "scan-not-clean"

	ReasonImportsNotAllowed = "imports-not-allowed"
	ReasonImportKind        = "import-kind-not-allowed"
	ReasonImportTooLarge    = "import-too-large"
	ReasonImportUnreadable  = "import-unreadable"
	ReasonImportMalformed   = "import-malformed"
	ReasonFormula           = "formula-in-cell"
	ReasonIdentifier        = "identifier-refused"
	ReasonImportUnknown     = "import-unknown"
	ReasonNotTheRequester   = "not-the-requester"
	ReasonImportNotTaken    = "import-not-approved"
)

// pending is what the service keeps of one release.
type pending struct {
	Domain release.Release        `json:"domain"`
	Output workspace.OutputSealed `json:"output"`
	Type   string                 `json:"type,omitzero"` // of the result, as declared
	Name   string                 `json:"name,omitzero"` // of the file
	// Declared says that Type was declared by the person who asks, not derived from the output.
	Declared bool      `json:"declared,omitzero"`
	Due      time.Time `json:"due,omitzero"` // of the review
	// Findings are the rules that asked for reviewers, by id.
	Findings []string `json:"findings,omitzero"`
	// Threshold is what the check held it to: the site's own, or a stricter one of a site that gave an input.
	Threshold int `json:"threshold,omitzero"`
	// CoveredBy is the release whose reviewers approved this one with their own.
	CoveredBy string `json:"coveredBy,omitzero"`
}

const (
	releases store.Kind[pending]                = "release"
	outputs  store.Kind[workspace.OutputSealed] = "output"
	released store.Kind[string]                 = "released" // digest -> where it was released
	under    store.Kind[int]                    = "under"    // digest -> threshold under which another site released it
	ended    store.Kind[string]                 = "ended"    // permit -> how it ended
	latest   store.Kind[string]                 = "latest"   // output -> the release that was asked for last
	told     store.Kind[[]tellable]             = "told"     // dataset -> the releases that passed the checks
	imports  store.Kind[entering]               = "import"
	admitted store.Kind[string]                 = "admitted" // project and digest -> the import that was approved
)

// tellable is a release whose bytes have been told, or may still be.
type tellable struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
}

// airlock has what the handlers need beside the transaction.
type airlock struct {
	objects    *objects.Store
	failpoints *failpoint.Set
	decoded    *memory
}

// Register adds the handlers of the service.
func Register(s *run.Service) {
	a := airlock{objects: s.Env().Objects, failpoints: s.Env().Failpoints, decoded: &memory{}}
	people.Register(s)
	upheld.Register(s)
	run.Handle(s, sealed)
	run.Handle(s, received)
	run.Handle(s, a.request)
	run.Handle(s, a.review)
	run.Handle(s, sendBack)
	run.Handle(s, withdraw)
	run.Handle(s, revoke)
	run.Handle(s, a.importRequested)
	run.Handle(s, importReview)
	run.Handle(s, importWithdraw)
	run.Handle(s, permitRevoked)
	run.Handle(s, permitExpired)
	run.Handle(s, workspaceClosed)
	run.HandleTimer(s, reviewDue, overdue)
	run.HandleTimer(s, approvalEnd, expire)
	run.HandleTimer(s, importReviewDue, importOverdue)
}

// reasons is the one place where the domain's errors become reason codes.
var reasons = run.Reasons{
	{release.ErrSeparationOfDuties, ReasonDuties},
	{release.ErrAlreadyReviewed, ReasonAlreadyReviewed},
	{release.ErrDigest, ReasonDigest},
	{release.ErrTurn, ReasonTurn},
	{release.ErrTransition, ReasonTransition},
}

func refusal(err error) error { return reasons.Refusal(err) }
