package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func withChain(chain string) runtest.Option {
	return runtest.Profile(strings.Replace(runtest.DefaultProfile, "  - {body: data-access-committee, quorum: 2, of: 3}\n", chain, 1))
}

// industry is a site where a company needs two bodies more.
func industry() runtest.Option {
	return withChain(`  - {body: data-access-committee, quorum: 1, of: 3}
  - {body: ministry, quorum: 1, of: 1, partners: [industry]}
  - {body: data-contributor, quorum: 1, of: 1, partners: [industry]}
`)
}

// regions is a site whose regional offices decide on each dataset after one committee.
func regions() runtest.Option {
	return withChain(`  - {body: access-committee, quorum: 1, of: 3}
  - {body: regional-office, quorum: 1, of: 1, perDataset: true}
`)
}

func vote(a approval.ApplicationSubmit, body, decision, dataset string) approval.ApplicationAssess {
	return approval.ApplicationAssess{ApplicationID: a.ApplicationID, Body: body, Decision: decision, DatasetID: dataset}
}

func submitted(b *runtest.Bench, change func(*approval.ApplicationSubmit)) (runtest.Person, approval.ApplicationSubmit) {
	researcher := b.Person("researcher")
	a := newApplication(b, researcher.ID)
	change(&a)
	b.Act(researcher, a)
	return researcher, a
}

func company(a *approval.ApplicationSubmit) { a.Partner, a.Sponsor = "industry", "acme" }

func TestACompanyNeedsEveryBodyThatIsThereForIt(t *testing.T) {
	b := runtest.New(t, "approval", Register, industry())
	_, a := submitted(b, company)
	committee, ministry := b.Person("data-access-committee"), b.Person("ministry")
	b.Act(committee, vote(a, "data-access-committee", "Positive", ""))
	wantOnlyRefused(t, b, ReasonNotTheTurn, func() { b.Act(b.Person("data-contributor"), vote(a, "data-contributor", "Positive", "")) })
	b.Act(ministry, vote(a, "ministry", "Positive", ""))
	if n := len(runtest.Sent[approval.PermitGranted](b)); n != 0 {
		t.Fatalf("%d permits while the data contributor has not spoken", n)
	}
	b.Act(b.Person("data-contributor"), vote(a, "data-contributor", "Positive", ""))
	if d := runtest.Last[approval.DecisionIssued](b); d.PermitID == "" || len(d.Bodies) != 3 {
		t.Fatalf("decided %+v", d)
	}
	_, academic := submitted(b, func(*approval.ApplicationSubmit) {})
	b.Act(committee, vote(academic, "data-access-committee", "Positive", ""))
	if d := runtest.Last[approval.DecisionIssued](b); d.ApplicationID != academic.ApplicationID || len(d.Bodies) != 1 {
		t.Fatalf("an academic application was decided %+v", d)
	}
}

func TestOneBodysNoEndsACompanysApplication(t *testing.T) {
	b := runtest.New(t, "approval", Register, industry())
	_, a := submitted(b, company)
	b.Act(b.Person("data-access-committee"), vote(a, "data-access-committee", "Positive", ""))
	b.Act(b.Person("ministry"), vote(a, "ministry", "Negative", ""))
	d := runtest.Last[approval.DecisionIssued](b)
	if d.Decision != "Negative" || d.PermitID != "" || len(runtest.Sent[approval.PermitGranted](b)) != 0 {
		t.Fatalf("decided %+v", d)
	}
	if want := (vocabulary.DatasetDecision{DatasetID: "rotterdam", Decision: "Negative", Body: "ministry"}); len(d.Datasets) != 1 || d.Datasets[0] != want {
		t.Fatalf("datasets %+v", d.Datasets)
	}
}

