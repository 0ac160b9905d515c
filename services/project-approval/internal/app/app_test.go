package app

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func newApplication(b *runtest.Bench, applicant string) approval.ApplicationSubmit {
	return approval.ApplicationSubmit{ApplicationID: b.NewID(), ProjectID: b.NewID(), HostSite: "molgenis", Applicant: applicant,
		Persons: []string{applicant}, Purpose: "e", Sites: []string{"molgenis", "denbi"},
		Datasets: []vocabulary.DatasetRef{{Site: "molgenis", DatasetID: "rotterdam"}, {Site: "denbi", DatasetID: "gbsg"}},
		Concepts: []string{"time"}, Analyses: []string{"log-rank"}, ExpiresAt: b.Clock.Now().AddDate(1, 0, 0)}
}

// foreign is an application of another site's person, as that site's gateway attests it.
func foreign(b *runtest.Bench, trained time.Time) approval.ApplicationSubmit {
	a := newApplication(b, "denbi:"+b.NewID())
	a.HostSite = "denbi"
	a.Attestation = vocabulary.Attestation{Person: a.Applicant, HomeSite: "denbi", Assurance: "aal2",
		TrainingCompletedAt: trained, Agreement: "data-use-agreement", AgreementVersion: "1.0"}
	return a
}

func caused(b *runtest.Bench) func(*envelope.Draft) {
	return func(d *envelope.Draft) { d.CausationID = b.NewID() }
}

func assessment(a approval.ApplicationSubmit, decision string) approval.ApplicationAssess {
	return approval.ApplicationAssess{ApplicationID: a.ApplicationID, Body: "data-access-committee", Decision: decision}
}

func wantRefused(t *testing.T, b *runtest.Bench, reason string) {
	t.Helper()
	if got := runtest.Last[approval.ActRefused](b); got.Reason != reason {
		t.Fatalf("refused for %q, want %q", got.Reason, reason)
	}
}

func granted(t *testing.T, b *runtest.Bench) approval.PermitGranted {
	t.Helper()
	a := newApplication(b, "")
	researcher := b.Person("researcher")
	a.Applicant, a.Persons = researcher.ID, []string{researcher.ID}
	b.Act(researcher, a)
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	return runtest.Last[approval.PermitGranted](b)
}

func TestACommitteesQuorumGrantsAPermitForThisSitesShare(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	p := granted(t, b)
	if len(p.Datasets) != 1 || p.Datasets[0] != "rotterdam" {
		t.Fatalf("permitted %v", p.Datasets)
	}
	d := runtest.Last[approval.DecisionIssued](b)
	if d.Decision != "Positive" || d.PermitID != p.PermitID {
		t.Fatalf("got %+v", d)
	}
}

func TestAPermitEndsByRevocationOrByItself(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	revoked, left := granted(t, b), granted(t, b)
	b.Act(b.Person("data-access-committee"), approval.PermitRevoke{PermitID: revoked.PermitID, Reason: "consent-withdrawn"})
	if got := runtest.Last[approval.PermitRevoked](b); got.PermitID != revoked.PermitID {
		t.Fatalf("revoked %s", got.PermitID)
	}
	b.Advance(370 * 24 * time.Hour)
	ended := runtest.Sent[approval.PermitExpired](b)
	if len(ended) != 1 || ended[0].PermitID != left.PermitID {
		t.Fatalf("expired %v", ended)
	}
}

func TestARevocationNeedsAMemberOfABody(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	p := granted(t, b)
	b.Act(b.Person("researcher"), approval.PermitRevoke{PermitID: p.PermitID, Reason: "mine"})
	wantRefused(t, b, "role-missing")
}

func TestWhoMayNotApplyIsToldWhy(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	for reason, person := range map[string]runtest.Person{
		"role-missing":     b.Person("output-checker"),
		"training-missing": b.Stranger("researcher"),
	} {
		b.Act(person, newApplication(b, person.ID))
		wantRefused(t, b, reason)
	}
	researcher := b.Person("researcher")
	b.Act(researcher, newApplication(b, b.Person("researcher").ID))
	wantRefused(t, b, ReasonNotTheApplicant)
	long := newApplication(b, researcher.ID)
	long.ExpiresAt = b.Clock.Now().AddDate(3, 0, 0)
	b.Act(researcher, long)
	wantRefused(t, b, ReasonDuration)
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 0 {
		t.Fatalf("%d applications were taken in", n)
	}
}

