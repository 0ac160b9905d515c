package app

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

var carried = vocabulary.Variant{Chromosome: "2", Position: 10205, Reference: "T", Alternate: "G"}

// inquired asks both sites for carriers of a variant, and waits a minute.
func inquired(t *testing.T, by func(*runtest.Bench, ...string) runtest.Person, change ...func(*federation.InquiryOpen)) (*two, federation.InquiryOpen) {
	t.Helper()
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = by(f.host, "researcher")
	p := inquiryOf(f.host)
	for _, c := range change {
		c(&p)
	}
	f.host.Act(f.researcher, p)
	f.carry()
	return f, p
}

func inquiryOf(b *runtest.Bench) federation.InquiryOpen {
	return federation.InquiryOpen{InquiryID: b.NewID(), Filters: []vocabulary.Filter{}, Variant: carried, DeadlineSeconds: 60,
		Targets: []vocabulary.DatasetRef{{Site: host, DatasetID: "kgp-1"}, {Site: data, DatasetID: "kgp-2"}}}
}

// tells plays the catalog of a site.
func (f *two) tells(b *runtest.Bench, a catalog.QuestionAnswered) {
	f.Helper()
	q := runtest.Last[catalog.QuestionAsk](b)
	a.QuestionID, a.DatasetID = q.QuestionID, q.DatasetID
	b.Deliver(topics.Catalog, a)
}

func (f *two) answers() map[string]vocabulary.SiteAnswer {
	f.Helper()
	all := map[string]vocabulary.SiteAnswer{}
	for _, a := range runtest.Last[federation.InquiryAnswered](f.host).Answers {
		all[a.Site] = a
	}
	return all
}

var (
	told    = catalog.QuestionAnswered{Outcome: "counted", Granularity: "count", Count: 20, Called: 300}
	notTold = catalog.QuestionAnswered{Outcome: "suppressed", Granularity: "count"}
)

func TestOneQuestionIsAnsweredByEachSiteAndTheTotalIsOfThoseThatTold(t *testing.T) {
	for name, c := range map[string]struct {
		here, there catalog.QuestionAnswered
		total       int64
		of          string
	}{
		"both told":     {told, told, 40, "all"},
		"one told":      {told, notTold, 20, "those-that-told"},
		"none told":     {notTold, notTold, 0, ""},
		"one boolean":   {told, catalog.QuestionAnswered{Outcome: "present", Granularity: "boolean"}, 20, "those-that-told"},
		"one cannot":    {told, catalog.QuestionAnswered{Outcome: "not-answered", Reason: "variable-unknown"}, 20, "those-that-told"},
		"one is broken": {told, catalog.QuestionAnswered{Outcome: "not-answered", Reason: "data-unreadable"}, 20, "those-that-told"},
	} {
		t.Run(name, func(t *testing.T) {
			f, p := inquired(t, (*runtest.Bench).Person)
			asked := runtest.Last[catalog.QuestionAsk](f.data)
			if asked.Variant != carried || asked.Asker != f.researcher.ID || asked.Attestation.Person != f.researcher.ID || asked.DatasetID != "kgp-2" {
				t.Fatalf("the data site's catalog is asked %+v", asked)
			}
			f.tells(f.host, c.here)
			f.tells(f.data, c.there)
			if n := count[federation.InquiryAnswered](f.host); n != 0 {
				t.Fatal("answered before the other site has")
			}
			f.carry()
			got := runtest.Last[federation.InquiryAnswered](f.host)
			if got.InquiryID != p.InquiryID || got.Total != c.total || got.TotalOf != c.of || len(got.Answers) != 2 {
				t.Fatalf("%+v", got)
			}
			there := f.answers()[data]
			want := vocabulary.SiteAnswer{Site: data, DatasetID: "kgp-2", QuestionID: asked.QuestionID, Outcome: c.there.Outcome,
				Granularity: c.there.Granularity, Count: c.there.Count, Called: c.there.Called}
			if c.there.Reason != "" {
				want.Outcome, want.Reason = "refused", map[string]string{"data-unreadable": border.NotComputed}[c.there.Reason]
				if want.Reason == "" {
					want.Reason = c.there.Reason
				}
			}
			if there != want {
				t.Fatalf("the data site's answer is %+v, expected %+v", there, want)
			}
			if n := count[federation.BorderRefused](f.host) + count[federation.BorderRefused](f.data); n != 0 {
				t.Fatalf("%d refusals on the happy path", n)
			}
		})
	}
}

