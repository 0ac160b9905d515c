package app

import (
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/federation/internal/study/combine"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// results takes released results of other sites into the studies of this one.
func (g *gateway) results() {
	incoming(g, func(p federation.ResultPart) string { return p.Site }, g.takePart)
}

func (g *gateway) takePart(tx *run.Tx, _ envelope.Event, p federation.ResultPart) error {
	if err := g.expected(tx, p); err != nil {
		return err
	}
	a, begun, err := assemblies.Get(tx.Tx, p.JobID) // a job has one result: parts of a second one do not fit the first
	if err == nil && !begun {
		a, err = border.Begin(p)
	}
	if err != nil {
		return refusal(err)
	}
	before, again, err := chunks.Get(tx.Tx, chunkOf(p.JobID, p.Part))
	if err != nil {
		return err
	}
	chunk, err := a.Add(p, before, again)
	if err != nil {
		return refusal(err)
	}
	if err := chunks.Put(tx.Tx, chunkOf(p.JobID, p.Part), chunk); err != nil {
		return err
	}
	if !a.Complete() {
		return assemblies.Put(tx.Tx, p.JobID, a)
	}
	return g.assembled(tx, p.ProjectID, a)
}

// assembled takes a result whose parts are all there.
func (g *gateway) assembled(tx *run.Tx, project string, a border.Assembly) error {
	all := make([]border.Chunk, a.Parts)
	for i := range all {
		var err error
		if all[i], _, err = chunks.Get(tx.Tx, chunkOf(a.JobID, int64(i+1))); err != nil {
			return err
		}
	}
	whole := a.Join(all)
	log, err := g.shownTo(g.site, a.Site)
	if err != nil {
		return err
	}
	decision, err := whole.Verify(g.site, project, g.s.Env().Trust, log, tx.Now())
	if err != nil {
		return awaitKeys(refusal(err), a.Site)
	}
	if err := g.answers(tx, a.StudyID, a.JobID, whole.Bytes); err != nil {
		return err
	}
	// The store is content-addressed: when the transaction fails, what was put is waste and harms nobody.
	if _, err := g.s.Env().Objects.Put(tx.Context(), whole.Bytes); err != nil {
		return fmt.Errorf("store the result of job %s: %w", a.JobID, err)
	}
	if err := drop(tx, a); err != nil {
		return err
	}
	return g.returned(tx, a.StudyID, a.JobID, a.Site, study.Result{ReleaseID: a.ReleaseID, Digest: a.Digest, Size: a.Size}, decision.Rules)
}

// answers refuses a result that does not answer the job, or tells of other people than the site's first one: taken, it
// would spoil the combination of all, and nobody would be named.
func (g *gateway) answers(tx *run.Tx, studyID, jobID string, bytes []byte) error {
	h, _, err := studies.Get(tx.Tx, studyID)
	if err != nil {
		return err
	}
	t, _ := h.Study.Target(jobID)
	asked, first := h.Asking[t.Site], []byte(nil)
	if len(asked) > 0 {
		if first, err = g.s.Env().Objects.Get(tx.Context(), t.First.Digest); gone(err) {
			return run.Refuse(border.ObjectMissing, "the result of the first round is lost")
		}
	} else {
		asked = combine.First(h.Asked)
	}
	if err != nil {
		return fmt.Errorf("read the first result for study %s: %w", studyID, err)
	}
	if err := combine.Answers(asked, bytes, first); err != nil {
		return run.Refuse(border.AnswerInvalid, "%v", err)
	}
	labels := border.Labels{}
	labels.Open(asked, h.Prepare)
	labels.Prepare(h.Prepare)
	return saysWhatIsKnown(labels, bytes, t.Dataset, asked)
}

func chunkOf(job string, part int64) string { return fmt.Sprintf("%s/%d", job, part) }

// drop forgets an assembly and its parts.
func drop(tx *run.Tx, a border.Assembly) error {
	for part := range a.Parts {
		if err := chunks.Delete(tx.Tx, chunkOf(a.JobID, part+1)); err != nil {
			return err
		}
	}
	return assemblies.Delete(tx.Tx, a.JobID)
}

// awaitKeys lets a result wait for the registry whose decision is signed by a key that is not known yet.
func awaitKeys(err error, site string) error {
	if isFor(err, envelope.CodeUnknownKey) {
		return &run.Await{Fact: entryOf(site), Within: patienceForKeys, Reason: envelope.CodeUnknownKey}
	}
	return err
}

// isFor reports whether an error is the refusal for a reason.
func isFor(err error, reason string) bool {
	var r *run.Refusal
	return errors.As(err, &r) && r.Reason == reason
}

// expected refuses a part that no study of this site waits for.
func (g *gateway) expected(tx *run.Tx, p federation.ResultPart) error {
	h, _, err := studies.Get(tx.Tx, p.StudyID)
	if err != nil {
		return err
	}
	t, ok := h.Study.Target(p.JobID)
	switch {
	case !ok:
		return run.Refuse(border.JobUnknown, "no study of this site has the job")
	case t.Site != p.Site || h.Study.Project != p.ProjectID:
		return run.Refuse(border.JobMismatch, "the job was given to another site, or for another project")
	}
	return refusal(h.Study.Awaits(p.JobID, tx.Now()))
}

// returned tells the study, and everybody at the site, that a result is there, released under the rules of its site.
func (g *gateway) returned(tx *run.Tx, studyID, jobID, site string, r study.Result, rules vocabulary.Rules) error {
	if err := g.change(tx, studyID, func(s *study.Study) error { return s.Return(jobID, r, tx.Now()) }); err != nil {
		return refusal(err)
	}
	_, err := tx.Emit("job/"+jobID, federation.ResultReceived{JobID: jobID, StudyID: studyID, Site: site, ReleaseID: r.ReleaseID,
		Digest: r.Digest, Size: r.Size, Threshold: rules.Threshold})
	return err
}

// dropParts forgets results that never became whole, once their study no longer waits.
func dropParts(tx *run.Tx, studyID string) error {
	return assemblies.Each(tx.Tx, func(_ string, a border.Assembly) error {
		if a.StudyID != studyID {
			return nil
		}
		return drop(tx, a)
	})
}
