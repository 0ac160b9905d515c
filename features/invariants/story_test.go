package invariants_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/invariants"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// story writes a history as honest sites would, one second a record unless time passes.
type story struct {
	t         *testing.T
	trust     *signing.Trust
	signers   map[string]signing.Signer
	ids       uint64
	seen      []harness.Seen
	sequences map[string]uint64
	border    uint64
	offsets   map[string]int64
	passed    time.Duration // beside the seconds of the records
}

func newStory(t *testing.T) *story {
	trust, err := signing.NewTrust(signing.Federation)
	if err != nil {
		t.Fatal(err)
	}
	return &story{t: t, trust: trust, signers: map[string]signing.Signer{}, sequences: map[string]uint64{}, offsets: map[string]int64{}}
}

func (s *story) id() string {
	s.ids++
	var entropy [10]byte
	entropy[8], entropy[9] = byte(s.ids>>8), byte(s.ids)
	var id ulid.ULID
	if err := id.SetTime(ulid.Timestamp(start)); err != nil {
		s.t.Fatal(err)
	}
	if err := id.SetEntropy(entropy[:]); err != nil {
		s.t.Fatal(err)
	}
	return id.String()
}

func (s *story) signer(site, principal string) signing.Signer {
	source := topics.Source(site, principal)
	if known, ok := s.signers[source]; ok {
		return known
	}
	seed := sha256.Sum256([]byte(source))
	private := ed25519.NewKeyFromSeed(seed[:])
	signer := signing.NewSigner(source, private)
	key := signing.Key{ID: signer.KeyID(), Source: source, Types: []string{"fairway.*"}, Public: private.Public().(ed25519.PublicKey),
		NotBefore: start.Add(-time.Hour), NotAfter: start.Add(24 * time.Hour)}
	if err := s.trust.Add(key); err != nil {
		s.t.Fatal(err)
	}
	s.signers[source] = signer
	return signer
}

func (s *story) now() time.Time { return start.Add(time.Duration(len(s.seen))*time.Second + s.passed) }

// say makes an event and lets it be seen.
func (s *story) say(site, principal, cause string, p envelope.Payload, change ...func(*envelope.Draft)) harness.Seen {
	s.t.Helper()
	return s.see(s.record(site, principal, cause, p, change...))
}

