package app

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAWithdrawalReachesTheSitesThatAreAskedAndTheHostLearnsWhereItTookEffect(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	said := approval.ApplicationWithdrawn{ApplicationID: f.host.NewID(), ProjectID: f.host.NewID(), Reason: "no-funds", Site: host, HostSite: host, Sites: []string{data}}
	f.host.Deliver(topics.Approval, said)
	f.carry()
	if got := runtest.Last[approval.ApplicationWithdraw](f.data); got.ApplicationID != said.ApplicationID || got.HostSite != host || got.Reason != said.Reason {
		t.Fatalf("asked its site for %+v", got)
	}
	ended := said
	ended.Site, ended.Sites = data, []string{host}
	f.data.Deliver(topics.Approval, ended)
	f.carry()
	if n := count[approval.ApplicationWithdraw](f.host); n != 0 {
		t.Fatal("the host asked itself for what it had said")
	}
	f.host.View(func(tx *run.Tx) error {
		v, found, err := decisions.Get(tx.Tx, said.ApplicationID+" "+data)
		if !found || v.Decision != withdrawn || v.ProjectID != said.ProjectID {
			t.Errorf("the host knows %+v", v)
		}
		return err
	})
}

func TestAQuestionGoesToTheHostAndItsAnswerToTheSiteThatAsked(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	question := approval.ApplicationInformationRequested{ApplicationID: f.host.NewID(), RequestID: f.host.NewID(), Body: "steering-group", Question: "Why?",
		RespondBy: f.host.Clock.Now().Add(time.Hour), Site: data, HostSite: host}
	f.data.Deliver(topics.Approval, question)
	f.carry()
	if got := runtest.Last[approval.ApplicationRequestInformation](f.host); got.RequestID != question.RequestID || got.Site != data || got.Question != "Why?" {
		t.Fatalf("asked its site for %+v", got)
	}
	f.host.Deliver(topics.Approval, question) // as the host's own approval says it to the applicant
	answer := approval.ApplicationInformationReceived{ApplicationID: question.ApplicationID, RequestID: question.RequestID, Answer: "For age.", Site: data, HostSite: host}
	f.host.Deliver(topics.Approval, answer)
	f.carry()
	if got := runtest.Last[approval.ApplicationProvideInformation](f.data); got.RequestID != question.RequestID || got.HostSite != host || got.Answer != "For age." {
		t.Fatalf("asked its site for %+v", got)
	}
	f.data.Deliver(topics.Approval, answer) // as the site's own approval says it to the body
	f.carry()
	if n, m := count[approval.ApplicationRequestInformation](f.host), count[approval.ApplicationProvideInformation](f.data); n != 1 || m != 1 {
		t.Fatalf("%d questions and %d answers", n, m)
	}
}

func TestAWithdrawalOfAnotherHostsApplicationIsRefused(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.data.Deliver(topics.Approval, approval.ApplicationWithdrawn{ApplicationID: f.host.NewID(), ProjectID: f.host.NewID(), Site: data, HostSite: "harbour", Sites: []string{host}})
	f.carry()
	refusedFor(t, f.host, in, border.OriginMismatch)
	if n := count[approval.ApplicationWithdraw](f.host); n != 0 {
		t.Fatalf("asked its site %d times", n)
	}
}
