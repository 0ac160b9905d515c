package invariants_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/invariants"
)

func TestAnHonestHistoryBreaksNoLawAndEveryLawHadSomethingToJudge(t *testing.T) {
	s := newPlot().play(t)
	for _, r := range invariants.New(s.seen, s.trust).Judge() {
		if r.Checked == 0 || len(r.Violations) > 0 {
			t.Errorf("%s: %d checked, violations %q", r.Name, r.Checked, r.Violations)
		}
	}
}

func TestEachPlantedBugIsFoundByItsLaw(t *testing.T) {
	refusal := func(s *story, change func(*airlock.ActRefused)) {
		act := s.say("denbi", "portal", "", airlock.ReleaseReview{ReleaseID: s.id(), Digest: sum(nil), Decision: "Approved"}, by(checkerA))
		p := airlock.ActRefused{ActID: act.Event.ID, ActType: act.Event.Type, ActSubject: act.Event.Subject, Reason: "role-missing", Detail: "no", AuditLeaf: 1}
		change(&p)
		s.say("denbi", "airlock", act.Event.ID, p)
	}
	for what, c := range map[string]struct {
		law  string
		bug  func(*plot)         // in the plot
		also func(*story, *plot) // after it
	}{
		"a part leaves before any decision": {"released only by decision", func(p *plot) {
			p.release, p.leave = "01J0000000000000000000000R", func(s *story, p *plot) {
				other := *p
				other.release = "01J0000000000000000000000X"
				s.part(&other, p.approved.Event.ID)
			}
		}, nil},
		"other bytes leave than were approved": {"released only by decision", func(p *plot) { p.approvedBytes = `{"a":2}` }, nil},
		"one reviewer where two are asked":     {"released only by decision", func(p *plot) { p.reviewers = p.reviewers[:1] }, nil},
		"the same reviewer counts twice":       {"released only by decision", func(p *plot) { p.reviewers = []string{checkerA, checkerA} }, nil},
		"the requester reviews": {"released only by decision", func(p *plot) {
			p.reviewers = []string{checkerA, requester}
			p.reviews = p.reviewers
		}, nil},
		"a reviewer is named who never asked": {"released only by decision", func(p *plot) { p.reviews = p.reviews[:1] }, nil},
		"the decision rests on another policy": {"released only by decision", func(p *plot) {
			p.leave = func(s *story, p *plot) {
				s.say("denbi", "gateway", "", federation.PolicyPublished{Site: "denbi", ProfileDigest: sum([]byte("newer")), Name: "denbi", Threshold: 10,
					Reviewers: 1, Chain: []vocabulary.PolicyBody{{Body: "data-holder", Quorum: 1}}},
					func(d *envelope.Draft) { d.Time = p.approved.Event.Time.Add(-time.Second) })
				s.part(p, p.approved.Event.ID)
			}
		}, nil},
		"the bytes are not those of their digest": {"the bytes are those approved", func(p *plot) {
			p.leave = func(s *story, p *plot) {
				s.border++
				s.say("denbi", "gateway", p.approved.Event.ID, federation.ResultPart{JobID: p.job, StudyID: p.study, ProjectID: p.project, Site: "denbi",
					HostSite: "molgenis", ReleaseID: p.release, Digest: sum([]byte(p.bytes)), Size: 7, Part: 1, Parts: 1, Bytes: []byte(`{"a":9}`),
					Decision: vocabulary.SignedRecord{Topic: "denbi.airlock.events.v1", Key: "k", Value: []byte("signed"),
						Headers: []vocabulary.RecordHeader{{Key: "ce_id", Value: "x"}}}},
					over(topics.Inbox("molgenis"), s.border))
			}
		}, nil},
		"a result is sent twice": {"nothing twice", nil, func(s *story, p *plot) { s.part(p, p.approved.Event.ID) }},
		"a permit has two workspaces": {"nothing twice", nil, func(s *story, p *plot) {
			permit := s.id()
			provisioned(s, p, permit, s.id())
			amended(s, p, permit)
			provisioned(s, p, permit, s.id())
		}},
		"a workspace is made twice": {"nothing twice", nil, func(s *story, p *plot) {
			permit, room := s.id(), s.id()
			provisioned(s, p, permit, room)
			provisioned(s, p, permit, room)
		}},
		"an id says two things": {"nothing twice", nil, func(s *story, p *plot) {
			id := s.id()
			for _, name := range []string{"one", "two"} {
				s.say("molgenis", "gateway", "", federation.PolicyPublished{Site: "molgenis", ProfileDigest: p.profile, Name: name, Threshold: 5, Reviewers: 1,
					Chain: []vocabulary.PolicyBody{{Body: "data-holder", Quorum: 1}}}, func(d *envelope.Draft) { d.ID = id })
			}
		}},
		"an event without a cause": {"every effect has a cause", nil, func(s *story, p *plot) {
			s.say("molgenis", "gateway", "", federation.ResultReceived{JobID: p.job, StudyID: p.study, Site: "denbi", ReleaseID: p.release, Digest: sum(nil)})
		}},
		"a cause that nobody saw": {"every effect has a cause", nil, func(s *story, p *plot) {
			s.say("molgenis", "gateway", s.id(), federation.ResultReceived{JobID: p.job, StudyID: p.study, Site: "denbi", ReleaseID: p.release, Digest: sum(nil)})
		}},
		"an effect before its cause": {"every effect has a cause", nil, func(s *story, p *plot) {
			s.say("molgenis", "gateway", p.approved.Event.ID, federation.ResultReceived{JobID: p.job, StudyID: p.study, Site: "denbi", ReleaseID: p.release,
				Digest: sum(nil)}, func(d *envelope.Draft) { d.Time = p.approved.Event.Time.Add(-time.Minute) })
		}},
		"a refusal whose reason is a sentence": {"every refusal has a reason", nil, func(s *story, p *plot) {
			refusal(s, func(r *airlock.ActRefused) { r.Reason = "Not.Today" })
		}},
		"a refusal of an act that nobody saw": {"every refusal has a reason", nil, func(s *story, p *plot) {
			refusal(s, func(r *airlock.ActRefused) { r.ActID = s.id() })
		}},
		"a refused act takes effect": {"a refused act has no effect", nil, func(s *story, p *plot) {
			var act string
			refusal(s, func(r *airlock.ActRefused) { act = r.ActID })
			s.say("denbi", "airlock", act, airlock.ReleaseReviewed{ReleaseID: s.id(), Ordinal: 1, Needed: 2, Blinded: true})
		}},
		"an unsigned record that nobody put away": {"all is signed", nil, func(s *story, p *plot) {
			r := s.record("denbi", "airlock", p.approved.Event.ID, airlock.ReleaseReviewed{ReleaseID: s.id(), Ordinal: 1, Needed: 2, Blinded: true})
			s.see(harness.WithHeader(r, "ce_signature", "AAAA"))
		}},
		"an unlisted type on the federation's broker": {"only what is listed crosses", nil, func(s *story, p *plot) {
			r := harness.Copy(s.record("denbi", "gateway", p.approved.Event.ID, federation.ResultReceived{JobID: p.job, StudyID: p.study, Site: "denbi",
				ReleaseID: p.release, Digest: sum(nil)}))
			r.Topic = topics.Inbox("molgenis")
			s.see(r)
		}},
		"an unlisted header on the federation's broker": {"only what is listed crosses", func(p *plot) {
			p.leave = func(s *story, p *plot) {
				part := s.part(p, p.approved.Event.ID)
				s.seen = s.seen[:len(s.seen)-1]
				s.see(harness.WithHeader(part.Record, "x-hidden", "rows"))
			}
		}, nil},
		"a number is left out": {"facts count without gap", nil, func(s *story, p *plot) {
			s.say("denbi", "airlock", p.approved.Event.ID, airlock.ReleaseReviewed{ReleaseID: p.release, Ordinal: 1, Needed: 2, Blinded: true},
				func(d *envelope.Draft) { d.Sequence = 3 })
		}},
		"a twin says something else": {"twins say the same", func(p *plot) {
			p.older = func(o *workspace.JobStateChanged, _ *envelope.Draft) { o.State = "CANCELED" }
		}, nil},
		"a twin is about another job": {"twins say the same", func(p *plot) {
			p.older = func(o *workspace.JobStateChanged, _ *envelope.Draft) { o.JobID = "01J0000000000000000000000Y" }
		}, nil},
		"a twin has another cause": {"twins say the same", func(p *plot) {
			p.older = func(_ *workspace.JobStateChanged, d *envelope.Draft) { d.CausationID = d.Twin.ID }
		}, nil},
		"a twin has another root": {"twins say the same", func(p *plot) {
			p.older = func(_ *workspace.JobStateChanged, d *envelope.Draft) { d.CorrelationID = d.ID }
		}, nil},
		"twins are not next to each other": {"twins say the same", func(p *plot) {
			p.older = func(_ *workspace.JobStateChanged, d *envelope.Draft) { d.Sequence = 3 }
		}, nil},
		"a twin names nobody": {"twins say the same", func(p *plot) {
			p.older = func(_ *workspace.JobStateChanged, d *envelope.Draft) { d.Twin = envelope.Twin{} }
		}, nil},
		"a twin never comes": {"twins say the same", func(p *plot) {
			p.older = func(_ *workspace.JobStateChanged, d *envelope.Draft) { d.ID = "01J0000000000000000000000Y" }
		}, nil},
		"the newer major is said alone": {"twins say the same", nil, func(s *story, p *plot) {
			s.say("denbi", "workspace", p.approved.Event.ID, workspacev2.JobStateChanged{JobID: p.job, ProjectID: p.project, State: "COMPLETE"})
		}},
		"a site is left out of the manifest": {"every site is named", func(p *plot) {
			p.manifest = func(*plot) []vocabulary.ManifestEntry { return []vocabulary.ManifestEntry{} }
		}, nil},
		"silence counts as an answer": {"every site is named", func(p *plot) {
			p.manifest = func(p *plot) []vocabulary.ManifestEntry {
				return []vocabulary.ManifestEntry{{Site: "denbi", DatasetID: "gbsg", Outcome: "timed-out", JobID: p.job}}
			}
		}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlot()
			if c.bug != nil {
				c.bug(p)
			}
			s := p.play(t)
			if c.also != nil {
				c.also(s, p)
			}
			violations := judge(s)
			if _, known := violations[c.law]; !known {
				t.Fatalf("there is no law %q", c.law)
			}
			if len(violations[c.law]) == 0 {
				t.Errorf("%s did not find it; found: %v", c.law, violations)
			}
		})
	}
}

