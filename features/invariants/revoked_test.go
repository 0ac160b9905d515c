package invariants_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
)

const (
	member  = "denbi:01J00000000000000000000005"
	worker  = "denbi:01J00000000000000000000006" // under a permit that is revoked
	endedBy = "an end is an end in time"
)

// after says what follows from the end of something, as long after it as the plot has it.
func (s *story) after(p *plot, effect, principal, cause string, what envelope.Payload) {
	s.passed += p.late[effect]
	s.say("denbi", principal, cause, what)
	s.passed -= p.late[effect]
}

// state says in two majors in which state a job is.
func (s *story) state(p *plot, effect, cause, job, state string) {
	newer := workspacev2.JobStateChanged{JobID: job, ProjectID: p.project, State: state}
	beside, _ := lift.Beside(newer)
	newerID, olderID := s.id(), s.id()
	s.passed += p.late[effect]
	s.say("denbi", "workspace", cause, newer, func(d *envelope.Draft) { d.ID, d.Twin = newerID, envelope.Twin{Major: 1, ID: olderID} })
	s.say("denbi", "workspace", cause, beside, func(d *envelope.Draft) {
		d.ID, d.CorrelationID, d.Twin = olderID, newerID, envelope.Twin{Major: 2, ID: newerID}
	})
	s.passed -= p.late[effect]
}

// works tells that somebody at denbi has a workspace there and a job that runs in it.
func (s *story) works(p *plot, permit, person string) (room, job string) {
	room, job = s.id(), s.id()
	provisioned(s, p, permit, room)
	s.say("denbi", "workspace", p.approved.Event.ID, workspace.AccessGranted{WorkspaceID: room, Person: person})
	act := s.say("denbi", "portal", "", workspace.JobSubmit{JobID: job, ProjectID: p.project, HostSite: "denbi", Requester: person, DatasetID: "gbsg",
		Analyses: []vocabulary.Analysis{{Kind: "count", By: []string{"age"}}}}, by(person))
	s.state(p, "", act.Event.ID, job, "RUNNING")
	return room, job
}

// permitEnds tells of a permit that is revoked while a job runs under it.
func (s *story) permitEnds(p *plot) {
	permit := s.id()
	room, job := s.works(p, permit, worker)
	act := s.say("denbi", "portal", "", approval.PermitRevoke{PermitID: permit, Reason: "consent-withdrawn"}, by(checkerA))
	word := s.say("denbi", "approval", act.Event.ID, approval.PermitRevoked{PermitID: permit, ProjectID: p.project, Reason: "consent-withdrawn"}).Event.ID
	s.after(p, "frozen", "workspace", word, workspace.WorkspaceFrozen{WorkspaceID: room, PermitID: permit, ProjectID: p.project, Reason: "permit-revoked"})
	s.after(p, "terminated", "workspace", word, workspace.AccessTerminated{WorkspaceID: room, Persons: []string{worker}, Reason: "permit-revoked"})
	s.state(p, "canceled", word, job, "CANCELED")
	claim := p.claim()
	claim.Digest = sum([]byte("late"))
	s.after(p, "sealed", "workspace", word, workspace.OutputSealed{OutputID: s.id(), ProjectID: p.project, PermitID: permit, Author: worker, Claim: claim,
		Kinds: []string{"count"}, Destination: vocabulary.Destination{Kind: "researcher", Site: "denbi"}})
}

// memberLeaves tells of somebody whom the group outside has removed, while a job of theirs runs.
func (s *story) memberLeaves(p *plot) {
	other := *p
	other.project = "01J0000000000000000000000Q"
	p = &other
	room, job := s.works(p, s.id(), member)
	session := s.id()
	s.say("denbi", "identity", p.approved.Event.ID, identity.SessionAttested{SessionID: session, PersonID: member, Assurance: "aal2", AuthenticatedAt: s.now(), ExpiresAt: s.now().Add(time.Hour)})
	removed := s.now()
	s.passed += p.late["told"]
	act := s.say("denbi", "portal", "", identity.MembershipChange{PersonID: member, Group: "group", ChangedAt: removed}, by(checkerA)).Event.ID
	s.say("denbi", "identity", act, identity.MembershipChanged{PersonID: member, Group: "group", ChangedAt: removed})
	word := s.say("denbi", "identity", act, identity.RoleRevoked{PersonID: member, Role: "researcher"}).Event.ID
	s.after(p, "session", "identity", act, identity.SessionEnded{SessionID: session, PersonID: member})
	s.after(p, "out", "workspace", word, workspace.AccessTerminated{WorkspaceID: room, Persons: []string{member}, Reason: "role-missing"})
	s.state(p, "stopped", word, job, "CANCELED")
	s.passed -= p.late["told"]
}