func TestASponsorIsNamedAndItsOwnPeopleDecideNothing(t *testing.T) {
	b := runtest.New(t, "approval", Register, industry())
	researcher := b.Person("researcher")
	unnamed := newApplication(b, researcher.ID)
	unnamed.Partner = "industry"
	wantOnlyRefused(t, b, ReasonSponsorMissing, func() { b.Act(researcher, unnamed) })
	_, own := submitted(b, func(a *approval.ApplicationSubmit) { a.Partner, a.Sponsor = "industry", "molgenis" })
	wantOnlyRefused(t, b, ReasonDuties, func() { b.Act(b.Person("data-access-committee"), vote(own, "data-access-committee", "Positive", "")) })
}

func TestASiteRefusesPartnersThatItDoesNotWorkWith(t *testing.T) {
	b := runtest.New(t, "approval", Register, runtest.Profile(runtest.DefaultProfile+"partners: [academic, public, non-profit]\n"))
	a := foreign(b, b.Clock.Now())
	company(&a)
	wantOnlyRefused(t, b, ReasonPartnerRefused, func() { b.Deliver("gateway", a, caused(b)) })
	b.Deliver("gateway", foreign(b, b.Clock.Now()), caused(b))
	if n := len(runtest.Sent[approval.ApplicationSubmitted](b)); n != 1 {
		t.Fatalf("%d applications were taken in, want the academic one", n)
	}
}

func twoRegions(a *approval.ApplicationSubmit) {
	a.Sites = []string{"molgenis"}
	a.Datasets = []vocabulary.DatasetRef{{Site: "molgenis", DatasetID: "south"}, {Site: "molgenis", DatasetID: "west"}}
}

// southOnly lets one region refuse and the other proceed.
func southOnly(t *testing.T, b *runtest.Bench) (researcher runtest.Person, a approval.ApplicationSubmit, p approval.PermitGranted) {
	t.Helper()
	researcher, a = submitted(b, twoRegions)
	b.Act(b.Person("access-committee"), vote(a, "access-committee", "Positive", ""))
	office := b.Person("regional-office")
	b.Act(office, vote(a, "regional-office", "Negative", "west"))
	b.Act(office, vote(a, "regional-office", "Positive", "south"))
	return researcher, a, runtest.Last[approval.PermitGranted](b)
}

func TestOneRegionRefusesByNameAndTheOtherProceeds(t *testing.T) {
	b := runtest.New(t, "approval", Register, regions())
	_, _, p := southOnly(t, b)
	if !slices.Equal(p.Datasets, []string{"south"}) {
		t.Fatalf("permitted %v", p.Datasets)
	}
	want := []vocabulary.DatasetDecision{{DatasetID: "south", Decision: "Positive"}, {DatasetID: "west", Decision: "Negative", Body: "regional-office"}}
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Positive" || !slices.Equal(d.Datasets, want) {
		t.Fatalf("decided %+v", d)
	}
}

func TestADatasetIsDecidedAloneOnlyWhereTheBodyDoesAndWhileItIsOpen(t *testing.T) {
	b := runtest.New(t, "approval", Register, regions())
	_, a := submitted(b, twoRegions)
	member := b.Person("access-committee")
	wantOnlyRefused(t, b, ReasonNotPerDataset, func() { b.Act(member, vote(a, "access-committee", "Positive", "west")) })
	b.Act(member, vote(a, "access-committee", "Positive", ""))
	b.Act(b.Person("regional-office"), vote(a, "regional-office", "Negative", "west"))
	wantOnlyRefused(t, b, ReasonDatasetDecided, func() { b.Act(b.Person("regional-office"), vote(a, "regional-office", "Positive", "west")) })
}