func provisioned(s *story, p *plot, permit, room string) {
	s.say("denbi", "workspace", p.approved.Event.ID, workspace.WorkspaceProvisioned{WorkspaceID: room, PermitID: permit, ProjectID: p.project,
		DatasetIDs: []string{"gbsg"}, Concepts: []string{"age"}})
}

func amended(s *story, p *plot, permit string) {
	s.say("denbi", "approval", p.approved.Event.ID, approval.PermitAmended{PermitID: permit, ProjectID: p.project, Revision: 2,
		Persons: []string{"molgenis:" + s.id()}, Datasets: []string{"gbsg"}, Concepts: []string{"age"}, Analyses: []string{"count"},
		ExpiresAt: p.approved.Event.Time.AddDate(1, 0, 0)})
}

func TestAWorkspaceThatFollowsAnAmendedPermitIsNoSecondOne(t *testing.T) {
	p := newPlot()
	s := p.play(t)
	permit, room := s.id(), s.id()
	provisioned(s, p, permit, room)
	amended(s, p, permit)
	provisioned(s, p, permit, room)
	for law, found := range judge(s) {
		if len(found) > 0 {
			t.Errorf("%s: %v", law, found)
		}
	}
}

func TestAForgedRecordThatWasPutAwayBreaksNoLaw(t *testing.T) {
	p := newPlot()
	s := p.play(t)
	r := s.record("denbi", "airlock", p.approved.Event.ID, airlock.ReleaseReviewed{ReleaseID: s.id(), Ordinal: 1, Needed: 2, Blinded: true})
	forged := s.see(harness.WithHeader(r, "ce_signature", "AAAA"))
	if len(judge(s)["all is signed"]) == 0 {
		t.Fatal("the forged record went unnoticed")
	}
	s.say("denbi", "gateway", forged.Event.ID, federation.RecordDeadLettered{RecordID: s.id(), Topic: forged.Record.Topic, Partition: 0, Offset: forged.Offset,
		Digest: forged.Digest, Size: 9, Reason: "signature", Detail: "the signature is not the sender's", AuditLeaf: 8})
	for law, violations := range judge(s) {
		if len(violations) > 0 {
			t.Errorf("%s: %q", law, violations)
		}
	}
}

