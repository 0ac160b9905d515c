package topics_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
)

func allows(grants []topics.Grant, principal, topic, operation string) bool {
	return slices.Contains(grants, topics.Grant{Principal: principal, Topic: topic, Operation: operation})
}

func writers(grants []topics.Grant, topic string) []string {
	var found []string
	for _, g := range grants {
		if g.Topic == topic && g.Operation == topics.Write {
			found = append(found, g.Principal)
		}
	}
	return found
}

func TestEverySiteTopicHasItsWriters(t *testing.T) {
	grants := topics.ACLs("molgenis")
	for topic, want := range map[string][]string{
		"molgenis.airlock.events.v1":    {topics.Airlock},
		"molgenis.approval.events.v1":   {topics.Approval},
		"molgenis.federation.events.v1": {topics.Gateway},
		"molgenis.airlock.dead.v1":      {topics.Airlock},
		"molgenis.federation.dead.v1":   {topics.Gateway},
		"molgenis.airlock.acts.v1":      {topics.Gateway, topics.Portal},
		"molgenis.identity.acts.v1":     {topics.Portal},
		"molgenis.federation.acts.v1":   {topics.Portal},
	} {
		if got := writers(grants, topic); !slices.Equal(got, want) {
			t.Errorf("%s is written by %v, want %v", topic, got, want)
		}
	}
}

func TestEventsAndDeadTopicsAreWrittenByOneAlone(t *testing.T) {
	grants := topics.ACLs("molgenis")
	for _, topic := range topics.ForSite("molgenis") {
		if n := len(writers(grants, topic)); n == 0 || n > 1 && !strings.Contains(topic, ".acts.") {
			t.Errorf("%s has %d writers", topic, n)
		}
	}
}

func TestObserverReadsAllAndWritesNothing(t *testing.T) {
	grants := topics.ACLs("molgenis")
	for _, topic := range topics.ForSite("molgenis") {
		if !allows(grants, topics.Observer, topic, topics.Read) || allows(grants, topics.Observer, topic, topics.Write) {
			t.Errorf("observer at %s", topic)
		}
	}
}

func TestWhatIsReadOrWrittenIsDescribed(t *testing.T) {
	for _, grants := range [][]topics.Grant{topics.ACLs("molgenis"), topics.FederationACLs([]string{"molgenis", "denbi"})} {
		for _, g := range grants {
			g.Operation = topics.Describe
			if !slices.Contains(grants, g) {
				t.Errorf("%+v is missing", g)
			}
		}
	}
}

func TestServicesReadWhatContractsSay(t *testing.T) {
	grants := topics.ACLs("molgenis")
	for _, p := range []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock, topics.Gateway} {
		for _, topic := range topics.ForSite("molgenis") {
			if listed := slices.Contains(topics.ReadBy(p, "molgenis"), topic); listed != allows(grants, p, topic, topics.Read) {
				t.Errorf("%s follows %s: %t, but its grants say otherwise", p, topic, listed)
			}
		}
	}
	if got := topics.ReadBy(topics.Portal, "molgenis"); got != nil {
		t.Errorf("the portal reads %v", got)
	}
	if got := topics.ReadBy(topics.Catalog, "denbi"); !slices.Contains(got, "denbi.workspace.events.v1") || !slices.Contains(got, "denbi.catalog.acts.v1") {
		t.Errorf("the catalog reads %v", got)
	}
}

func TestGroupsBelongToTheirPrincipal(t *testing.T) {
	for _, g := range append(topics.ACLs("molgenis"), topics.FederationACLs([]string{"molgenis", "denbi"})...) {
		if (g.Topic == "") == (g.Group == "") {
			t.Errorf("%+v is not for one topic or one group", g)
		}
		if g.Group != "" && g.Group != g.Principal+"." {
			t.Errorf("%+v reaches into the groups of another", g)
		}
	}
}