func TestADatasetJoinsAPermitOnceTheSameChainAgreed(t *testing.T) {
	b := runtest.New(t, "approval", Register, regions())
	researcher, a, p := southOnly(t, b)
	wider := approval.PermitAmend{PermitID: p.PermitID, Datasets: []string{"south", "west"}, Justification: "West agreed."}
	wantOnlyRefused(t, b, ReasonNotTheApplicant, func() { b.Act(b.Person("researcher"), wider) })
	wantOnlyRefused(t, b, ReasonNothingToAmend, func() {
		b.Act(researcher, approval.PermitAmend{PermitID: p.PermitID, Justification: "West agreed."})
	})
	b.Act(researcher, wider)
	if s := runtest.Last[approval.ApplicationPreScreened](b); s.Status != "PROCESSING" {
		t.Fatalf("the amendment is %s", s.Status)
	}
	wantOnlyRefused(t, b, ReasonAmended, func() { b.Act(researcher, approval.ApplicationWithdraw{ApplicationID: a.ApplicationID}) })
	b.Act(b.Person("access-committee"), vote(a, "access-committee", "Positive", ""))
	if n := len(runtest.Sent[approval.PermitAmended](b)); n != 0 {
		t.Fatal("the permit was amended before the region agreed")
	}
	b.Act(b.Person("regional-office"), vote(a, "regional-office", "Positive", "west"))
	got := runtest.Last[approval.PermitAmended](b)
	if !slices.Equal(got.Datasets, []string{"south", "west"}) || got.Revision != 2 || !slices.Equal(got.Persons, p.Persons) || !got.ExpiresAt.Equal(p.ExpiresAt) {
		t.Fatalf("amended to %+v", got)
	}
	if d := runtest.Last[approval.DecisionIssued](b); d.PermitID != p.PermitID || d.Decision != "Positive" {
		t.Fatalf("decided %+v", d)
	}
}

func TestARefusedAmendmentLeavesThePermitAsItWas(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	p := granted(t, b)
	a := runtest.Last[approval.ApplicationSubmitted](b)
	applicant := b.SignIn(runtest.Person{ID: a.Applicant})
	b.Act(applicant, approval.PermitAmend{PermitID: p.PermitID, Concepts: []string{"time", "age"}, Justification: "One variable more."})
	for range 2 {
		b.Act(b.Person("data-access-committee"), vote(approval.ApplicationSubmit(a), "data-access-committee", "Negative", ""))
	}
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Negative" || len(runtest.Sent[approval.PermitAmended](b)) != 0 {
		t.Fatalf("decided %+v", d)
	}
	b.Act(b.Person("data-access-committee"), approval.PermitRevoke{PermitID: p.PermitID, Reason: "consent-withdrawn"})
	wantOnlyRefused(t, b, ReasonPermitEnded, func() {
		b.Act(applicant, approval.PermitAmend{PermitID: p.PermitID, Concepts: []string{"age"}, Justification: "Again."})
	})
}

func TestAPermitIsRenewedOnceByTheSameChain(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	p := granted(t, b)
	a := runtest.Last[approval.ApplicationSubmitted](b)
	applicant := b.SignIn(runtest.Person{ID: a.Applicant})
	longer := approval.PermitRenew{PermitID: p.PermitID, ExpiresAt: p.ExpiresAt.AddDate(0, 6, 0), Justification: "The work takes longer."}
	b.Act(applicant, longer)
	for range 2 {
		b.Act(b.Person("data-access-committee"), vote(approval.ApplicationSubmit(a), "data-access-committee", "Positive", ""))
	}
	if got := runtest.Last[approval.PermitRenewed](b); !got.ExpiresAt.Equal(longer.ExpiresAt) {
		t.Fatalf("renewed until %s", got.ExpiresAt)
	}
	longer.ExpiresAt = longer.ExpiresAt.AddDate(0, 1, 0)
	wantOnlyRefused(t, b, ReasonRenewedBefore, func() { b.Act(applicant, longer) })
	b.Advance(p.ExpiresAt.Sub(b.Clock.Now()))
	if n := len(runtest.Sent[approval.PermitExpired](b)); n != 0 {
		t.Fatal("the permit ended at its first end")
	}
	b.Advance(200 * 24 * time.Hour)
	if n := len(runtest.Sent[approval.PermitExpired](b)); n != 1 {
		t.Fatalf("the permit ended %d times", n)
	}
}

