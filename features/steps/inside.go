package steps

import (
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/features/harness"
)

// Inside is why a site gave nothing, in the words that its own people are told and a host never is. Who plays a study over
// sites of their own making is both.
type Inside struct {
	Site   string `json:"site"`
	JobID  string `json:"jobId"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitzero"` // rules, and where in the output; no value
}

// inside finds why the sites of a manifest that returned nothing did so.
func (w *World) inside(manifest []vocabulary.ManifestEntry) (all []Inside) {
	for _, seen := range w.tap().Find(func(harness.Seen) bool { return true }) {
		one := Inside{Site: seen.Site()}
		if p, ok := harness.Payload[airlock.ReleaseRejected](seen); ok {
			one.JobID, one.Reason, one.Detail = p.JobID, p.Reason, found(p.Findings)
		} else if p, ok := harness.Payload[workspacev2.JobStateChanged](seen); ok && strings.HasSuffix(p.State, "_ERROR") {
			one.JobID, one.Reason, one.Detail = p.JobID, p.Reason.Code, p.Reason.Detail
		}
		if slices.ContainsFunc(manifest, func(e vocabulary.ManifestEntry) bool {
			return e.JobID == one.JobID && e.Outcome != "returned" && e.Reason != one.Reason
		}) {
			all = append(all, one)
		}
	}
	return all
}

// found are the first findings in words.
func found(findings []vocabulary.Finding) string {
	const most = 3
	var all []string
	for _, f := range findings[:min(most, len(findings))] {
		all = append(all, f.Rule+" at "+f.Where)
	}
	if len(findings) > most {
		all = append(all, "and others")
	}
	return strings.Join(all, "; ")
}