func TestGatewaysWriteEveryInboxButTheirOwn(t *testing.T) {
	sites := []string{"molgenis", "denbi", "sensitive-cloud"}
	grants := topics.FederationACLs(sites)
	for _, site := range sites {
		gateway := topics.GatewayOf(site)
		for _, other := range sites {
			own := site == other
			if allows(grants, gateway, topics.Inbox(other), topics.Write) == own || allows(grants, gateway, topics.Inbox(other), topics.Read) != own {
				t.Errorf("%s at the inbox of %s", gateway, other)
			}
		}
		if !allows(grants, gateway, topics.Registry, topics.Read) || allows(grants, gateway, topics.Registry, topics.Write) {
			t.Errorf("%s at the registry", gateway)
		}
	}
	if got := writers(grants, topics.Registry); !slices.Equal(got, []string{topics.Operator}) {
		t.Errorf("the registry is written by %v", got)
	}
}

func TestBorderListsAreClosed(t *testing.T) {
	want := []string{
		"fairway.approval.amendment.submitted.v1",
		"fairway.approval.application.information-received.v1", "fairway.approval.application.information-requested.v1",
		"fairway.approval.application.submitted.v1", "fairway.approval.application.withdrawn.v1", "fairway.approval.decision.issued.v1",
		"fairway.approval.permits.affirmed.v1",
		"fairway.federation.checkpoint.cosigned.v1", "fairway.federation.checkpoint.published.v1",
		"fairway.federation.incident.closed.v1", "fairway.federation.incident.notified.v1", "fairway.federation.incident.warned.v1",
		"fairway.federation.job.accepted.v1", "fairway.federation.job.dispatched.v1", "fairway.federation.job.refused.v1",
		"fairway.federation.permit.entrusted.v1",
		"fairway.federation.question.dispatched.v1", "fairway.federation.question.returned.v1",
		"fairway.federation.result.manifest.v1", "fairway.federation.result.part.v1",
	}
	if got := topics.BorderOut(); !slices.Equal(got, want) {
		t.Errorf("out: %v", got)
	}
	if got := topics.BorderIn(); !slices.Equal(got, want) {
		t.Errorf("in: %v", got)
	}
	for _, eventType := range want {
		if c, _ := topics.Lookup(eventType); !slices.Contains(c.Writers, topics.Gateway) {
			t.Errorf("%s crosses the border, but no gateway may write it", eventType)
		}
	}
}

func TestNamesOfSitesAndSources(t *testing.T) {
	for name, want := range map[string]bool{"molgenis": true, "a1": true, "a": false, "": false, "1a": false, "A1": false, "a.b": false, "a/b": false, strings.Repeat("a", 33): false} {
		if topics.ValidSite(name) != want {
			t.Errorf("site %q: want %t", name, want)
		}
	}
	for source, want := range map[string]bool{"/sites/molgenis/airlock": true, "/sites/molgenis": false, "/sites/molgenis/a/b": false, "sites/molgenis/airlock": false, "/sites//airlock": false} {
		if _, _, ok := topics.ParseSource(source); ok != want {
			t.Errorf("source %q: want %t", source, want)
		}
	}
	if site, ok := topics.InboxOwner(topics.Inbox("denbi")); !ok || site != "denbi" {
		t.Errorf("owner %q", site)
	}
	if _, ok := topics.InboxOwner("molgenis.airlock.events.v1"); ok {
		t.Error("a site's topic is no inbox")
	}
}

func TestTablesAreCopies(t *testing.T) {
	all := topics.All()
	all[0].Type = "changed"
	if topics.All()[0].Type == "changed" {
		t.Error("a caller can change the table")
	}
}

func TestTheRegistryIsOfNoSite(t *testing.T) {
	c, ok := topics.Lookup("fairway.federation.participant.listed.v1")
	if !ok || c.At("molgenis") != topics.Registry {
		t.Fatalf("the registry's contract lies at %q", c.At("molgenis"))
	}
	if !c.MayWrite(topics.Operator) || c.MayWrite(topics.Gateway) {
		t.Error("the registry is not the operator's alone")
	}
	if slices.Contains(topics.ForSite("molgenis"), topics.Registry) || slices.Contains(topics.ReadBy(topics.Gateway, "molgenis"), topics.Registry) {
		t.Error("a site's broker has the registry")
	}
	for _, g := range topics.ACLs("molgenis") {
		if g.Topic == topics.Registry {
			t.Errorf("a site's broker grants %+v", g)
		}
	}
	if site, principal, ok := topics.ParseSource(topics.OperatorSource); site != "" || principal != topics.Operator || !ok {
		t.Errorf("the operator is %q of %q", principal, site)
	}
}
