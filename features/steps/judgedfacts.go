package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) judgedFactsSteps() []Step {
	return []Step{
		{`^the airlock says that its release is requested$`, w.isRequested,
			"Waits for the event that the release is requested.",
			"the airlock says that its release is requested"},
		{`^the airlock says that its check found nothing against it, at the site's threshold$`, w.isChecked,
			"Waits for the event that the check passed, with the threshold of the profile.",
			"the airlock says that its check found nothing against it, at the site's threshold"},
		{`^the airlock says that its check failed, and rejects it as "([^"]+)"$`, w.isRejectedByCheck,
			"Waits for the failed check and the rejection, which must have this reason.",
			`the airlock says that its check failed, and rejects it as "cell-under-threshold"`},
		{`^the airlock counts the approval$`, w.isCounted,
			"Waits for the event that tells of the review.",
			"the airlock counts the approval"},
		{`^the airlock has approved nothing of it$`, w.notApproved,
			"Looks for an approval that must not be there, after something valid was answered.",
			"the airlock has approved nothing of it"},
		{`^the airlock approves exactly these bytes, by the two checkers and under the site's rules, and publishes them to the researcher$`, w.isPublished,
			"Waits for the signed decision, with digest, reviewers and rules, and for the publication.",
			"the airlock approves exactly these bytes, by the two checkers and under the site's rules, and publishes them to the researcher"},
		{`^the airlock rejects it as "([^"]+)"$`, w.isRejected,
			"Waits for the rejection, which must have this reason.",
			`the airlock rejects it as "rejected-by-reviewer"`},
		{`^the airlock refuses the act as "([^"]+)"$`, w.refusesAct,
			"Waits for the refusal of the act, which must have this reason.",
			`the airlock refuses the act as "already-reviewed"`},
		{`^the airlock puts the record away as "([^"]+)"$`, w.putsAway,
			"Waits for the dead letter of the record, which must have this reason.",
			`the airlock puts the record away as "signature"`},
		{`^the second checker approves it, and it is approved by the two checkers and published$`, w.secondPublishes,
			"Gives the missing approval and waits for the publication, as the valid act after what was refused.",
			"the second checker approves it, and it is approved by the two checkers and published"},
		{`^both checkers approve it, and it is approved by the two checkers and published$`, w.bothPublish,
			"Gives both approvals and waits for the publication, as the valid act after what was refused.",
			"both checkers approve it, and it is approved by the two checkers and published"},
		{`^the airlock goes on: another table is requested, reviewed, approved and published$`, w.another,
			"Brings another table from request to publication, as the valid act after what was refused.",
			"the airlock goes on: another table is requested, reviewed, approved and published"},
		{`^each step of its release was said once$`, w.saidOnce,
			"Looks for an event of the release that was said twice.",
			"each step of its release was said once"},
		{`^nothing that the airlock said names a person or holds a secret$`, w.namesNobody,
			"Looks for names, addresses and secrets of people in all that the airlock said.",
			"nothing that the airlock said names a person or holds a secret"},
		{`^all that the airlock said is signed, counted, caused and valid by its contract$`, w.byContract,
			"Opens all that the airlock said as a consumer would: signature, sequence, cause, schema.",
			"all that the airlock said is signed, counted, caused and valid by its contract"},
	}
}

// ofRelease is a record about the present release.
func ofRelease[T envelope.Payload](w *World, id func(T) string) func(harness.Seen) bool {
	release := w.judged.table.release
	return harness.Of(func(_ harness.Seen, p T) bool { return id(p) == release })
}

// refused is the refusal of the act that was asked for last.
func (w *World) refused(s harness.Seen) bool {
	r, ok := harness.RefusalOf(s)
	return ok && r.Kind == "act" && r.Cause == w.judged.receipt.ActID
}

