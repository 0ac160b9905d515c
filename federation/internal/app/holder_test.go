package app

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// A holder of data that another site hosts has neither workspace nor airlock: nobody else would answer there.
func TestAHolderWithoutAWorkspaceHostsNoStudyAndNamesWhereItsDataLie(t *testing.T) {
	holder := runtest.Profile(runtest.DefaultProfile + "hosting: {workspace: none, at: harbour}\n")
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data, holder), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.host.Act(f.researcher, f.study)
	f.carry()
	f.carry()
	if got := runtest.Last[federation.JobRefused](f.data); got.Reason != HostedElsewhere || got.Site != data {
		t.Errorf("the job is refused for %q (%s)", got.Reason, got.Detail)
	}
	if asked := runtest.Sent[workspace.JobSubmit](f.data); len(asked) > 0 {
		t.Error("a workspace that is not there is asked")
	}
	own := f.data.Person("researcher")
	f.data.Act(own, question1(f.data, own))
	if got := runtest.Last[federation.ActRefused](f.data); got.Reason != HostedElsewhere {
		t.Errorf("the study is refused for %q (%s)", got.Reason, got.Detail)
	}
}