func TestAnEffectThatComesLaterThanThePolicyAllowsIsFound(t *testing.T) {
	for effect, c := range map[string]struct {
		within time.Duration
		says   string
	}{
		"frozen":     {15 * time.Minute, "the workspace ended 15m"},
		"terminated": {15 * time.Minute, "access ended 15m"},
		"canceled":   {15 * time.Minute, "a job ended 15m"},
		"sealed":     {15 * time.Minute, "the sealing of an output began 15m"},
		"session":    {5 * time.Minute, "a session ended 5m"},
		"out":        {5 * time.Minute, "access ended 5m"},
		"stopped":    {5 * time.Minute, "a job ended 5m"},
		"told":       {5 * time.Minute, "a session ended 5m"},
	} {
		p := newPlot()
		p.late = map[string]time.Duration{effect: c.within - 30*time.Second}
		if found := judge(p.play(t))[endedBy]; len(found) > 0 {
			t.Errorf("%s in time: %q", effect, found)
		}
		p = newPlot()
		p.late = map[string]time.Duration{effect: c.within + time.Second}
		if found := judge(p.play(t))[endedBy]; !strings.Contains(strings.Join(found, "\n"), c.says) {
			t.Errorf("%s too late: %q", effect, found)
		}
	}
}

func TestAnEffectThatNeverComesIsFoundOnceItsTimeIsOver(t *testing.T) {
	p := newPlot()
	s := p.play(t)
	permit := s.id()
	s.works(p, permit, worker)
	act := s.say("denbi", "portal", "", approval.PermitRevoke{PermitID: permit, Reason: "consent-withdrawn"}, by(checkerA))
	s.say("denbi", "approval", act.Event.ID, approval.PermitRevoked{PermitID: permit, ProjectID: p.project, Reason: "consent-withdrawn"})
	if found := judge(s)[endedBy]; len(found) > 0 {
		t.Errorf("before its time is over: %q", found)
	}
	s.passed += 16 * time.Minute
	s.say("denbi", "portal", "", approval.PermitRevoke{PermitID: s.id(), Reason: "consent-withdrawn"}, by(checkerA))
	found := strings.Join(judge(s)[endedBy], "\n")
	for _, what := range []string{"the workspace goes on at denbi", "access goes on at denbi", "a job goes on at denbi"} {
		if !strings.Contains(found, what) {
			t.Errorf("%s: not found in %s", what, found)
		}
	}
}

func TestAJobGoesOnUnderAnotherPermitOfItsProject(t *testing.T) {
	p := newPlot()
	p.late = map[string]time.Duration{"canceled": time.Hour}
	s := p.play(t)
	if found := judge(s)[endedBy]; len(found) == 0 {
		t.Fatal("the late end of the job is not found")
	}
	provisioned(s, p, s.id(), s.id())
	if found := judge(s)[endedBy]; len(found) > 0 {
		t.Errorf("another permit covers what the job reads: %q", found)
	}
}

func TestAWorkspaceThatItsPeopleGaveUpBeforeItsPermitEndedNeedsNoOtherEnd(t *testing.T) {
	p := newPlot()
	p.late = map[string]time.Duration{"frozen": time.Hour}
	s := p.play(t)
	if found := judge(s)[endedBy]; len(found) != 1 {
		t.Fatalf("the late end of the workspace: %q", found)
	}
	permit, room := s.id(), s.id()
	provisioned(s, p, permit, room)
	s.say("denbi", "workspace", p.approved.Event.ID, workspace.WorkspaceClosed{WorkspaceID: room, PermitID: permit, ProjectID: p.project, Reason: "given-up"})
	act := s.say("denbi", "portal", "", approval.PermitRevoke{PermitID: permit, Reason: "consent-withdrawn"}, by(checkerA))
	s.say("denbi", "approval", act.Event.ID, approval.PermitRevoked{PermitID: permit, ProjectID: p.project, Reason: "consent-withdrawn"})
	s.passed += time.Hour
	s.say("denbi", "portal", "", approval.PermitRevoke{PermitID: s.id(), Reason: "consent-withdrawn"}, by(checkerA))
	if found := judge(s)[endedBy]; len(found) != 1 {
		t.Errorf("%q", found)
	}
}
