package profile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/profile"
)

const policies = valid + `partners: [academic, industry]
hosting: {workspace: own, for: [lighthouse]}
membership: {source: external-group, revokeWithin: 5m}
workspaces: {queue: batch}
tools: [{kind: log-rank, digest: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]
export: {maxBytes: 1024, resultTypes: [table, model], lowRisk: [table]}
disclosure: {ruleSet: opensafely, rounding: 5, settings: [{name: nfilter.tab, value: "7"}]}
discovery: {anybody: boolean, researcher: count, rounding: 10}
retention: {deleteAfter: 3m, archiveFor: 10y}
imports: {allowed: true, kinds: [lookup], maxBytes: 65536, scanRequired: true}
crates: {in: true, out: false}
`

func TestPoliciesThatMostSitesLeaveOutAreReadWhereTheyAreSet(t *testing.T) {
	p := parse(t, policies)
	if !p.Admits(profile.Industry) || p.Admits(profile.Public) || !p.Membership.External() || p.Workspaces.Queue != profile.Batch ||
		!p.Export.Needs() || p.Disclosure.Rounding != 5 || p.Retention.DeleteAfter.Months != 3 || !p.Imports.Allowed || p.Imports.MaxBytes != 65536 || !p.Imports.ScanRequired ||
		!p.Crates.In || p.Crates.Out {
		t.Fatalf("read %+v", p)
	}
	if p.Discovery.For(false) != profile.Boolean || p.Discovery.For(true) != profile.Counted {
		t.Fatalf("discovery %+v", p.Discovery)
	}
	silent := parse(t, valid)
	if silent.Imports.Allowed || silent.Crates.In || silent.Crates.Out || !silent.Admits(profile.Industry) || silent.Discovery.For(false) != profile.None || silent.Discovery.For(true) != profile.Counted {
		t.Fatal("the defaults of a profile that says nothing")
	}
	if silent.Permit.Bound() != 15*time.Minute || parse(t, strings.Replace(valid, "maxDuration: 6m", "maxDuration: 6m, revokeWithin: 1h", 1)).Permit.Bound() != time.Hour {
		t.Fatal("the time in which a permit ends everywhere")
	}
	if silent.Border.PerSecond() != 16 || parse(t, valid+"border: {recordsPerSecond: 5}\n").Border.PerSecond() != 5 {
		t.Fatal("how much of one participant is taken in a second")
	}
	end := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	due, deletes := p.Retention.Due(end)
	until, archives := p.Retention.KeepUntil(end)
	if !deletes || !archives || !due.Equal(time.Date(2027, 3, 2, 12, 0, 0, 0, time.UTC)) || !until.Equal(time.Date(2036, 11, 30, 12, 0, 0, 0, time.UTC)) {
		t.Fatalf("deleted %s, kept until %s", due, until)
	}
	_, deletes = silent.Retention.Due(end)
	if _, archives = silent.Retention.KeepUntil(end); deletes || archives {
		t.Fatal("a profile that says nothing deletes or archives")
	}
	if steps := silent.Review.Steps(); len(steps) != 1 || steps[0] != (profile.Stage{Role: profile.OutputChecker, Quorum: 2}) {
		t.Fatalf("stages %+v", steps)
	}
}

func TestABodyThatDecidesForSomePartnersIsNotInTheChainOfOthers(t *testing.T) {
	p := parse(t, strings.Replace(valid, "body: data-holder, quorum: 1, of: 1", "body: ministry, quorum: 1, of: 1, partners: [industry]", 1))
	if len(p.Chain(profile.Academic)) != 1 || len(p.Chain(profile.Industry)) != 2 || len(p.ApprovalChain) != 2 {
		t.Fatalf("chains %+v %+v", p.Chain(profile.Academic), p.Chain(profile.Industry))
	}
}

func TestABadPolicyIsRefusedWithLineFieldAndWhatIsAllowed(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown partner":          {"[academic, industry]", "[academic, army]", `line 22: partners: "army" is not one of academic`},
		"nobody decides for all":   {"quorum: 1, of: 2}\n  - {body: data-holder, quorum: 1, of: 1", "quorum: 1, of: 2, partners: [industry]}\n  - {body: data-holder, quorum: 1, of: 1, partners: [public]", "one must decide for all"},
		"half a section":           {"{source: external-group, revokeWithin: 5m}", "{source: external-group}", "line 24: membership.revokeWithin: missing"},
		"no time to remove in":     {"revokeWithin: 5m", "revokeWithin: 10ms", "membership.revokeWithin: 10ms is not between 1s and 24h"},
		"records without end":      {"revokeWithin: 5m}", "revokeWithin: 5m}\nborder: {recordsPerSecond: 1001}", "border.recordsPerSecond: 1001 is not between 0, which is the federation's, and 1000"},
		"a week to revoke in":      {"maxDuration: 6m", "maxDuration: 6m, revokeWithin: 168h", "permit.revokeWithin: 168h0m0s is not between 1s and 24h"},
		"an archive of nothing":    {"{deleteAfter: 3m, archiveFor: 10y}", "{archiveFor: 10y}", "retention.deleteAfter: missing"},
		"unknown source":           {"source: external-group", "source: rumour", `membership.source: "rumour" is not one of local`},
		"hosted by itself":         {"for: [lighthouse]", "for: [harbour]", "harbour is the site itself"},
		"hosted nowhere":           {"workspace: own, for: [lighthouse]", "workspace: none", "hosting.at: names the site that hosts the data"},
		"unknown queue":            {"queue: batch", "queue: lifo", `workspaces.queue: "lifo" is not one of direct, batch`},
		"tool that is not listed":  {"{kind: log-rank, digest", "{kind: cox, digest", `tool 1: "cox" is not one of analyses.catalogued`},
		"tool without a digest":    {"sha256:aaaa", "md5:aaaa", "line 26: tools"},
		"low risk undeclared":      {"lowRisk: [table]", "lowRisk: [figure]", `export.lowRisk: "figure" is not one of table, model`},
		"imports of no kind":       {"kinds: [lookup], ", "kinds: [], ", "imports.kinds: is empty"},
		"unknown import":           {"kinds: [lookup]", "kinds: [software]", `imports.kinds: "software" is not one of lookup`},
		"imports of any size":      {"maxBytes: 65536", "maxBytes: 0", "imports.maxBytes: 0 is not between"},
		"limits of no imports":     {"allowed: true", "allowed: false", "imports.allowed: is false"},
		"no number":                {`value: "7"`, `value: "seven"`, "nfilter.tab"},
		"more to anybody":          {"anybody: boolean, researcher: count", "anybody: count, researcher: boolean", "tells more to anybody"},
		"stages of another number": {"blinded: true, deadline: 5wd", "blinded: true, deadline: 5wd, stages: [{role: output-checker, quorum: 1}]", "the quorums of the stages sum to 1"},
		"unknown stage":            {"blinded: true, deadline: 5wd", "blinded: true, deadline: 5wd, stages: [{role: board, quorum: 2}]", `stage 1: "board" is not one of`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(policies, c.old, c.new, 1)
			if text == policies {
				t.Fatalf("%q is not in the profile", c.old)
			}
			_, err := profile.Parse([]byte(text))
			if !errors.Is(err, profile.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
