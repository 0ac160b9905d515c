package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// decisionOf is the digest of the decision under which a part of a result left.
func decisionOf(s harness.Seen) string {
	p, ok := harness.Payload[federation.ResultPart](s)
	if !ok {
		return ""
	}
	return p.Digest
}

// decisions lists who decided what under which rule.
func (w *World) decisions(honest []harness.Seen) []report.Decision {
	var all []report.Decision
	for _, s := range honest {
		d := report.Decision{Time: s.Event.Time, Site: s.Site(), Study: w.studyOf(s)}
		if p, ok := harness.Payload[approval.ApplicationAssessed](s); ok {
			d.Decision = "assessed: " + strings.ToLower(p.Decision)
			d.By = p.Body + ", " + p.Assessor
			if p.DatasetID != "" {
				d.By += ", on " + p.DatasetID
			}
			d.Rule = fmt.Sprintf("assessment %d, quorum %d", p.Ordinal, p.Quorum)
		} else if p, ok := harness.Payload[approval.PermitGranted](s); ok {
			d.Decision, d.By, d.Rule = "permit granted", "the approval chain", "until "+p.ExpiresAt.Format("2006-01-02")
		} else if p, ok := harness.Payload[approval.PermitAmended](s); ok {
			d.Decision, d.By, d.Rule = "permit amended", "the approval chain", "now of "+strings.Join(p.Datasets, ", ")
		} else if p, ok := harness.Payload[approval.PermitRevoked](s); ok {
			d.Decision, d.By, d.Rule = "permit revoked", "a member of the approval chain", p.Reason
		} else if p, ok := harness.Payload[airlock.ReleaseApproved](s); ok {
			d.Decision, d.By = "release approved", strings.Join(slices.Sorted(slices.Values(p.Reviewers)), ", ")
			d.Rule = fmt.Sprintf("reviewers: %d, threshold: %d", p.Rules.Reviewers, p.Rules.Threshold)
		} else if p, ok := harness.Payload[airlock.ReleaseRejected](s); ok {
			d.Decision, d.By, d.Rule = "release rejected", "the airlock", p.Reason
		} else {
			continue
		}
		all = append(all, d)
	}
	return all
}
