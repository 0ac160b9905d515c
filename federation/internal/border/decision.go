package border

import (
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Pack carries a record as it stood on its topic, so that its signature can be verified elsewhere. Headers that are no
// attributes of the event stay behind: nobody signed them.
func Pack(r envelope.Record) vocabulary.SignedRecord {
	packed := vocabulary.SignedRecord{Topic: r.Topic, Key: string(r.Key), Headers: []vocabulary.RecordHeader{}, Value: r.Value}
	for _, h := range r.Headers {
		if !strings.HasPrefix(h.Key, "ce_") && h.Key != "content-type" {
			continue
		}
		packed.Headers = append(packed.Headers, vocabulary.RecordHeader{Key: h.Key, Value: string(h.Value)})
	}
	return packed
}

func unpack(p vocabulary.SignedRecord) envelope.Record {
	r := envelope.Record{Topic: p.Topic, Key: []byte(p.Key), Value: p.Value}
	for _, h := range p.Headers {
		r.Headers = append(r.Headers, envelope.Header{Key: h.Key, Value: []byte(h.Value)})
	}
	return r
}

// Verify believes an assembled result when the airlock of its site has signed a decision, valid now, that lets exactly
// these bytes of this job go to the host, and the site's log tells of it. It returns the decision.
func (w Whole) Verify(host, project string, keys signing.Keys, log Log, now time.Time) (airlock.ReleaseApproved, error) {
	var none airlock.ReleaseApproved
	e, err := envelope.Open(unpack(w.Decision), keys, now)
	if code := envelope.CodeOf(err); code != "" {
		return none, refuse(code, "the decision that came with the result does not stand: %v", err)
	}
	if err != nil {
		return none, refuse(envelope.CodeUnknownType, "what came with the result is no decision of an airlock")
	}
	if want := topics.Source(w.Site, topics.Airlock); e.Source != want {
		return none, refuse(envelope.CodeKeySourceMismatch, "the decision is not one of %s", want)
	}
	d, err := envelope.Decode[airlock.ReleaseApproved](e)
	if err != nil {
		return none, refuse(DecisionMismatch, "what came with the result is %s, no approved release", e.Type)
	}
	if d.Claim.Digest != w.Digest || d.Claim.Size != w.Size {
		return none, refuse(DigestMismatch, "the decision is about other bytes than were announced")
	}
	if d.ReleaseID != w.ReleaseID || d.JobID != w.JobID || d.StudyID != w.StudyID || d.ProjectID != project || d.Destination != ToStudy(host) {
		return none, refuse(DecisionMismatch, "the decision is about another release, job, study, project or host")
	}
	if err := stands(d, now); err != nil {
		return none, err
	}
	if err := CheckBytes(w.Bytes, w.Digest, w.Size); err != nil {
		return none, err
	}
	return d, log.has(w.Proof, e)
}

// ToStudy is the destination of what goes to a study's host.
func ToStudy(host string) vocabulary.Destination {
	return vocabulary.Destination{Kind: "study", Site: host}
}

// Check holds a decision of this site's airlock against what its workspace sealed.
//
// SATRE 3.4: what leaves is what was checked, and goes where it was meant to go.
func Check(d airlock.ReleaseApproved, sealed Sealed, now time.Time) error {
	if d.Claim != sealed.Claim {
		return refuse(DigestMismatch, "the decision is about other bytes than the workspace sealed as this output")
	}
	if d.JobID != sealed.JobID || d.StudyID != sealed.StudyID || d.ProjectID != sealed.ProjectID || d.Destination != sealed.Destination {
		return refuse(DecisionMismatch, "the decision names another job, study, project or destination than the sealed output has")
	}
	return stands(d, now)
}

func stands(d airlock.ReleaseApproved, now time.Time) error {
	if !now.Before(d.ExpiresAt) {
		return refuse(ReleaseExpired, "the decision was valid until %s; release the output again", d.ExpiresAt.Format(time.DateTime))
	}
	return nil
}

// Sealed is what the workspace said of an output.
type Sealed struct {
	JobID, StudyID, ProjectID, PermitID, Author string
	Claim                                       vocabulary.Claim
	Destination                                 vocabulary.Destination
	Entrusted                                   []string // permits of holders whose data are hosted here
}

// Permit is what approval said of a permit.
type Permit struct {
	ProjectID string
	Holder    string // the site that granted it, if its data are hosted here
	ExpiresAt time.Time
	Revoked   bool
	Expired   bool
}

// Allows refuses when the permit does not hold now.
//
// The gateway checks its own projection of permits in the transaction that lets a result go.
func (p Permit) Allows(now time.Time) error {
	switch {
	case p.Revoked:
		return refuse(PermitRevoked, "the permit of the project was revoked")
	case p.Expired || !now.Before(p.ExpiresAt):
		return refuse(PermitExpired, "the permit of the project has ended")
	}
	return nil
}

// Fits refuses a permit of another project.
func (p Permit) Fits(project string) error {
	if p.ProjectID != project {
		return refuse(PermitUnknown, "the output names a permit of another project than %s", project)
	}
	return nil
}
