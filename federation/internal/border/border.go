// Package border holds the rules by which something passes from one site to another: what a decision must say before
// bytes leave, how they travel, and what must hold before the receiver believes them.
package border

import (
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Refused is why something may not pass. It is permanent.
type Refused struct{ Reason, Detail string }

func (r *Refused) Error() string { return r.Reason + ": " + r.Detail }

func refuse(reason, format string, args ...any) error {
	return &Refused{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Reasons for which something does not pass the border, besides those of package reason and of the site's permits.
const (
	NotListed           = "not-listed"            // the type may not cross in this direction
	SiteUnknown         = "site-unknown"          // no member of the federation, or this site itself
	OriginMismatch      = "origin-mismatch"       // the event speaks for a site that did not send it
	AttestationMismatch = "attestation-mismatch"  // the attestation is of another person or site than the request
	DeadlinePassed      = "deadline-passed"       // the job came after its study's deadline
	JobExists           = "job-exists"            // another job has this id
	JobUnknown          = "job-unknown"           // no study or dispatch of this site has this job
	QuestionExists      = "question-exists"       // another question has this id
	QuestionUnknown     = "question-unknown"      // this site has not asked that
	AnswerInvalid       = "answer-invalid"        // the answer contradicts itself, is of something else, or tells more than was asked
	JobMismatch         = "job-mismatch"          // the job belongs to another study, project or site
	DecisionMissing     = "decision-missing"      // a result without the airlock's decision
	DecisionMismatch    = "decision-mismatch"     // the decision is about something else
	DigestMismatch      = "digest-mismatch"       // the decision, or the bytes, have another digest than what was sealed
	NotCanonical        = "not-canonical"         // the bytes say more, or otherwise, than their typed values
	LabelUnknown        = "label-unknown"         // a level or name in a result that was not known beforehand
	ReleaseExpired      = "release-expired"       // the decision is no longer valid
	ReleaseRevoked      = "release-revoked"       // the site has revoked the release before it left
	ReleaseReturned     = "release-returned"      // a reviewer sent the output back
	ReleaseWithdrawn    = "release-withdrawn"     // its author withdrew the release
	ObjectMissing       = "object-missing"        // the released object is not in the store, or damaged
	PartMismatch        = "part-mismatch"         // parts of one result contradict each other
	TooLarge            = "too-large"             // more bytes or parts than an output document may have
	HolderNotHosted     = "holder-not-hosted"     // the permit is one for data that are not hosted here
	PermitUnknown       = "permit-unknown"        // no permit covers the output
	PermitRevoked       = "permit-revoked"        // the permit was withdrawn
	PermitExpired       = "permit-expired"        // the permit has ended
	Late                = "late"                  // after the study's deadline
	AlreadyAnswered     = "already-answered"      // the target has returned or refused before
	Suspended           = "participant-suspended" // the registry lists the other site, or this one, as suspended
	Gone                = "participant-left"      // the other site, or this one, has left the federation
	ContractNotRead     = "contract-not-read"     // the receiver reads no version of the event
	RegistryRollback    = "registry-rollback"     // an older entry of the registry after a newer one
	RegistryFork        = "registry-fork"         // two entries of the registry claim one place
	ParticipantInvalid  = "participant-invalid"   // an entry whose root, keys or site are not acceptable
)

// Reasons for which a site does not cosign another's checkpoint, take a cosignature, or believe a result.
const (
	CheckpointInvalid  = "checkpoint-invalid"  // not signed by the log that it names
	CheckpointRollback = "checkpoint-rollback" // fewer leaves than were seen before
	CheckpointFork     = "checkpoint-fork"     // not the log that was seen before
	CheckpointUnproven = "checkpoint-unproven" // no proof that the decision about a result was logged
)

// Reasons that a host is given in the place of one that would tell of the data: that a computation found nothing to
// compare, or that a group is too small, is an answer that nobody released.
const (
	NotComputed = "not-computed" // the job ended without an output
	NotReleased = "not-released" // the airlock did not let the output go
)

// CheckBytes holds bytes against the digest that was approved, and against the one text of their typed values.
//
// The gateway decodes, re-encodes and refuses if the digest is another.
func CheckBytes(bytes []byte, digest string, size int64) error {
	if outputs.Digest(bytes) != digest || int64(len(bytes)) != size {
		return refuse(DigestMismatch, "the %d bytes are not those that the decision names", len(bytes))
	}
	_, canonical, err := outputs.Canonical(bytes)
	switch {
	case errors.Is(err, outputs.ErrTooLarge):
		return refuse(TooLarge, "a result has at most %d bytes", outputs.MaxBytes)
	case err != nil:
		return refuse(NotCanonical, "the bytes are no typed output document")
	case !canonical:
		return refuse(NotCanonical, "encoding the typed values again gives other bytes")
	}
	return nil
}
