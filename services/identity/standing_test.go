package identity

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// denies expects that an act of somebody is refused for a reason.
func (s *site) denies(reason string, u user, act envelope.Payload) {
	s.t.Helper()
	if why := s.refusal(u, s.act(u, act)); why != reason {
		s.t.Fatalf("refused for %s, not %s", why, reason)
	}
}

// given lets the officer give a role to somebody.
func (s *site) given(officer, to user, role string) {
	s.t.Helper()
	n := len(runtest.Sent[identity.RoleGranted](s.Bench))
	s.act(officer, grant(to, role))
	facts[identity.RoleGranted](s, n+1)
}

func TestASuspensionEndsSessionsAndCanBeEnded(t *testing.T) {
	s := newSite(t)
	officer, ada := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("ada@uni.example", "")
	s.denies("last-officer", officer, identity.PersonSuspend{PersonID: officer.id, Reason: "misuse"})
	s.denies("not-suspended", officer, identity.PersonReinstate{PersonID: ada.id, Reason: "cleared"})
	s.act(officer, identity.PersonSuspend{PersonID: ada.id, Reason: "misuse"})
	runtest.Await[identity.PersonSuspended](s.Bench, 1)
	if got := runtest.Last[identity.SessionEnded](s.Bench); got.SessionID != ada.session {
		t.Fatalf("the session %s ended", got.SessionID)
	}
	s.denies("already-suspended", officer, identity.PersonSuspend{PersonID: ada.id, Reason: "misuse"})
	s.act(officer, identity.PersonReinstate{PersonID: ada.id, Reason: "cleared"})
	runtest.Await[identity.PersonReinstated](s.Bench, 1)
}

func TestAGroupOutsideMakesResearchersAndItsWordEndsThem(t *testing.T) {
	s := newSite(t, runtest.Profile(runtest.DefaultProfile+"membership: {source: external-group, revokeWithin: 5m}\n"))
	officer, feed, ada := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("feed@uni.example", ""), s.enrolled("ada@uni.example", "")
	change := func(member bool, at time.Time) identity.MembershipChange {
		return identity.MembershipChange{PersonID: ada.id, Group: "project-17", Member: member, ChangedAt: at}
	}
	now := s.Clock.Now()
	s.denies(people.RoleMissing, feed, change(true, now))
	s.given(officer, feed, "membership-feed")
	s.denies("membership-in-the-future", feed, change(true, now.Add(time.Minute)))
	s.act(feed, change(true, now.Add(-time.Hour)))
	if got := runtest.Last[identity.RoleGranted](s.Bench); got.PersonID != ada.id || got.Role != "researcher" {
		t.Fatalf("granted %+v", got)
	}
	s.denies("membership-stale", feed, change(false, now.Add(-time.Hour)))
	s.act(feed, change(false, now))
	if got := runtest.Last[identity.RoleRevoked](s.Bench); got.PersonID != ada.id || got.Role != "researcher" {
		t.Fatalf("revoked %+v", got)
	}
	if got := runtest.Last[identity.SessionEnded](s.Bench); got.SessionID != ada.session {
		t.Fatalf("the session %s ended", got.SessionID)
	}
	if n := len(facts[identity.MembershipChanged](s, 2)); n != 2 {
		t.Fatalf("%d changes", n)
	}
	s.denies("not-a-member", officer, grant(ada, "researcher"))
	s.given(officer, ada, "data-manager")
}

func TestNoGroupMakesResearchersWhereOfficersDo(t *testing.T) {
	s := newSite(t)
	officer, feed := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("feed@uni.example", "")
	s.given(officer, feed, "membership-feed")
	s.denies("membership-local", feed, identity.MembershipChange{PersonID: feed.id, Group: "g", Member: true, ChangedAt: s.Clock.Now()})
}

func TestATrainingThatCountsNoLongerIsAnnouncedOnce(t *testing.T) {
	s := newSite(t)
	officer, ada := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("ada@uni.example", "")
	course := s.Env.Profile.Training
	s.act(officer, identity.TrainingRecord{PersonID: ada.id, Course: course.Course, CompletedAt: s.Clock.Now().Add(-time.Hour)})
	until := runtest.Await[identity.TrainingRecorded](s.Bench, 1)[0].ValidUntil
	s.Advance(until.Sub(s.Clock.Now()) - time.Second)
	if n := len(runtest.Sent[identity.TrainingLapsed](s.Bench)); n != 0 {
		t.Fatal("it lapsed before its end")
	}
	s.Advance(time.Minute)
	if all := runtest.Sent[identity.TrainingLapsed](s.Bench); len(all) != 1 || all[0].PersonID != ada.id || !all[0].LapsedAt.Equal(until) {
		t.Fatalf("%+v", all)
	}
}
