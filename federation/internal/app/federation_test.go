package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const (
	host = "molgenis"
	data = "denbi"
)

// two are the gateways of a host and of a data site, with a study between them. The services around them are played
// by the test.
type two struct {
	*testing.T
	host, data *runtest.Bench
	carried    map[string]bool
	researcher runtest.Person
	study      federation.StudyOpen
}

func gatewayAt(t *testing.T, site string, options ...runtest.Option) *runtest.Bench {
	t.Helper()
	b := runtest.New(t, "federation", func(s *run.Service) { register(s, runtest.Members(t, s.Env().Site, s.Env().Trust)) },
		append(options, runtest.Site(site))...)
	runtest.Await[federation.PolicyPublished](b, 1)
	return describing(b)
}

// describing has the site's catalog publish the datasets of the tests.
func describing(b *runtest.Bench) *runtest.Bench {
	for _, dataset := range []string{"d", "rotterdam", "south", "west"} {
		b.Deliver(topics.Catalog, record(dataset))
	}
	return b
}

func record(dataset string) catalog.DatasetPublished {
	return catalog.DatasetPublished{DatasetID: dataset, Title: "A trial", Holder: "Somebody", Version: "1", AccessRights: "RESTRICTED",
		Dictionary: []vocabulary.Variable{{Concept: "time", Column: "time", Type: "number"},
			{Concept: "recurrence", Column: "status", Type: "event", EventValue: "1"},
			{Concept: "hormone-therapy", Column: "hormon", Type: "category", Levels: []vocabulary.Level{{Code: "0", Label: "no"}, {Code: "1", Label: "yes"}}}}}
}

// federated opens a study of one hour at the host, over both sites, that asks a log-rank test and more.
func federated(t *testing.T, more ...vocabulary.Analysis) *two {
	t.Helper()
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.study.Analyses = append(f.study.Analyses, more...)
	f.host.Act(f.researcher, f.study)
	f.carry()
	return f
}

func question1(b *runtest.Bench, p runtest.Person) federation.StudyOpen {
	return federation.StudyOpen{StudyID: b.NewID(), ProjectID: b.NewID(), Requester: p.ID, DeadlineSeconds: 3600,
		Targets:  []vocabulary.DatasetRef{{Site: host, DatasetID: "d"}, {Site: data, DatasetID: "d"}},
		Analyses: []vocabulary.Analysis{{Kind: "log-rank", Time: "time", Event: "recurrence", Arm: "hormone-therapy"}}}
}

// carry brings what each gateway wrote into the other's inbox there, as the federation's broker would.
func (f *two) carry() {
	f.Helper()
	f.carryOf()
}

// carryOf is carry of these types; without any, of all.
func (f *two) carryOf(types ...string) {
	f.Helper()
	for _, way := range [][2]*runtest.Bench{{f.host, f.data}, {f.data, f.host}} {
		for _, e := range way[0].Outbox() {
			if e.Record.Topic == topics.Inbox(way[1].Env.Site) && !f.carried[e.ID] && (len(types) == 0 || slices.Contains(types, e.Type)) {
				f.carried[e.ID] = true
				way[1].DeliverRecord(e.Record)
			}
		}
	}
}

// job is what the gateway of a site asked its workspace to run.
func (f *two) job(b *runtest.Bench) workspace.JobSubmit {
	f.Helper()
	return runtest.Last[workspace.JobSubmit](b)
}

// released is what a site's workspace and airlock say on the way to a released result.
type released struct {
	permit approval.PermitGranted
	sealed workspace.OutputSealed
	bytes  []byte
}