func (s *story) record(site, principal, cause string, p envelope.Payload, change ...func(*envelope.Draft)) envelope.Record {
	s.t.Helper()
	d := envelope.Draft{ID: s.id(), Source: topics.Source(site, principal), Time: s.now(), Attributes: envelope.Attributes{CausationID: cause}}
	for _, c := range change {
		c(&d)
	}
	probe, err := envelope.New(s.signer(site, principal), numbered(d, 1), p)
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := envelope.Read(probe)
	if err != nil {
		s.t.Fatal(err)
	}
	chain := probe.Topic + e.Source + e.Subject
	s.sequences[chain]++
	r, err := envelope.New(s.signer(site, principal), numbered(d, s.sequences[chain]), p)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func numbered(d envelope.Draft, n uint64) envelope.Draft {
	if d.Sequence == 0 {
		d.Sequence = n
	}
	return d
}

func (s *story) see(r envelope.Record) harness.Seen {
	seen := harness.Seen{N: len(s.seen), Broker: "here", Offset: s.offsets[r.Topic], Time: s.now(), Record: r, Digest: sum(r.Value)}
	s.offsets[r.Topic]++
	seen.Event, seen.Err = envelope.Read(r)
	s.seen = append(s.seen, seen)
	return seen
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(digest[:])
}

func over(topic string, border uint64) func(*envelope.Draft) {
	return func(d *envelope.Draft) { d.Topic, d.BorderSequence = topic, border }
}

func by(person string) func(*envelope.Draft) {
	return func(d *envelope.Draft) { d.Actor, d.Session = person, "01J00000000000000000000009" }
}

const (
	requester = "molgenis:01J00000000000000000000001"
	checkerA  = "denbi:01J00000000000000000000002"
	checkerB  = "denbi:01J00000000000000000000003"
)

// plot is a study of molgenis at denbi. A test changes one thing in it.
type plot struct {
	reviewers     []string            // in the decision
	reviews       []string            // persons who act a review
	approvedBytes string              // that the decision names by digest
	leave         func(*story, *plot) // what denbi's gateway does in place of sending the part
	outcome       string
	late          map[string]time.Duration                          // by effect of the end of a permit or a membership, how long it takes
	older         func(*workspace.JobStateChanged, *envelope.Draft) // what is wrong with the second of two twins
	manifest      func(*plot) []vocabulary.ManifestEntry

	entry entry // of a lookup table by which the output is made

	study, job, project, output, release, profile, bytes string
	approved                                             harness.Seen
}

func newPlot() *plot {
	p := &plot{reviewers: []string{checkerA, checkerB}, reviews: []string{checkerA, checkerB}, bytes: `{"a":1}`, outcome: "Completed",
		study: "01J0000000000000000000000S", job: "01J0000000000000000000000J", project: "01J0000000000000000000000P",
		output: "01J0000000000000000000000B", release: "01J0000000000000000000000R", profile: sum([]byte("profile"))}
	p.approvedBytes = p.bytes
	p.entry = newEntry(p.project)
	p.manifest = func(p *plot) []vocabulary.ManifestEntry {
		return []vocabulary.ManifestEntry{{Site: "denbi", DatasetID: "gbsg", Outcome: "returned", JobID: p.job, Digest: sum([]byte(p.bytes)), ReleaseID: p.release}}
	}
	return p
}

func (p *plot) claim() vocabulary.Claim {
	return vocabulary.Claim{Digest: sum([]byte(p.approvedBytes)), Size: int64(len(p.approvedBytes)), MediaType: "application/json", Class: "aggregate"}
}

// play tells the plot.
func (p *plot) play(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.say("denbi", "gateway", "", federation.PolicyPublished{Site: "denbi", ProfileDigest: p.profile, Name: "denbi", Threshold: 10, Reviewers: 2,
		Chain: []vocabulary.PolicyBody{{Body: "data-holder", Quorum: 1}}, RevokeWithinSeconds: 900, RemoveWithinSeconds: 300, Imports: p.entry.policy})
	analyses := []vocabulary.Analysis{{Kind: "log-rank", Time: "time", Event: "event", Arm: "arm"}}
	act := s.say("molgenis", "portal", "", federation.StudyOpen{StudyID: p.study, ProjectID: p.project, Requester: requester,
		Targets: []vocabulary.DatasetRef{{Site: "denbi", DatasetID: "gbsg"}}, Analyses: analyses, DeadlineSeconds: 60}, by(requester))
	opened := s.say("molgenis", "gateway", act.Event.ID, federation.StudyOpened{StudyID: p.study, ProjectID: p.project, Requester: requester,
		Targets: []vocabulary.DatasetRef{{Site: "denbi", DatasetID: "gbsg"}}, Analyses: analyses, Deadline: start.Add(time.Hour)})
	s.done(p, opened.Event.ID)
	p.entry.play(s)
	sealed := s.say("denbi", "workspace", opened.Event.ID, workspace.OutputSealed{OutputID: p.output, JobID: p.job, StudyID: p.study, ProjectID: p.project,
		Author: requester, Claim: p.claim(), Kinds: []string{"log-rank"}, Destination: vocabulary.Destination{Kind: "study", Site: "molgenis"},
		Lineage: vocabulary.Lineage{Datasets: []vocabulary.DatasetVersion{}, Steps: []vocabulary.LineageStep{}, Imports: []string{p.entry.used}}})
	cause := sealed
	for _, person := range p.reviews {
		cause = s.say("denbi", "portal", "", airlock.ReleaseReview{ReleaseID: p.release, Digest: p.claim().Digest, Decision: "Approved"}, by(person))
	}
	p.approved = s.say("denbi", "airlock", cause.Event.ID, airlock.ReleaseApproved{ReleaseID: p.release, OutputID: p.output, JobID: p.job, StudyID: p.study,
		ProjectID: p.project, Claim: p.claim(), Requester: requester, Reviewers: p.reviewers,
		Rules:       vocabulary.Rules{Threshold: 10, Reviewers: 2, ProfileDigest: p.profile},
		Destination: vocabulary.Destination{Kind: "study", Site: "molgenis"}, ExpiresAt: start.Add(24 * time.Hour)})
	if p.leave != nil {
		p.leave(s, p)
	} else {
		s.part(p, p.approved.Event.ID)
	}
	s.say("molgenis", "gateway", opened.Event.ID, federation.StudyCompleted{StudyID: p.study, ProjectID: p.project, Outcome: p.outcome, Manifest: p.manifest(p)})
	refused := s.say("denbi", "portal", "", airlock.ReleaseReview{ReleaseID: p.release, Digest: p.claim().Digest, Decision: "Approved"}, by(requester))
	s.say("denbi", "airlock", refused.Event.ID, airlock.ActRefused{ActID: refused.Event.ID, ActType: refused.Event.Type, ActSubject: refused.Event.Subject,
		Reason: "separation-of-duties", Detail: "the author never reviews", AuditLeaf: 7})
	s.permitEnds(p)
	s.memberLeaves(p)
	return s
}

// done says in two majors that the job is done.
func (s *story) done(p *plot, cause string) {
	newer := workspacev2.JobStateChanged{JobID: p.job, StudyID: p.study, ProjectID: p.project, State: "COMPLETE", Reason: vocabulary.StateReason{Code: "none", Detail: "All went well."}}
	beside, _ := lift.Beside(newer)
	older := beside.(workspace.JobStateChanged)
	newerID, olderID := s.id(), s.id()
	s.say("denbi", "workspace", cause, newer, func(d *envelope.Draft) { d.ID, d.Twin = newerID, envelope.Twin{Major: 1, ID: olderID} })
	draft := envelope.Draft{ID: olderID, Attributes: envelope.Attributes{CausationID: cause, CorrelationID: newerID, Twin: envelope.Twin{Major: 2, ID: newerID}}}
	if p.older != nil {
		p.older(&older, &draft)
	}
	s.say("denbi", "workspace", cause, older, func(d *envelope.Draft) {
		d.ID, d.Attributes = draft.ID, draft.Attributes
	})
}

func (s *story) part(p *plot, cause string) harness.Seen {
	s.border++
	return s.say("denbi", "gateway", cause, federation.ResultPart{JobID: p.job, StudyID: p.study, ProjectID: p.project, Site: "denbi", HostSite: "molgenis",
		ReleaseID: p.release, Digest: sum([]byte(p.bytes)), Size: int64(len(p.bytes)), Part: 1, Parts: 1, Bytes: []byte(p.bytes),
		Decision: vocabulary.SignedRecord{Topic: p.approved.Record.Topic, Key: string(p.approved.Record.Key), Value: []byte("signed"),
			Headers: []vocabulary.RecordHeader{{Key: "ce_id", Value: "x"}}}}, over(topics.Inbox("molgenis"), s.border))
}

// judge returns the violations of each law.
func judge(s *story, testKeys ...string) map[string][]string {
	violations := map[string][]string{}
	for _, r := range invariants.New(s.seen, s.trust, testKeys...).Judge() {
		violations[r.Name] = r.Violations
	}
	return violations
}
