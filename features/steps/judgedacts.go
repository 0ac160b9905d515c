package steps

import (
	"context"
	"fmt"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) judgedActsSteps() []Step {
	return []Step{
		{`^the (researcher|colleague) asks to release (it|it under another id|it again under the same id|it with another digest|an output that nobody sealed|the other table)$`, w.asksToRelease,
			"Asks to release the table, or something that must be refused.",
			"the researcher asks to release it"},
		{`^the (researcher|colleague|first checker|second checker) (approves|rejects) (it|it with another digest|a release that nobody asked for)$`, w.checkerSays,
			"Reviews the release, or something that must be refused.",
			"the first checker approves it"},
		{`^the committee member revokes the permit of that table$`, w.permitEnds,
			"Revokes the permit under which the table was made.",
			"the committee member revokes the permit of that table"},
		{`^the researcher closes the workspace of that table$`, w.tableLosesWorkspace,
			"Closes for good the workspace in which the table was made.",
			"the researcher closes the workspace of that table"},
		{`^the airlock is killed and started again$`, w.killJudged,
			"Kills the judged airlock by SIGKILL and starts it again.",
			"the airlock is killed and started again"},
	}
}

// demands sends an act through the door, and notes by what its answer is known.
func (w *World) demands(ctx context.Context, a *actor, act envelope.Payload, rests ...harness.Seen) (err error) {
	j := w.judged
	j.from = len(w.tap().All())
	if j.receipt, err = a.Act(ctx, act, rests...); err == nil {
		j.about = []string{j.receipt.ActID}
	}
	return err
}

const otherDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func (w *World) asksToRelease(ctx context.Context, who, what string) error {
	j := w.judged
	a := j.researcher
	if who == "colleague" {
		a = j.colleague
	}
	if what == "the other table" {
		j.table = j.ended
	}
	act := j.table.request()
	act.Requester = a.ID()
	switch what {
	case "it under another id":
		act.ReleaseID = harness.NewID()
	case "it with another digest":
		act.Digest = otherDigest
	case "an output that nobody sealed":
		act.OutputID, act.ReleaseID = harness.NewID(), harness.NewID()
	}
	return w.demands(ctx, a, act)
}

func (w *World) checkerSays(ctx context.Context, who, decision, what string) error {
	j := w.judged
	a, err := w.who(who, judgedSite)
	if err != nil {
		return err
	}
	act := j.table.review()
	if decision == "rejects" {
		act.Decision = "Rejected"
	}
	switch what {
	case "it with another digest":
		act.Digest = otherDigest
	case "a release that nobody asked for":
		act.ReleaseID = harness.NewID()
	}
	return w.demands(ctx, a, act)
}

func (w *World) permitEnds(ctx context.Context) error {
	j := w.judged
	a, err := w.who("committee member", judgedSite)
	if err != nil {
		return err
	}
	j.from, j.about = len(w.tap().All()), []string{j.table.release}
	r, err := a.Act(ctx, approval.PermitRevoke{PermitID: j.table.output.PermitID, Reason: "purpose-changed"})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the revocation by "+a.Role)
	return err
}

func (w *World) tableLosesWorkspace(ctx context.Context) error {
	j := w.judged
	j.from, j.about = len(w.tap().All()), []string{j.table.release}
	return w.closesWorkspace(ctx, "researcher", judgedSite, j.table.project)
}

// killJudged ends the judged service as a power failure would, and starts it again.
func (w *World) killJudged(ctx context.Context) error {
	j := w.judged
	if !j.site.Started() {
		return fmt.Errorf("%w: the connection says that the airlock runs already, so it cannot be killed and started here", ErrNotTried)
	}
	if err := j.site.Kill(j.Foreign.Principal); err != nil {
		return err
	}
	j.starting = true
	return j.site.Restart(ctx, j.Foreign.Principal)
}

// acting are the attributes of the last act of a person that the door wrote: the session that identity vouches for.
func (w *World) acting(a *actor) (envelope.Attributes, error) {
	var last envelope.Attributes
	for _, s := range w.tap().All() {
		if s.Err == nil && s.Event.Actor == a.ID() && strings.HasSuffix(s.Event.Source, "/portal") {
			last = envelope.Attributes{Actor: s.Event.Actor, Session: s.Event.Session, Assurance: s.Event.Assurance, AuthTime: s.Event.AuthTime}
		}
	}
	if last.Session == "" {
		return last, fmt.Errorf("%s has not acted yet", a.Role)
	}
	return last, nil
}

// next is the number that a source's next event of a subject has, as far as was seen of what it truly said.
func (w *World) next(source, subject string) uint64 {
	n := uint64(0)
	for _, s := range w.tap().All() {
		if s.Err == nil && s.Event.Source == source && s.Event.Subject == subject {
			n = max(n, s.Event.Sequence)
		}
	}
	return n + 1
}

// approvalBy is the record of a checker's approval of the present table as the door would write it.
func (w *World) approvalBy(checker *actor, change func(*envelope.Attributes)) (envelope.Record, error) {
	j := w.judged
	portal, err := j.site.Signer(principalOf("portal"))
	if err != nil {
		return envelope.Record{}, err
	}
	attributes, err := w.acting(checker)
	if err != nil {
		return envelope.Record{}, err
	}
	attributes.Sequence = w.next(portal.Source(), "release/"+j.table.release)
	if change != nil {
		change(&attributes)
	}
	return envelope.New(portal, envelope.Draft{ID: harness.NewID(), Source: portal.Source(), Time: now(), Attributes: attributes}, j.table.review())
}

var _ envelope.Payload = airlock.ReleaseReview{}