// result is a canonical log-rank output, different for every seed.
func result(t *testing.T, seed int) []byte {
	t.Helper()
	v, o := 10+float64(seed), 2.5
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{outputs.LogRank{Time: "time",
		Event: "recurrence", Arm: "hormone-therapy", Strata: 1, Dropped: "0", Variance: v, ChiSquare: o * o / v, DF: 1, P: 0.4,
		Groups: []outputs.Group{{Level: "no", N: 100, Observed: 40, Expected: 42.5, OMinusE: -o, Variance: v},
			{Level: "yes", N: 90, Observed: 45, Expected: 42.5, OMinusE: o, Variance: v}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// seal plays a site up to the sealed output: permit, job queued, object in the store.
func (f *two) seal(b *runtest.Bench, bytes []byte) released {
	f.Helper()
	return f.sealOf(b, f.job(b), bytes)
}

func (f *two) sealOf(b *runtest.Bench, j workspace.JobSubmit, bytes []byte) released {
	f.Helper()
	r := released{bytes: bytes, permit: approval.PermitGranted{PermitID: b.NewID(), ApplicationID: b.NewID(), ProjectID: j.ProjectID,
		HostSite: j.HostSite, Persons: []string{j.Requester}, Datasets: []string{j.DatasetID}, Concepts: []string{"time"},
		Analyses: []string{"log-rank"}, ExpiresAt: b.Clock.Now().Add(24 * time.Hour)}}
	b.Deliver(topics.Approval, r.permit)
	b.Deliver(topics.Workspace, workspace.JobStateChanged{JobID: j.JobID, StudyID: j.StudyID, ProjectID: j.ProjectID, State: "QUEUED"})
	digest, err := b.Objects(topics.Workspace).Put(f.Context(), bytes)
	if err != nil {
		f.Fatal(err)
	}
	r.sealed = workspace.OutputSealed{OutputID: b.NewID(), JobID: j.JobID, StudyID: j.StudyID, ProjectID: j.ProjectID,
		PermitID: r.permit.PermitID, Author: j.Requester, Kinds: []string{"log-rank"},
		Claim:       vocabulary.Claim{Digest: digest, Size: int64(len(bytes)), MediaType: outputs.MediaType, Class: "aggregate"},
		Destination: vocabulary.Destination{Kind: "study", Site: j.HostSite}}
	b.Deliver(topics.Workspace, r.sealed)
	return r
}

// decision is the airlock's approval of what was requested last.
func decision(b *runtest.Bench, r released) airlock.ReleaseApproved {
	return airlock.ReleaseApproved{ReleaseID: runtest.Last[airlock.ReleaseRequest](b).ReleaseID, OutputID: r.sealed.OutputID,
		JobID: r.sealed.JobID, StudyID: r.sealed.StudyID, ProjectID: r.sealed.ProjectID, PermitID: r.sealed.PermitID, Claim: r.sealed.Claim,
		Requester: r.sealed.Author, Reviewers: []string{b.Env.Site + ":" + b.NewID()}, Destination: r.sealed.Destination,
		Rules:     vocabulary.Rules{Threshold: 5, Reviewers: 1, ProfileDigest: b.Env.Profile.Digest()},
		ExpiresAt: b.Clock.Now().Add(12 * time.Hour)}
}

// answer plays a site from the job to the approved release.
func (f *two) answer(b *runtest.Bench, bytes []byte) {
	f.Helper()
	r := f.seal(b, bytes)
	b.Deliver(topics.Airlock, decision(b, r))
}

// partsFrom waits until the data site's gateway has let a result go, whose host sees its audit log meanwhile.
func (f *two) partsFrom(n int) []federation.ResultPart {
	f.Helper()
	f.data.Until("a result that leaves", func() bool {
		f.carryOf(federation.TypeCheckpointPublished, federation.TypeCheckpointCosigned)
		return count[federation.ResultPart](f.data) >= n
	})
	return runtest.Sent[federation.ResultPart](f.data)
}

// sealCombination plays the host's workspace for the combination.
func (f *two) sealCombination() workspace.OutputSeal {
	f.Helper()
	seal := runtest.Await[workspace.OutputSeal](f.host, 1)[0]
	f.host.Deliver(topics.Workspace, workspace.OutputSealed{OutputID: seal.OutputID, StudyID: seal.StudyID, ProjectID: seal.ProjectID,
		Author: seal.Author, Claim: seal.Claim, Kinds: []string{"combination"}, Inputs: seal.Inputs,
		Destination: vocabulary.Destination{Kind: "researcher", Site: host}})
	return seal
}

// publish plays the host's airlock for the combination.
func (f *two) publish() federation.StudyCompleted {
	f.Helper()
	seal := f.sealCombination()
	f.host.Deliver(topics.Airlock, airlock.ReleasePublished{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.host).ReleaseID,
		OutputID: seal.OutputID, StudyID: seal.StudyID, ProjectID: seal.ProjectID, Claim: seal.Claim, Recipients: []string{seal.Author}})
	completed := runtest.Last[federation.StudyCompleted](f.host)
	if opened := runtest.Last[federation.StudyOpened](f.host); !completed.Deadline.Equal(opened.Deadline) || opened.Deadline.IsZero() {
		f.Errorf("completed with deadline %v, opened with %v", completed.Deadline, opened.Deadline)
	}
	return completed
}

// refusedFor asserts the reason and direction of the last refusal at the border.
func refusedFor(t *testing.T, b *runtest.Bench, direction, reason string) federation.BorderRefused {
	t.Helper()
	r := runtest.Last[federation.BorderRefused](b)
	if r.Reason != reason || r.Direction != direction {
		t.Fatalf("refused %s for %s (%s), expected %s for %s", r.Direction, r.Reason, r.Detail, direction, reason)
	}
	return r
}

func count[T envelope.Payload](b *runtest.Bench) int { return len(runtest.Sent[T](b)) }

func outcomes(c federation.StudyCompleted) []string {
	var all []string
	for _, m := range c.Manifest {
		all = append(all, m.Site+" "+m.Outcome)
	}
	slices.Sort(all)
	return all
}