func TestAPermitEndsEarlierAsSoonAsTheSameChainAgreesEvenIfThatTimeHasPassed(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	p := granted(t, b)
	a := runtest.Last[approval.ApplicationSubmitted](b)
	applicant := b.SignIn(runtest.Person{ID: a.Applicant})
	sooner := approval.PermitRenew{PermitID: p.PermitID, ExpiresAt: p.ExpiresAt, Justification: "The work is done."}
	wantOnlyRefused(t, b, ReasonDuration, func() { b.Act(applicant, sooner) })
	sooner.ExpiresAt = b.Clock.Now().Add(time.Minute)
	b.Act(applicant, sooner)
	b.Advance(time.Hour)
	if n := len(runtest.Sent[approval.PermitExpired](b)); n != 0 {
		t.Fatal("the permit ended before the bodies agreed")
	}
	for range 2 {
		b.Act(b.Person("data-access-committee"), vote(approval.ApplicationSubmit(a), "data-access-committee", "Positive", ""))
	}
	if got := runtest.Last[approval.PermitAmended](b); !got.ExpiresAt.Equal(sooner.ExpiresAt) || got.Revision != 2 {
		t.Fatalf("amended to %+v", got)
	}
	b.Advance(time.Second)
	if n := len(runtest.Sent[approval.PermitExpired](b)); n != 1 || len(runtest.Sent[approval.PermitRenewed](b)) != 0 {
		t.Fatalf("the permit ended %d times, and was renewed %d times", n, len(runtest.Sent[approval.PermitRenewed](b)))
	}
}

func TestWhatTheConditionsOfADatasetForbidIsRefusedAtOnceByName(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	nonProfit := catalog.DatasetPublished{DatasetID: "rotterdam", Title: "R", Holder: "H", Version: "1", AccessRights: "RESTRICTED",
		DataUse: []string{"HMB", "NPU"}}
	b.Deliver("catalog", nonProfit)
	_, a := submitted(b, company)
	want := vocabulary.DatasetDecision{DatasetID: "rotterdam", Decision: "Negative", Reason: ReasonDataUseDenied}
	d := runtest.Last[approval.DecisionIssued](b)
	if d.ApplicationID != a.ApplicationID || d.Decision != "Negative" || len(d.Bodies) != 0 || !slices.Equal(d.Datasets, []vocabulary.DatasetDecision{want}) {
		t.Fatalf("decided %+v", d)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(b.Person("data-access-committee"), assessment(a, "Positive")) })
	for use, match := range map[string]string{"HMB": "APPROVE", "": "ABSTAIN"} {
		submitted(b, func(a *approval.ApplicationSubmit) {
			if use != "" {
				a.Uses = []string{use}
			}
		})
		if s := runtest.Last[approval.ApplicationPreScreened](b); s.DataUse != match || s.Status != "PROCESSING" {
			t.Fatalf("purpose %q: %+v", use, s)
		}
	}
}

func TestARecordThatComesWhilePeopleDecideIsHeldAgainstThePurposeToo(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	_, a := submitted(b, company)
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Deliver("catalog", catalog.DatasetPublished{DatasetID: "rotterdam", Title: "R", Holder: "H", Version: "1", AccessRights: "RESTRICTED", DataUse: []string{"NCU"}})
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Negative" || d.Datasets[0].Reason != ReasonDataUseDenied || len(runtest.Sent[approval.PermitGranted](b)) != 0 {
		t.Fatalf("decided %+v", d)
	}
}

func TestAWithdrawnDatasetIsPermittedNoLonger(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	b.Deliver("catalog", catalog.DatasetWithdrawn{DatasetID: "rotterdam", Reason: "consent-withdrawn"})
	submitted(b, func(*approval.ApplicationSubmit) {})
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Negative" || d.Datasets[0].Reason != ReasonDatasetWithdrawn {
		t.Fatalf("decided %+v", d)
	}
}