func TestAnApplicantDoesNotAssessTheirOwnApplication(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	both := b.Person("researcher", "data-access-committee")
	a := newApplication(b, both.ID)
	b.Act(both, a)
	b.Act(both, assessment(a, "Positive"))
	wantRefused(t, b, ReasonDuties)
}

func TestAnApplicationFromAnotherSiteIsHeldToThisSitesOwnTrainingRule(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	b.Deliver("gateway", foreign(b, b.Clock.Now().AddDate(-3, 0, 0)), caused(b))
	wantRefused(t, b, "training-expired")
	b.Deliver("gateway", foreign(b, b.Clock.Now().AddDate(-1, 0, 0)), caused(b))
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 1 {
		t.Fatalf("%d applications were taken in, want 1", n)
	}
}

func TestAnAssessmentThatOvertookItsApplicationWaitsForIt(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	a := foreign(b, b.Clock.Now())
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Deliver("gateway", a, caused(b))
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 1 {
		t.Fatalf("assessed %d times, want once", n)
	}
}

func TestAnAssessmentOfNothingIsRefusedAndHoldsNobodyUp(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher := b.Person("researcher")
	a := newApplication(b, researcher.ID)
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Act(researcher, a)
	b.Advance(10 * time.Second)
	wantRefused(t, b, ReasonApplicationUnknown)
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 1 {
		t.Fatalf("taken in %d times, want once", n)
	}
}

func TestASiteThatIsNamedWithoutADatasetIsNotAsked(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher := b.Person("researcher")
	own := newApplication(b, researcher.ID)
	own.Datasets = own.Datasets[:1] // nothing of denbi
	b.Act(researcher, own)
	wantRefused(t, b, ReasonNotAsked)
	a := foreign(b, b.Clock.Now())
	a.Datasets = a.Datasets[1:] // nothing of molgenis
	b.Deliver("gateway", a, caused(b))
	wantRefused(t, b, ReasonNotAsked)
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 0 {
		t.Fatalf("%d applications were taken in", n)
	}
}

func TestAHostThatIsAskedForNoDataDecidesWithoutAPermit(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher := b.Person("researcher")
	a := newApplication(b, researcher.ID)
	a.Sites, a.Datasets = a.Sites[1:], a.Datasets[1:]
	b.Act(researcher, a)
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Positive" || d.PermitID != "" {
		t.Fatalf("got %+v", d)
	}
}

func TestAnApplicationFromASiteWithoutASecondFactorIsRefused(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	a := foreign(b, b.Clock.Now())
	a.Attestation.Assurance = "aal1"
	b.Deliver("gateway", a, caused(b))
	wantRefused(t, b, "assurance-too-low")
}

func TestNobodyTakesTheIdOfAnotherSitesApplication(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	first, second := foreign(b, b.Clock.Now()), foreign(b, b.Clock.Now())
	second.ApplicationID, second.HostSite = first.ApplicationID, "sensitive-cloud"
	second.Applicant = "sensitive-cloud:" + b.NewID()
	second.Persons, second.Attestation.Person, second.Attestation.HomeSite = []string{second.Applicant}, second.Applicant, second.HostSite
	b.Deliver("gateway", first, caused(b))
	b.Deliver("gateway", second, caused(b))
	b.Deliver("gateway", second, caused(b))
	wantRefused(t, b, ReasonAlreadySubmitted)
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 2 {
		t.Fatalf("%d applications were taken in, want 2", n)
	}
	member := b.Person("data-access-committee")
	b.Act(member, assessment(first, "Positive"))
	wantRefused(t, b, ReasonApplicationUnclear)
	read := restingOn(b, second)
	b.Act(member, assessment(second, "Positive"), read)
	b.Act(b.Person("data-access-committee"), assessment(second, "Positive"), read)
	d := runtest.Last[approval.DecisionIssued](b)
	if d.HostSite != second.HostSite || d.ProjectID != second.ProjectID || len(runtest.Sent[approval.DecisionIssued](b)) != 1 {
		t.Fatalf("decided %+v", d)
	}
}

// restingOn lets an act rest on the fact that announced an application.
func restingOn(b *runtest.Bench, a approval.ApplicationSubmit) func(*envelope.Draft) {
	for _, e := range b.Outbox() {
		if p, err := envelope.Decode[approval.ApplicationSubmitted](e); err == nil && p.HostSite == a.HostSite {
			return func(d *envelope.Draft) {
				d.RestsOn = append(d.RestsOn, envelope.Rest{Source: e.Source, Subject: e.Subject, Sequence: e.Sequence})
			}
		}
	}
	return func(*envelope.Draft) {}
}
