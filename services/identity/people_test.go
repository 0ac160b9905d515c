package identity

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestTheOneTimeCodeMakesOneOfficer(t *testing.T) {
	s := newSite(t)
	first := s.register("first@uni.example", oneTimeCode)
	second := s.signIn(s.register("second@uni.example", oneTimeCode))
	third := s.signIn(s.register("third@uni.example", "a guess"))
	granted := facts[identity.RoleGranted](s, 1)
	if granted[0].PersonID != first.id || granted[0].Role != relations.IdentityOfficer {
		t.Errorf("granted %v, not the officer's role to the first", granted[0])
	}
	refused := facts[identity.ActRefused](s, 2)
	if refused[0].Reason != "code-used" || refused[0].Actor != second.id || refused[1].Reason != "code-wrong" || refused[1].Actor != third.id {
		t.Errorf("refused %v", refused)
	}
}

func TestAnAddressRegistersOnce(t *testing.T) {
	s := newSite(t)
	s.register("ada@uni.example", "")
	got := s.want(http.StatusConflict, s.call("POST", "/people", "",
		form(map[string]string{"email": "Ada@uni.example", "name": "Ada", "password": password})))
	if got.PersonID != "" || strings.Contains(got.Raw, "molgenis:") || strings.Contains(strings.ToLower(got.Raw), "ada") {
		t.Errorf("the conflict tells %s", got.Raw)
	}
	if n := len(runtest.Sent[identity.PersonRegistered](s.Bench)); n != 1 {
		t.Errorf("registered %d people", n)
	}
}

func TestAnOfficerGivesRolesAndRecordsTrainingAndAResearcherDoesNot(t *testing.T) {
	s := newSite(t)
	officer, ada := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("ada@uni.example", "")
	s.act(officer, grant(ada, "researcher"))
	facts[identity.RoleGranted](s, 2)
	completed := s.Clock.Now().Add(-time.Hour)
	s.act(officer, identity.TrainingRecord{PersonID: ada.id, Course: "safe-researcher", CompletedAt: completed})
	trained := facts[identity.TrainingRecorded](s, 1)[0]
	if want := completed.AddDate(2, 0, 0); !trained.ValidUntil.Equal(want) {
		t.Errorf("the training counts until %s, not %s", trained.ValidUntil, want)
	}
	s.act(ada, identity.AgreementSign{PersonID: ada.id, Agreement: "data-use-agreement", Version: "1.0"})
	facts[identity.AgreementSigned](s, 1)
	s.View(func(tx *run.Tx) error {
		_, err := people.Attestation(tx, ada.id)
		return err
	})
	if why := s.refusal(ada, s.act(ada, grant(ada, "operator"))); why != people.RoleMissing {
		t.Errorf("a researcher who gives roles is refused for %s", why)
	}
}

func TestWhatAnOfficerSaysIsHeldAgainstTheRules(t *testing.T) {
	s := newSite(t)
	officer, ada := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("ada@uni.example", "")
	if why := s.refusal(officer, s.act(officer, identity.TrainingRecord{PersonID: ada.id, Course: "cooking", CompletedAt: s.Clock.Now()})); why != "course-unknown" {
		t.Errorf("another course is refused for %s", why)
	}
	ahead := identity.TrainingRecord{PersonID: ada.id, Course: "safe-researcher", CompletedAt: s.Clock.Now().Add(time.Minute)}
	if why := s.refusal(officer, s.act(officer, ahead)); why != "training-in-the-future" {
		t.Errorf("a training ahead is refused for %s", why)
	}
	if why := s.refusal(officer, s.act(officer, identity.RoleRevoke{PersonID: ada.id, Role: "researcher"})); why != "role-not-held" {
		t.Errorf("taking what nobody holds is refused for %s", why)
	}
	if why := s.refusal(officer, s.act(officer, identity.RoleRevoke{PersonID: officer.id, Role: "identity-officer"})); why != "last-officer" {
		t.Errorf("the last officer's leave is refused for %s", why)
	}
	other := identity.AgreementSign{PersonID: officer.id, Agreement: "data-use-agreement", Version: "1.0"}
	if why := s.refusal(ada, s.act(ada, other)); why != "not-yourself" {
		t.Errorf("signing for somebody else is refused for %s", why)
	}
}

func TestAnUnknownPersonIsWaitedForAndThenRefused(t *testing.T) {
	s := newSite(t)
	officer := s.enrolled("officer@uni.example", oneTimeCode)
	act := s.act(officer, identity.RoleGrant{PersonID: s.Env.Site + ":" + s.NewID(), Role: "researcher"})
	if got := s.call("GET", "/acts/"+act, officer.token, ""); got.State != "pending" {
		t.Fatalf("the act is %s at once", got.State)
	}
	s.Advance(time.Minute)
	if why := s.refusal(officer, act); why != "person-unknown" {
		t.Errorf("refused for %s", why)
	}
}

func TestARoleTakenIsGoneForRelationsAndRoleFacts(t *testing.T) {
	s := newSite(t)
	officer, deputy := s.enrolled("officer@uni.example", oneTimeCode), s.enrolled("deputy@uni.example", "")
	s.act(officer, grant(deputy, "identity-officer"))
	facts[identity.RoleGranted](s, 2)
	s.act(deputy, grant(deputy, "researcher"))
	facts[identity.RoleGranted](s, 3)
	s.act(deputy, identity.RoleRevoke{PersonID: officer.id, Role: "identity-officer"})
	facts[identity.RoleRevoked](s, 1)
	if why := s.refusal(officer, s.act(officer, grant(officer, "operator"))); why != people.RoleMissing {
		t.Errorf("a former officer is refused for %s", why)
	}
}

func TestOfficersAreKnownAfterARestart(t *testing.T) {
	s := newSite(t)
	officer := s.enrolled("officer@uni.example", oneTimeCode)
	s.Restart()
	s.act(officer, grant(officer, "operator"))
	facts[identity.RoleGranted](s, 2)
}

// The role facts alone name an officer: the relations know nothing of it.
func officerByFactsAlone(t *testing.T, s *site) user {
	t.Helper()
	u := s.enrolled("ada@uni.example", "")
	err := s.Service.Update(t.Context(), func(tx *run.Tx) error {
		return people.Apply(tx, identity.RoleGranted{PersonID: u.id, Role: relations.IdentityOfficer})
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestTheRelationsCanSayNo(t *testing.T) {
	s := newSite(t)
	ada := officerByFactsAlone(t, s)
	if why := s.refusal(ada, s.act(ada, grant(ada, "operator"))); why != "relation-missing" {
		t.Errorf("refused for %s", why)
	}
}

func TestNoAnswerOfTheRelationsIsANo(t *testing.T) {
	// Nothing listens there: every question to this Keto ends in an error.
	s := newSite(t, runtest.Settings(map[string]string{"keto-read": "127.0.0.1:1", "keto-write": "127.0.0.1:1"}))
	ada := officerByFactsAlone(t, s)
	if why := s.refusal(ada, s.act(ada, grant(ada, "operator"))); why != "relations-unavailable" {
		t.Errorf("refused for %s", why)
	}
}