func TestASiteThatSaysNothingIsSilentAndItsLateAnswerChangesNothing(t *testing.T) {
	f, _ := inquired(t, (*runtest.Bench).Person)
	f.tells(f.host, told)
	f.host.Advance(time.Minute)
	if got := f.answers(); got[data].Outcome != "silent" || got[data].Count != 0 || got[host].Count != 20 {
		t.Fatalf("%+v", got)
	}
	f.tells(f.data, told)
	f.carry()
	refusedFor(t, f.host, in, border.Late)
	if n := count[federation.InquiryAnswered](f.host); n != 1 {
		t.Fatalf("answered %d times", n)
	}
}

func TestTheHostsOwnLateAnswerChangesNothing(t *testing.T) {
	f, _ := inquired(t, (*runtest.Bench).Person)
	f.host.Advance(time.Minute)
	f.tells(f.host, told)
	if got := f.answers(); got[host].Outcome != "silent" || count[federation.InquiryAnswered](f.host) != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestARefusalOfACatalogIsNamedWithItsReason(t *testing.T) {
	f, _ := inquired(t, (*runtest.Bench).Person)
	f.tells(f.host, told)
	e := lastOf(f.data, catalog.TypeQuestionAsk)
	f.data.Deliver(topics.Catalog, catalog.ActRefused{ActID: e.ID, ActType: e.Type, ActSubject: e.Subject, Reason: "question-budget", Detail: "enough"})
	f.carry()
	if got := f.answers()[data]; got.Outcome != "refused" || got.Reason != "question-budget" {
		t.Fatalf("%+v", got)
	}
}

func TestAPersonWithoutStandingAsksWithoutAttestation(t *testing.T) {
	f, _ := inquired(t, (*runtest.Bench).Stranger)
	if asked := runtest.Last[catalog.QuestionAsk](f.data); asked.Asker != f.researcher.ID || asked.Attestation != (vocabulary.Attestation{}) {
		t.Fatalf("asked %+v", asked)
	}
}

func TestAnInquiryIsNotOpenedAgainstTheRules(t *testing.T) {
	f, known := inquired(t, (*runtest.Bench).Person)
	manager := f.host.Person("data-manager")
	for name, c := range map[string]struct {
		by     runtest.Person
		change func(*federation.InquiryOpen)
		reason string
	}{
		"no researcher":           {manager, func(*federation.InquiryOpen) {}, people.RoleMissing},
		"beyond the profile":      {f.researcher, func(p *federation.InquiryOpen) { p.DeadlineSeconds = 72*3600 + 1 }, DeadlineTooLong},
		"a dataset twice":         {f.researcher, func(p *federation.InquiryOpen) { p.Targets = append(p.Targets, p.Targets[0]) }, TargetRepeated},
		"a site of no federation": {f.researcher, func(p *federation.InquiryOpen) { p.Targets[0].Site = "nowhere" }, border.SiteUnknown},
		"an id that is taken":     {f.researcher, func(p *federation.InquiryOpen) { p.InquiryID = known.InquiryID }, ReasonInquiryExists},
	} {
		t.Run(name, func(t *testing.T) {
			p := inquiryOf(f.host)
			c.change(&p)
			f.host.Act(c.by, p)
			if got := runtest.Last[federation.ActRefused](f.host); got.Reason != c.reason || got.ActSubject != "inquiry/"+p.InquiryID {
				t.Fatalf("refused for %s (%s), expected %s", got.Reason, got.Detail, c.reason)
			}
		})
	}
	if n := count[federation.InquiryOpened](f.host); n != 1 {
		t.Fatalf("%d inquiries were opened", n)
	}
}

func TestAQuestionThatMayNotEnterIsRefusedAtTheBorder(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*federation.QuestionDispatched)
		reason string
	}{
		"for another's person": {func(p *federation.QuestionDispatched) { p.Asker = "harbour:" + p.QuestionID }, border.AttestationMismatch},
		"attested by another":  {func(p *federation.QuestionDispatched) { p.Attestation.HomeSite = "harbour" }, border.AttestationMismatch},
		"attested for another": {func(p *federation.QuestionDispatched) { p.Attestation.Person = host + ":" + p.InquiryID }, border.AttestationMismatch},
		"another's, not attested": {func(p *federation.QuestionDispatched) {
			p.Asker, p.Attestation = "harbour:"+p.QuestionID, vocabulary.Attestation{}
		}, border.AttestationMismatch},
		"after its deadline":       {func(p *federation.QuestionDispatched) { p.Deadline = runtest.Start }, border.DeadlinePassed},
		"in another host's name":   {func(p *federation.QuestionDispatched) { p.HostSite = "harbour" }, border.OriginMismatch},
		"under an id that is used": {func(*federation.QuestionDispatched) {}, border.QuestionExists},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := inquired(t, (*runtest.Bench).Person)
			p := runtest.Last[federation.QuestionDispatched](f.host)
			second := func(d *envelope.Draft) { d.Sequence = 2 }
			if c.reason != border.QuestionExists {
				p.QuestionID, second = f.data.NewID(), func(*envelope.Draft) {}
			}
			c.change(&p)
			f.data.Deliver("/sites/"+host+"/gateway", p, second)
			refusedFor(t, f.data, in, c.reason)
			if n := count[catalog.QuestionAsk](f.data); n != 1 {
				t.Fatalf("the catalog was asked %d times", n)
			}
		})
	}
}