// differs lists what is not as it should be, in pairs of what and whether.
func differs(pairs ...any) error {
	var wrong []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if right, _ := pairs[i+1].(bool); !right {
			wrong = append(wrong, pairs[i].(string))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return otherwise("it came, but with a wrong %s", strings.Join(wrong, ", "))
}

func (w *World) isRequested(ctx context.Context) error {
	t := w.judged.table
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-requested", About: []string{t.release},
		Match: ofRelease(w, func(p airlock.ReleaseRequested) string { return p.ReleaseID }), Unless: w.refused})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.ReleaseRequested](s)
	return differs("outputId", p.OutputID == t.output.OutputID, "jobId", p.JobID == t.output.JobID || strings.HasPrefix(w.judged.written.Event.Subject, "output/"),
		"projectId", p.ProjectID == t.output.ProjectID, "digest", p.Digest == t.output.Claim.Digest, "requester", p.Requester == t.output.Author)
}

func (w *World) isChecked(ctx context.Context) error {
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-checked with the outcome pass or review", About: []string{w.judged.table.release},
		Match: ofRelease(w, func(p airlock.ReleaseChecked) string { return p.ReleaseID }), Unless: w.refused})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.ReleaseChecked](s)
	return differs("outcome", p.Outcome != "fail", "threshold", p.Threshold == w.judged.policy.Threshold)
}

func (w *World) isRejectedByCheck(ctx context.Context, reason string) error {
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-checked with the outcome fail", About: []string{w.judged.table.release},
		Match: ofRelease(w, func(p airlock.ReleaseChecked) string { return p.ReleaseID }), Unless: w.refused})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.ReleaseChecked](s)
	if err := differs("outcome", p.Outcome == "fail", "threshold", p.Threshold == w.judged.policy.Threshold, "list of findings", len(p.Findings) > 0); err != nil {
		return err
	}
	return w.isRejected(ctx, reason)
}

func (w *World) isCounted(ctx context.Context) error {
	j := w.judged
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-reviewed, caused by the approval", About: []string{j.table.release},
		Match: func(s harness.Seen) bool {
			_, is := harness.Payload[airlock.ReleaseReviewed](s)
			return is && s.Event.CausationID == j.receipt.ActID
		}, Unless: w.refused})
	if err != nil {
		return err
	}
	j.table.reviews = append(j.table.reviews, s)
	p, _ := harness.Payload[airlock.ReleaseReviewed](s)
	return differs("releaseId", p.ReleaseID == j.table.release, "ordinal", p.Ordinal == int64(len(j.table.reviews)), "needed", p.Needed == j.policy.Reviewers,
		"blinded", p.Blinded == j.policy.Blinded)
}

func (w *World) notApproved(ctx context.Context) error {
	w.judged.trial.Expected = "no release-approved before the last review"
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	for _, s := range w.tap().Find(w.lets) {
		w.judged.trial.Events = append(w.judged.trial.Events, s)
		return otherwise("%w: %s", harness.ErrContrary, harness.Describe(s))
	}
	return nil
}

// lets is a record that lets the present table out.
func (w *World) lets(s harness.Seen) bool { return releasedAs(s, w.judged.table.release) }

func (w *World) isPublished(ctx context.Context) error {
	j := w.judged
	t := j.table
	rejected := ofRelease(w, func(p airlock.ReleaseRejected) string { return p.ReleaseID })
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-approved of the sealed bytes, by the two checkers", About: []string{t.release},
		Match: ofRelease(w, func(p airlock.ReleaseApproved) string { return p.ReleaseID }), Unless: rejected})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.ReleaseApproved](s)
	by := []string{j.checkers[0].ID(), j.checkers[1].ID()}
	slices.Sort(by)
	rules := vocabulary.Rules{Threshold: j.policy.Threshold, Reviewers: j.policy.Reviewers, Blinded: j.policy.Blinded, ProfileDigest: j.policy.ProfileDigest}
	if err := differs("claim", p.Claim == t.output.Claim, "outputId", p.OutputID == t.output.OutputID, "requester", p.Requester == t.output.Author,
		"permitId", p.PermitID == t.output.PermitID, "destination", p.Destination == t.output.Destination, "list of reviewers", slices.Equal(slices.Sorted(slices.Values(p.Reviewers)), by),
		"rules", p.Rules == rules, "expiresAt", p.ExpiresAt.After(s.Event.Time)); err != nil {
		return err
	}
	s, err = w.judgedSays(ctx, harness.Fact{What: "release-published to the researcher", About: []string{t.release},
		Match: ofRelease(w, func(p airlock.ReleasePublished) string { return p.ReleaseID }), Unless: rejected})
	if err != nil {
		return err
	}
	published, _ := harness.Payload[airlock.ReleasePublished](s)
	return differs("claim", published.Claim == t.output.Claim, "list of recipients", slices.Equal(published.Recipients, []string{t.output.Author}))
}

