package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// abroad asks for data of denbi, too.
func abroad(a *approval.ApplicationSubmit) {
	a.Sites = append(a.Sites, "denbi")
	a.Datasets = append(a.Datasets, vocabulary.DatasetRef{Site: "denbi", DatasetID: "gbsg"})
}

func TestAHostPassesAWithdrawalOnAlsoOfWhatItHasDecidedItselfButOnce(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher, undecided := submitted(b, abroad)
	b.Act(researcher, approval.ApplicationWithdraw{ApplicationID: undecided.ApplicationID, Reason: "no-funds"})
	if got := runtest.Last[approval.ApplicationWithdrawn](b); got.Site != "molgenis" || got.HostSite != "molgenis" || !slices.Equal(got.Sites, []string{"denbi"}) {
		t.Fatalf("withdrawn %+v", got)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(b.Person("data-access-committee"), assessment(undecided, "Positive")) })
	researcher, decided := submitted(b, abroad)
	for range 2 {
		b.Act(b.Person("data-access-committee"), assessment(decided, "Positive"))
	}
	withdrawal := approval.ApplicationWithdraw{ApplicationID: decided.ApplicationID, Reason: "no-funds"}
	b.Act(researcher, withdrawal)
	if got := runtest.Last[approval.ApplicationWithdrawn](b); got.ApplicationID != decided.ApplicationID || !slices.Equal(got.Sites, []string{"denbi"}) {
		t.Fatalf("withdrawn %+v", got)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(researcher, withdrawal) })
	if n := len(runtest.Sent[approval.PermitRevoked](b)); n != 0 {
		t.Fatal("a permit that was granted ended with the withdrawal")
	}
}

func TestAHostWithdrawsItsOwnApplicationsAlone(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	a := foreign(b, b.Clock.Now())
	b.Deliver("gateway", a, caused(b))
	withdrawal := approval.ApplicationWithdraw{ApplicationID: a.ApplicationID, Reason: "no-funds", HostSite: "harbour"}
	wantOnlyRefused(t, b, ReasonApplicationUnknown, func() { b.Deliver("gateway", withdrawal, caused(b)) })
	withdrawal.HostSite = "denbi"
	b.Deliver("gateway", withdrawal, caused(b))
	if got := runtest.Last[approval.ApplicationWithdrawn](b); got.Site != "molgenis" || got.HostSite != "denbi" || !slices.Equal(got.Sites, []string{"denbi"}) {
		t.Fatalf("withdrawn %+v", got)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(b.Person("data-access-committee"), assessment(a, "Positive")) })
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Deliver("gateway", withdrawal, caused(b)) })
}

func TestAHostSaysToTheApplicantWhatAnotherSiteAsksAndTakesOneAnswer(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher, a := submitted(b, abroad)
	question := approval.ApplicationRequestInformation{ApplicationID: a.ApplicationID, RequestID: b.NewID(), Body: "steering-group", Question: "Why?",
		RespondBy: b.Clock.Now().Add(time.Hour), Site: "harbour"}
	wantOnlyRefused(t, b, ReasonNotAsked, func() { b.Deliver("gateway", question, caused(b)) })
	question.Site = "denbi"
	b.Deliver("gateway", question, caused(b))
	if got := runtest.Last[approval.ApplicationInformationRequested](b); got.RequestID != question.RequestID || got.Site != "denbi" || got.HostSite != "molgenis" {
		t.Fatalf("said %+v", got)
	}
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive")) // what another site waits for holds up nobody here
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 1 {
		t.Fatalf("assessed %d times", n)
	}
	answer := approval.ApplicationProvideInformation{ApplicationID: a.ApplicationID, RequestID: question.RequestID, Answer: "For age.", Site: "denbi"}
	wantOnlyRefused(t, b, ReasonNotTheApplicant, func() { b.Act(b.Person("researcher"), answer) })
	elsewhere := answer
	elsewhere.Site = "harbour"
	wantOnlyRefused(t, b, ReasonRequestUnknown, func() { b.Act(researcher, elsewhere) })
	b.Act(researcher, answer)
	if got := runtest.Last[approval.ApplicationInformationReceived](b); got.Answer != answer.Answer || got.Site != "denbi" || got.HostSite != "molgenis" {
		t.Fatalf("received %+v", got)
	}
	wantOnlyRefused(t, b, ReasonRequestUnknown, func() { b.Act(researcher, answer) })
}

func TestABodyIsAnsweredByTheHostOfTheApplicationAlone(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	a := foreign(b, b.Clock.Now())
	b.Deliver("gateway", a, caused(b))
	member := b.Person("data-access-committee")
	question := approval.ApplicationRequestInformation{ApplicationID: a.ApplicationID, RequestID: b.NewID(), Body: "data-access-committee", Question: "Why?",
		RespondBy: b.Clock.Now().Add(time.Hour)}
	b.Act(member, question)
	if got := runtest.Last[approval.ApplicationInformationRequested](b); got.Site != "molgenis" || got.HostSite != "denbi" {
		t.Fatalf("asked %+v", got)
	}
	answer := approval.ApplicationProvideInformation{ApplicationID: a.ApplicationID, RequestID: question.RequestID, Answer: "For age.", HostSite: "harbour"}
	wantOnlyRefused(t, b, ReasonApplicationUnknown, func() { b.Deliver("gateway", answer, caused(b)) })
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(member, assessment(a, "Positive")) })
	answer.HostSite = "denbi"
	b.Deliver("gateway", answer, caused(b))
	b.Act(member, assessment(a, "Positive"))
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 1 {
		t.Fatalf("assessed %d times", n)
	}
}