func TestAnAnswerThatWasNotAskedForOrContradictsItselfIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		from   string
		change func(*federation.QuestionReturned)
		reason string
	}{
		"never asked":            {data, func(p *federation.QuestionReturned) { p.QuestionID = p.InquiryID }, border.QuestionUnknown},
		"of no inquiry":          {data, func(p *federation.QuestionReturned) { p.InquiryID = p.QuestionID }, border.QuestionUnknown},
		"of another dataset":     {data, func(p *federation.QuestionReturned) { p.DatasetID = "kgp-1" }, border.QuestionUnknown},
		"of another site":        {"harbour", func(p *federation.QuestionReturned) { p.Site = "harbour" }, border.QuestionUnknown},
		"in another site's name": {"harbour", func(*federation.QuestionReturned) {}, border.OriginMismatch},
		"a number not told":      {data, func(p *federation.QuestionReturned) { p.Outcome = "suppressed" }, border.AnswerInvalid},
		"counted nobody":         {data, func(p *federation.QuestionReturned) { p.Count = 0 }, border.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			f, p := inquired(t, (*runtest.Bench).Person)
			f.tells(f.host, told)
			good := federation.QuestionReturned{QuestionID: runtest.Last[catalog.QuestionAsk](f.data).QuestionID, InquiryID: p.InquiryID, Site: data,
				HostSite: host, DatasetID: "kgp-2", Outcome: "counted", Granularity: "count", Count: 20}
			bad := good
			c.change(&bad)
			f.host.Deliver("/sites/"+c.from+"/gateway", bad)
			refusedFor(t, f.host, in, c.reason)
			if n := count[federation.InquiryAnswered](f.host); n != 0 {
				t.Fatal("it was taken")
			}
			f.host.Deliver("/sites/"+data+"/gateway", good)
			if got := f.answers()[data]; got.Count != 20 {
				t.Fatalf("the true answer that came after gave %+v", got)
			}
			f.host.Deliver("/sites/"+data+"/gateway", good)
			refusedFor(t, f.host, in, border.AlreadyAnswered)
		})
	}
}

func TestASiteThatTellsMoreThanWasAskedIsNotBelieved(t *testing.T) {
	f, _ := inquired(t, (*runtest.Bench).Person, func(p *federation.InquiryOpen) { p.Granularity = "boolean" })
	f.tells(f.data, told)
	f.carry()
	refusedFor(t, f.host, in, border.AnswerInvalid)
}
