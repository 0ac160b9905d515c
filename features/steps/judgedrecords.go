package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) judgedRecordsSteps() []Step {
	return []Step{
		{`^the records of the request and of both approvals are delivered once more$`, w.deliverAgain,
			"Writes the same records to their topics again.",
			"the records of the request and of both approvals are delivered once more"},
		{`^an enemy writes the second checker's approval with a signature that is not the portal's$`, w.forged,
			"Writes an approval under a signature of somebody else.",
			"an enemy writes the second checker's approval with a signature that is not the portal's"},
		{`^the workspace writes the second checker's approval in the portal's name$`, w.inAnothersName,
			"Writes an approval with the workspace's key.",
			"the workspace writes the second checker's approval in the portal's name"},
		{`^the portal's record of the second checker's approval is written under another key than its own$`, w.moved,
			"Writes the portal's signed record under another Kafka key.",
			"the portal's record of the second checker's approval is written under another key than its own"},
		{`^the second checker's approval is written under a session that identity has not attested$`, w.unattested,
			"Writes an approval that names a session of nobody.",
			"the second checker's approval is written under a session that identity has not attested"},
		{`^the second checker's approval is written in a newer minor, with a member that is not known yet$`, w.newerMinor,
			"Writes an approval in a schema of tomorrow, which must be read all the same.",
			"the second checker's approval is written in a newer minor, with a member that is not known yet"},
		{`^the workspace tells of an output in a major that is not known yet$`, w.unknownMajor,
			"Writes an event of a major that nobody reads yet, which must be kept aside.",
			"the workspace tells of an output in a major that is not known yet"},
		{`^the researcher asks to release a table, and the workspace tells only then that it is sealed$`, w.tooEarly,
			"Lets the request arrive before the event that it rests on.",
			"the researcher asks to release a table, and the workspace tells only then that it is sealed"},
	}
}

func now() time.Time { return time.Now().UTC() }

func splitWords(text string) []string { return strings.Fields(text) }

// put writes a record as it stands and finds it on the broker.
func (w *World) put(ctx context.Context, r envelope.Record) error {
	j := w.judged
	j.from = len(w.tap().All())
	id := header(r, "ce_id")
	j.about = []string{id}
	if err := j.site.Forge().Write(ctx, r); err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the record on its topic", From: j.from, Match: func(s harness.Seen) bool {
		return s.Record.Topic == r.Topic && header(s.Record, "ce_id") == id && bytes.Equal(s.Record.Value, r.Value)
	}})
	j.written = seen
	j.trial.Events = append(j.trial.Events, seen)
	return err
}

func header(r envelope.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// deliverAgain puts the true records of the present release on their topic a second time, as a broker may.
func (w *World) deliverAgain(ctx context.Context) error {
	acts := w.tap().Find(func(s harness.Seen) bool {
		return s.Is(airlock.TypeReleaseRequest, airlock.TypeReleaseReview) && s.Event.Subject == "release/"+w.judged.table.release
	})
	if len(acts) != 3 {
		return fmt.Errorf("the release has %d acts, expected a request and two approvals", len(acts))
	}
	for _, s := range acts {
		if err := w.put(ctx, s.Record); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) forged(ctx context.Context) error {
	r, err := w.approvalBy(w.judged.checkers[1], nil)
	if err != nil {
		return err
	}
	enemy, err := harness.NewTestKey(topics.Source(judgedSite, topics.Portal))
	if err != nil {
		return err
	}
	return w.put(ctx, harness.ForgedSignature(r, enemy))
}

func (w *World) inAnothersName(ctx context.Context) error {
	r, err := w.approvalBy(w.judged.checkers[1], nil)
	if err != nil {
		return err
	}
	other, err := w.judged.site.Signer(topics.Workspace)
	if err != nil {
		return err
	}
	return w.put(ctx, harness.Signed(r, other))
}

func (w *World) moved(ctx context.Context) error {
	r, err := w.approvalBy(w.judged.checkers[1], nil)
	if err != nil {
		return err
	}
	r.Key = []byte("release/" + harness.NewID())
	return w.put(ctx, r)
}

func (w *World) unattested(ctx context.Context) error {
	r, err := w.approvalBy(w.judged.checkers[1], func(a *envelope.Attributes) { a.Session = harness.NewID() })
	if err != nil {
		return err
	}
	w.judged.receipt = harness.Receipt{ActID: header(r, "ce_id")}
	return w.put(ctx, r)
}

// newerMinor is what a portal of a later release may write: readers of this one pass over what they do not know.
func (w *World) newerMinor(ctx context.Context) error {
	r, err := w.approvalBy(w.judged.checkers[1], nil)
	if err != nil {
		return err
	}
	portal, err := w.judged.site.Signer(topics.Portal)
	if err != nil {
		return err
	}
	r.Value = append(bytes.TrimSuffix(bytes.TrimSpace(r.Value), []byte("}")), []byte(`,"novelty":"of a later minor"}`)...)
	schema := header(r, "ce_dataschema")
	at := strings.LastIndex(schema, ":")
	if at < 0 {
		return errors.New("the record names no schema")
	}
	w.judged.receipt = harness.Receipt{ActID: header(r, "ce_id")}
	return w.put(ctx, harness.Signed(harness.WithHeader(r, "ce_dataschema", schema[:at+1]+"1.9.0"), portal))
}

// sealing is a true statement of the workspace, in its own key, that an output with the bytes of the present table is sealed.
func (w *World) sealing(outputID string) (envelope.Record, error) {
	j := w.judged
	signer, err := j.site.Signer(topics.Workspace)
	if err != nil {
		return envelope.Record{}, err
	}
	o := j.table.output
	o.OutputID, o.JobID = outputID, harness.NewID()
	return envelope.New(signer, envelope.Draft{ID: harness.NewID(), Source: signer.Source(), Time: now(), Attributes: envelope.Attributes{Sequence: 1,
		Project: o.ProjectID, CausationID: j.table.sealed.Event.CausationID, CorrelationID: j.table.sealed.Event.CorrelationID}}, o)
}

func (w *World) unknownMajor(ctx context.Context) error {
	r, err := w.sealing(harness.NewID())
	if err != nil {
		return err
	}
	signer, err := w.judged.site.Signer(topics.Workspace)
	if err != nil {
		return err
	}
	r = harness.WithHeader(r, "ce_type", "fairway.workspace.output.sealed.v9")
	r = harness.WithHeader(r, "ce_dataschema", strings.Replace(header(r, "ce_dataschema"), ":1.", ":9.", 1))
	return w.put(ctx, harness.Signed(r, signer))
}

// tooEarly lets the request come before the fact that it rests on, as it may: they lie on different topics.
func (w *World) tooEarly(ctx context.Context) error {
	j := w.judged
	output := harness.NewID()
	r, err := w.sealing(output)
	if err != nil {
		return err
	}
	j.table.release, j.table.output.OutputID = harness.NewID(), output
	if err := w.demands(ctx, j.researcher, j.table.request()); err != nil {
		return err
	}
	about, from := j.about, j.from
	if err := w.put(ctx, r); err != nil {
		return err
	}
	j.about, j.from = append(about, j.table.release), from
	return nil
}