func TestADecisionUnderATestKeyReleasesNothing(t *testing.T) {
	p := newPlot()
	s := p.play(t)
	key, err := harness.NewTestKey("/sites/denbi/airlock", "fairway.airlock.*")
	if err != nil {
		t.Fatal(err)
	}
	other := *p
	other.release, other.job, other.output = "01J0000000000000000000000X", "01J0000000000000000000000Y", "01J0000000000000000000000Z"
	r, err := envelope.New(key, envelope.Draft{ID: s.id(), Source: "/sites/denbi/airlock", Time: s.now(), Attributes: envelope.Attributes{Sequence: 1}},
		airlock.ReleaseApproved{ReleaseID: other.release, OutputID: other.output, JobID: other.job, ProjectID: p.project, Claim: p.claim(), Requester: requester,
			Reviewers: p.reviewers, Rules: vocabulary.Rules{Threshold: 10, Reviewers: 2, ProfileDigest: p.profile},
			Destination: vocabulary.Destination{Kind: "study", Site: "molgenis"}, ExpiresAt: start.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	decision := s.see(r)
	for law, violations := range judge(s, key.KeyID()) {
		if len(violations) > 0 {
			t.Errorf("%s: %q", law, violations)
		}
	}
	if len(judge(s)["all is signed"]) == 0 {
		t.Error("a key that nobody enrolled was believed")
	}
	s.part(&other, decision.Event.ID)
	if len(judge(s, key.KeyID())["released only by decision"]) == 0 {
		t.Error("a decision under a test key released a result")
	}
}