func TestABodyAsksTheApplicantAndWaitsForTheAnswer(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher, a := submitted(b, func(*approval.ApplicationSubmit) {})
	member := b.Person("data-access-committee")
	question := approval.ApplicationRequestInformation{ApplicationID: a.ApplicationID, RequestID: b.NewID(), Body: "data-access-committee",
		Question: "Which ethics board?", RespondBy: b.Clock.Now().AddDate(0, 1, 0)}
	b.Act(member, question)
	if got := runtest.Last[approval.ApplicationInformationRequested](b); got.RequestID != question.RequestID {
		t.Fatalf("asked %+v", got)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(member, assessment(a, "Positive")) })
	answer := approval.ApplicationProvideInformation{ApplicationID: a.ApplicationID, RequestID: question.RequestID, Answer: "The university's."}
	wantOnlyRefused(t, b, ReasonNotTheApplicant, func() { b.Act(b.Person("researcher"), answer) })
	stray := answer
	stray.RequestID = b.NewID()
	wantOnlyRefused(t, b, ReasonRequestUnknown, func() { b.Act(researcher, stray) })
	b.Act(researcher, answer)
	if got := runtest.Last[approval.ApplicationInformationReceived](b); got.Answer != answer.Answer {
		t.Fatalf("received %+v", got)
	}
	b.Act(member, assessment(a, "Positive"))
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 1 {
		t.Fatalf("assessed %d times", n)
	}
}

func TestAnApplicantWithdrawsWhatNobodyDecided(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher, a := submitted(b, func(*approval.ApplicationSubmit) {})
	b.Act(researcher, approval.ApplicationWithdraw{ApplicationID: a.ApplicationID, Reason: "no-funds"})
	if got := runtest.Last[approval.ApplicationWithdrawn](b); got.ProjectID != a.ProjectID {
		t.Fatalf("withdrawn %+v", got)
	}
	wantOnlyRefused(t, b, ReasonTransition, func() { b.Act(b.Person("data-access-committee"), assessment(a, "Positive")) })
}

func TestAnAmendmentOfAnotherSitesPermitIsPassedOnAndTakenFromItsHostOnly(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	elsewhere := approval.PermitAmend{PermitID: b.NewID(), Site: "denbi", Datasets: []string{"gbsg"}, Justification: "More."}
	researcher := b.Person("researcher")
	b.Act(researcher, elsewhere)
	if got := runtest.Last[approval.AmendmentSubmitted](b); got.Site != "denbi" || got.HostSite != "molgenis" || got.Applicant != researcher.ID {
		t.Fatalf("passed on %+v", got)
	}
	a := foreign(b, b.Clock.Now())
	b.Deliver("gateway", a, caused(b))
	for range 2 {
		b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	}
	p := runtest.Last[approval.PermitGranted](b)
	told := approval.PermitAmend{PermitID: p.PermitID, Site: "molgenis", HostSite: "harbour", Applicant: a.Applicant, Analyses: []string{"cox"}, Justification: "More."}
	wantOnlyRefused(t, b, ReasonNotTheHost, func() { b.Deliver("gateway", told, caused(b)) })
	told.HostSite = "denbi"
	b.Deliver("gateway", told, caused(b))
	for range 2 {
		b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	}
	if got := runtest.Last[approval.PermitAmended](b); !slices.Equal(got.Analyses, []string{"cox"}) {
		t.Fatalf("amended to %+v", got)
	}
}

func TestAProjectStandsInTheRegisterOfTheHostThatApprovedIt(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	elsewhere := foreign(b, b.Clock.Now())
	b.Deliver("gateway", elsewhere, caused(b))
	for range 2 {
		b.Act(b.Person("data-access-committee"), assessment(elsewhere, "Positive"))
	}
	if n := len(runtest.Sent[approval.ProjectRegistered](b)); n != 0 {
		t.Fatal("a project of another host was registered here")
	}
	_, a := submitted(b, func(a *approval.ApplicationSubmit) { a.Title = "Hormones and recurrence" })
	for range 2 {
		b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	}
	got := runtest.Last[approval.ProjectRegistered](b)
	if got.ProjectID != a.ProjectID || got.Title != a.Title || !slices.Equal(got.Members, a.Persons) || !got.EndsAt.Equal(a.ExpiresAt) {
		t.Fatalf("registered %+v", got)
	}
	granted(t, b)
	if got := runtest.Last[approval.ProjectRegistered](b); got.Title != untitled {
		t.Fatalf("registered %+v", got)
	}
}