func (w *World) isRejected(ctx context.Context, reason string) error {
	s, err := w.judgedSays(ctx, harness.Fact{What: "release-rejected as " + reason, About: []string{w.judged.table.release},
		Match: ofRelease(w, func(p airlock.ReleaseRejected) string { return p.ReleaseID }), Unless: w.lets})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.ReleaseRejected](s)
	if p.Reason != reason {
		return otherwise("it was rejected as %q", p.Reason)
	}
	return differs("digest", p.Digest == w.judged.table.output.Claim.Digest)
}

func (w *World) refusesAct(ctx context.Context, reason string) error {
	j := w.judged
	s, err := w.judgedSays(ctx, harness.Fact{What: "act-refused as " + reason, Match: w.refused, Unless: func(s harness.Seen) bool {
		return s.Err == nil && s.Event.CausationID == j.receipt.ActID && !w.refused(s)
	}})
	if err != nil {
		return err
	}
	if r, _ := harness.RefusalOf(s); r.Reason != reason {
		return otherwise("the act was refused as %q: %s", r.Reason, r.Detail)
	}
	return nil
}

// putsAway waits for the dead letter of the record that was written last, for one of the reasons.
func (w *World) putsAway(ctx context.Context, reasons string) error {
	j := w.judged
	at := j.written
	letter := harness.Of(func(_ harness.Seen, p airlock.RecordDeadLettered) bool {
		return p.Topic == at.Record.Topic && p.Partition == int64(at.Partition) && p.Offset == at.Offset
	})
	s, err := w.judgedSays(ctx, harness.Fact{What: "record-dead-lettered as " + reasons, Match: letter, Unless: func(s harness.Seen) bool {
		return s.Err == nil && s.Event.CausationID == header(at.Record, "ce_id") && !letter(s)
	}})
	if err != nil {
		return err
	}
	p, _ := harness.Payload[airlock.RecordDeadLettered](s)
	if !slices.Contains(strings.Split(reasons, " or "), p.Reason) {
		return otherwise("the record was put away as %q", p.Reason)
	}
	return differs("digest", p.Digest == at.Digest, "size", p.Size == int64(len(at.Record.Value)))
}

func (w *World) secondPublishes(ctx context.Context) error {
	if err := w.counted(ctx, w.judged.checkers[1]); err != nil {
		return err
	}
	return w.isPublished(ctx)
}

func (w *World) bothPublish(ctx context.Context) error {
	if err := w.counted(ctx, w.judged.checkers[0]); err != nil {
		return err
	}
	return w.secondPublishes(ctx)
}

// another shows that the service goes on, with a table beside the present one.
func (w *World) another(ctx context.Context) error {
	j := w.judged
	table, from, about, receipt := j.table, j.from, j.about, j.receipt
	defer func() { j.table, j.from, j.about, j.receipt = table, from, about, receipt }()
	return w.tableThat(ctx, "approved and published")
}

