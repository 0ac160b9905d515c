package identity

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// by delivers an act of a person in a session, as the door would sign it.
func (s *site) by(p runtest.Person, act envelope.Payload) {
	s.t.Helper()
	s.Deliver("portal", act, p.By(s.Clock.Now()))
}

// opens asks for a session of the second level.
func (s *site) opens(p runtest.Person) identity.SessionOpen {
	now := s.Clock.Now()
	return identity.SessionOpen{SessionID: p.Session, PersonID: p.ID, Assurance: "aal2", AuthenticatedAt: now, SecondFactorAt: now, AddressAllowed: true}
}

// signedIn registers somebody and opens a session.
func (s *site) signedIn() runtest.Person {
	s.t.Helper()
	p := runtest.Person{ID: s.Env.Site + ":" + s.NewID(), Session: s.NewID()}
	s.by(p, identity.PersonRegister{PersonID: p.ID})
	s.by(p, s.opens(p))
	if got := runtest.Last[identity.SessionAttested](s.Bench); got.SessionID != p.Session {
		s.t.Fatalf("the last session is %s", got.SessionID)
	}
	return p
}

func TestAnActThatTheRulesOfPeopleForbidIsRefusedAndHasNoEffect(t *testing.T) {
	for reason, act := range map[string]func(s *site, ada, ben runtest.Person){
		"already-registered": func(s *site, ada, _ runtest.Person) { s.by(ada, identity.PersonRegister{PersonID: ada.ID}) },
		"not-of-this-site": func(s *site, _, _ runtest.Person) {
			guest := runtest.Person{ID: "denbi:" + s.NewID(), Session: s.NewID()}
			s.by(guest, identity.PersonRegister{PersonID: guest.ID})
		},
		"agreement-unknown": func(s *site, ada, _ runtest.Person) {
			s.by(ada, identity.AgreementSign{PersonID: ada.ID, Agreement: s.Env.Profile.Agreement.Name, Version: "0.9"})
		},
		"assurance-contradicted": func(s *site, ada, _ runtest.Person) {
			ada.Session = s.NewID()
			open := s.opens(ada)
			open.SecondFactorAt = time.Time{}
			s.by(ada, open)
		},
		"session-exists": func(s *site, ada, _ runtest.Person) { s.by(ada, s.opens(ada)) },
		"session-not-yours": func(s *site, ada, ben runtest.Person) {
			s.by(ada, identity.SessionClose{SessionID: ben.Session, PersonID: ada.ID})
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s := newSite(t)
			ada, ben := s.signedIn(), s.signedIn()
			before := len(s.Outbox())
			act(s, ada, ben)
			if got := runtest.Last[identity.ActRefused](s.Bench); got.Reason != reason {
				t.Fatalf("refused for %s, not %s", got.Reason, reason)
			}
			if more := len(s.Outbox()) - before; more != 1 {
				t.Fatalf("said %d events, not the refusal alone", more)
			}
		})
	}
}

func TestARoleIsGivenOnce(t *testing.T) {
	s := newSite(t)
	officer := s.enrolled("officer@uni.example", oneTimeCode)
	if why := s.refusal(officer, s.act(officer, grant(officer, "identity-officer"))); why != "role-held" {
		t.Errorf("refused for %s", why)
	}
	facts[identity.RoleGranted](s, 1)
}