// acting makes somebody of a role here act for an organisation in it.
func acting(b *runtest.Bench, role, organisation string) runtest.Person {
	p := b.Person(role)
	b.Deliver("identity", identity.RoleGranted{PersonID: p.ID, Role: role, Organisation: organisation})
	return p
}

func TestWhoActsForTheSponsorHereNeitherDecidesNorAsks(t *testing.T) {
	b := runtest.New(t, "approval", Register, industry())
	_, a := submitted(b, company)
	own, rival := acting(b, "data-access-committee", "acme"), acting(b, "data-access-committee", "rival")
	wantOnlyRefused(t, b, ReasonDuties, func() { b.Act(own, vote(a, "data-access-committee", "Positive", "")) })
	wantOnlyRefused(t, b, ReasonDuties, func() {
		b.Act(own, approval.ApplicationRequestInformation{ApplicationID: a.ApplicationID, RequestID: b.NewID(), Body: "data-access-committee", Question: "Why?", RespondBy: b.Clock.Now().Add(time.Hour)})
	})
	b.Act(rival, vote(a, "data-access-committee", "Positive", ""))
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 1 {
		t.Fatalf("%d votes were counted, want that of the other company's member", n)
	}
	b.Deliver("identity", identity.RoleRevoked{PersonID: own.ID, Role: "data-access-committee"})
	b.Deliver("identity", identity.RoleGranted{PersonID: own.ID, Role: "ministry"})
	b.Act(own, vote(a, "ministry", "Positive", ""))
	if n := len(runtest.Sent[approval.ApplicationAssessed](b)); n != 2 {
		t.Fatal("who no longer acts for the sponsor may not decide")
	}
}

func TestAPermitNamesWhoPays(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	_, a := submitted(b, company)
	for range 2 {
		b.Act(b.Person("data-access-committee"), vote(a, "data-access-committee", "Positive", ""))
	}
	if p := runtest.Last[approval.PermitGranted](b); p.Sponsor != "acme" {
		t.Fatalf("permitted %+v", p)
	}
}

func TestAModelThatKeepsRowsIsNotApprovedForAnybody(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher := b.Person("researcher")
	a := newApplication(b, researcher.ID)
	a.Analyses = []string{"logistic-regression", "k-nearest-neighbours"}
	wantOnlyRefused(t, b, ReasonHoldsRows, func() { b.Act(researcher, a) })
}

func TestAConfidentialEntryTellsThatThereIsAProjectAndNotWhich(t *testing.T) {
	b := runtest.New(t, "approval", Register, runtest.Profile(runtest.DefaultProfile+"projects: {confidential: [industry]}\n"))
	for _, c := range []struct {
		change func(*approval.ApplicationSubmit)
		title  string
		hidden bool
	}{{company, confidential, true}, {func(*approval.ApplicationSubmit) {}, "Hormones and recurrence", false}} {
		_, a := submitted(b, func(a *approval.ApplicationSubmit) { a.Title = "Hormones and recurrence"; c.change(a) })
		for range 2 {
			b.Act(b.Person("data-access-committee"), vote(a, "data-access-committee", "Positive", ""))
		}
		got := runtest.Last[approval.ProjectRegistered](b)
		if got.ProjectID != a.ProjectID || got.Title != c.title || got.Confidential != c.hidden || got.Partner != a.Partner || !got.EndsAt.Equal(a.ExpiresAt) {
			t.Fatalf("registered %+v", got)
		}
	}
}