func (w *World) saidOnce(ctx context.Context) error {
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	w.judged.trial.Expected = "one request, one check, two reviews, one approval and one publication of the release"
	said, seen := map[string]int{}, map[string]bool{}
	for _, s := range w.tap().All() {
		if s.Err != nil || !w.bySubject(s) || s.Event.Subject != "release/"+w.judged.table.release {
			continue
		}
		w.judged.trial.Events = append(w.judged.trial.Events, s)
		if again := s.Event.ID + s.Digest; !seen[again] { // one event that was written twice, which every reader bears
			seen[again] = true
			said[s.Event.Type]++
		}
	}
	for kind, n := range map[string]int{airlock.TypeReleaseRequested: 1, airlock.TypeReleaseChecked: 1, airlock.TypeReleaseReviewed: 2,
		airlock.TypeReleaseApproved: 1, airlock.TypeReleasePublished: 1} {
		if said[kind] != n {
			return otherwise("%s came %d times, expected %d", kind, said[kind], n)
		}
	}
	return nil
}

// mine are all records of the judged service so far.
func (w *World) mine(ctx context.Context) ([]harness.Seen, error) {
	if err := w.tap().Catch(ctx); err != nil {
		return nil, err
	}
	all := w.tap().Find(w.bySubject)
	if len(all) == 0 {
		return nil, &Finding{ErrSilent, fmt.Errorf("%w: the airlock has said nothing", harness.ErrNotSeen)}
	}
	return all, nil
}

func (w *World) namesNobody(ctx context.Context) error {
	w.judged.trial.Expected = "no name, address, password, token or secret of a person, and none that it was given itself, in anything that the airlock said"
	all, err := w.mine(ctx)
	if err != nil {
		return err
	}
	secrets, err := w.judged.site.Secrets(w.judged.Foreign.Principal)
	if err != nil {
		return err
	}
	for _, a := range w.people {
		secrets = append(secrets, a.Private()...)
	}
	for _, s := range all {
		text := string(s.Record.Key) + string(s.Record.Value)
		for _, h := range s.Record.Headers {
			text += " " + string(h.Value)
		}
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) }) || strings.Contains(text, "@") {
			w.judged.trial.Events = append(w.judged.trial.Events, s)
			return otherwise("the record %s holds what only the site may know of a person, or what only the airlock may know", s.Place())
		}
	}
	return nil
}

func (w *World) byContract(ctx context.Context) error {
	w.judged.trial.Expected = "every record of the airlock opens under its key, at its place, by its contract, with its next number and a cause that was there"
	all, err := w.mine(ctx)
	if err != nil {
		return err
	}
	trust, err := w.judged.site.Trust()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range w.tap().All() {
		known[header(s.Record, "ce_id")] = true
	}
	count, numbers := map[string]uint64{}, map[string]bool{}
	var wrong []error
	for _, s := range all {
		bad := func(what string) {
			w.judged.trial.Events = append(w.judged.trial.Events, s)
			wrong = append(wrong, fmt.Errorf("%s at %s: %s", s.Event.Type, s.Place(), what))
		}
		e, err := envelope.Open(s.Record, trust, s.Time)
		again := s.Event.ID + s.Digest
		switch {
		case err != nil:
			bad(err.Error())
			continue
		case numbers[again]: // one event that was written twice, which every reader bears
			continue
		case e.Sequence != count[s.Record.Topic+e.Subject]+1:
			bad(fmt.Sprintf("number %d of its subject comes after %d", e.Sequence, count[s.Record.Topic+e.Subject]))
		case e.CausationID != "" && !known[e.CausationID]:
			bad("its cause is no event that was seen")
		case e.CausationID == "" && !s.Is(airlock.TypeRecordDeadLettered, airlock.TypeReleaseRejected):
			bad("it names no cause")
		}
		count[s.Record.Topic+e.Subject], numbers[again] = e.Sequence, true
	}
	if len(wrong) > 5 {
		wrong = append(wrong[:5], fmt.Errorf("and %d more", len(wrong)-5))
	}
	if len(wrong) == 0 {
		return nil
	}
	return &Finding{ErrOtherwise, errors.Join(wrong...)}
}
