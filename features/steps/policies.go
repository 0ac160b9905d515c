package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) policiesSteps() []Step {
	return []Step{
		{`^([a-z-]+) has a researcher, a data manager and everybody whom its policy asks for$`, w.staffed,
			`Brings in the people of a site as its published policy asks for them, whatever it is: "first ministry member", "second output-checker", as many of each as decide or review.`,
			"molgenis has a researcher, a data manager and everybody whom its policy asks for"},
		{`^the trial "([^"]+)" is described at ([a-z-]+)$`, w.trial,
			"Publishes the record of a dataset that is the Rotterdam breast cancer trial, under this name: recurrence-time, recurrence, hormone-therapy, menopause, age, positive-nodes.",
			`the trial "trial" is described at molgenis`},
		{`^everybody at ([a-z-]+) whom its policy asks decides positively on the project "([^"]+)"$`, w.everybodyDecides,
			"Lets as many members of each body of the site's policy vote as it asks for, in order.",
			`everybody at thl whom its policy asks decides positively on the project "registers"`},
		{`^the ([a-z -]+?) at ([a-z-]+) is permitted the project "([^"]+)" to compute (.+) of (.+) in "([^"]+)"$`, w.isPermitted,
			"Applies at the person's own site, lets everybody whom its policy asks decide positively, and waits for the permit and the workspace.",
			`the researcher at denbi is permitted the project "own rule" to compute log-rank of recurrence-time, recurrence and hormone-therapy in "trial"`},
		{`^the decision of ([a-z-]+) on the project "([^"]+)" names "([^"]+)" as refused by the ([a-z-]+)$`, w.namesRefused,
			"Waits for the decision of a site, which must be positive and name the refusal of one dataset.",
			`the decision of canpath on the project "regions" names "west" as refused by the regional-office`},
		{`^([a-z-]+) runs no workspace and no airlock$`, w.holdsOnly,
			"Looks whether either has announced an address at the site, all other services of which are ready.",
			"thl runs no workspace and no airlock"},
		{`^the record "([^"]+)" at ([a-z-]+) says that the data lie at ([a-z-]+)$`, w.liesAt,
			"Looks at the published record of a dataset.",
			`the record "registers" at thl says that the data lie at findata`},
		{`^the policy of ([a-z-]+) tells the rule set "([^"]+)" with the settings$`, w.tellsSettings,
			"Compares the rule set and the published settings of a site's policy, a row each: name, value.",
			`the policy of molgenis tells the rule set "datashield" with the settings`},
		{`^the group outside ([a-z-]+) says that the ([a-z -]+?) there belongs to it no longer$`, w.leavesGroup,
			"Lets the feed of a group outside the site tell of a removal; somebody of the role membership-feed must have joined.",
			"the group outside sensitive-cloud says that the researcher there belongs to it no longer"},
		{`^the access of the ([a-z -]+?) at ([a-z-]+) has ended$`, w.accessEnded,
			"Waits for the end of a person's access to the workspaces of their own site.",
			"the access of the researcher at sensitive-cloud has ended"},
	}
}

// policy is what a site has published last of its policy.
func (w *World) policy(ctx context.Context, site string) (federation.PolicyPublished, error) {
	s, err := w.tap().Await(ctx, harness.Fact{What: "the policy of " + site, About: []string{site},
		Match: harness.Of(func(_ harness.Seen, p federation.PolicyPublished) bool { return p.Site == site })})
	p, _ := harness.Payload[federation.PolicyPublished](s)
	return p, err
}

var ordinals = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"}

// memberOf names the people of a role: the first output-checker, the second access-committee member.
func memberOf(role string, n int) string {
	if !strings.HasSuffix(role, "er") {
		role += " member"
	}
	return ordinals[n] + " " + role
}

func (w *World) staffed(ctx context.Context, site string) error {
	p, err := w.policy(ctx, site)
	if err != nil {
		return err
	}
	if err := w.officers(ctx); err != nil {
		return err
	}
	people := []map[string]string{{"person": "researcher", "roles": "researcher"}, {"person": "data manager", "roles": "data-manager"}}
	add := func(role string, quorum int64) {
		for n := range quorum {
			people = append(people, map[string]string{"person": memberOf(role, int(n)), "roles": role})
		}
	}
	for _, b := range p.Chain {
		add(b.Body, b.Quorum)
	}
	for _, s := range w.stages(site, nil) {
		add(s.Role, s.Quorum)
	}
	for _, row := range people {
		row["site"] = site
		if err := w.joins(ctx, row, "safe-researcher", "data-use-agreement", "1.0"); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) trial(ctx context.Context, dataset, site string) error {
	a, err := w.who("data manager", site)
	if err != nil {
		return err
	}
	yesNo := []vocabulary.Level{{Code: "0", Label: "no"}, {Code: "1", Label: "yes"}}
	return w.published(ctx, a, catalog.DatasetDescribe{DatasetID: dataset, Title: "Rotterdam tumour bank", Holder: "erasmus-mc", Version: "1", AccessRights: "NON_PUBLIC",
		Dictionary: []vocabulary.Variable{
			{Concept: "recurrence-time", Column: "rtime", Type: "number", Unit: "day"},
			{Concept: "recurrence", Column: "recur", Type: "event", EventValue: "1"},
			{Concept: "hormone-therapy", Column: "hormon", Type: "category", Levels: yesNo},
			{Concept: "menopause", Column: "meno", Type: "category", Levels: []vocabulary.Level{{Code: "0", Label: "before"}, {Code: "1", Label: "after"}}},
			{Concept: "age", Column: "age", Type: "number", Unit: "year"},
			{Concept: "positive-nodes", Column: "nodes", Type: "category"},
		}})
}

// everybodyDecides ends with the decision: bodies that need not decide on this application are not heard any more.
func (w *World) everybodyDecides(ctx context.Context, site, name string) error {
	policy, err := w.policy(ctx, site)
	if err != nil {
		return err
	}
	p, err := w.project(name)
	if err != nil {
		return err
	}
	for _, body := range policy.Chain {
		for n := range body.Quorum {
			err := w.assess(ctx, memberOf(body.Body, int(n)), site, name, body.Body)
			if errors.Is(err, harness.ErrContrary) {
				err = errors.Join(w.tap().Catch(ctx), w.decidedOn(p, site))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) decidedOn(p *project, site string) error {
	if len(w.tap().Find(harness.Of(func(_ harness.Seen, d approval.DecisionIssued) bool {
		return d.ApplicationID == p.application && d.Site == site
	}))) == 0 {
		return fmt.Errorf("%s has not decided, and hears nobody more", site)
	}
	return nil
}

func (w *World) isPermitted(ctx context.Context, person, site, name, analyses, concepts, dataset string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	err = w.submits(ctx, a, newProject(), name, approval.ApplicationSubmit{Concepts: list(concepts), Analyses: list(analyses), ExpiresAt: usualEnd(),
		Datasets: []vocabulary.DatasetRef{{Site: site, DatasetID: dataset}}})
	if err == nil {
		err = w.everybodyDecides(ctx, site, name)
	}
	if err != nil {
		return err
	}
	return w.permitted(ctx, site, name)
}

func (w *World) namesRefused(ctx context.Context, site, name, refused, body string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the decision of " + site, About: []string{p.application},
		Match: harness.Of(func(_ harness.Seen, d approval.DecisionIssued) bool {
			return d.ApplicationID == p.application && d.Site == site
		})})
	if err != nil {
		return err
	}
	d, _ := harness.Payload[approval.DecisionIssued](seen)
	named := slices.ContainsFunc(d.Datasets, func(o vocabulary.DatasetDecision) bool {
		return o.DatasetID == refused && o.Decision == "Negative" && o.Body == body
	})
	if d.Decision != "Positive" || !named {
		return fmt.Errorf("%s decided %s, on its datasets %v", site, d.Decision, d.Datasets)
	}
	w.tell("", site, body)
	return nil
}

func (w *World) holdsOnly(_ context.Context, site string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	for _, principal := range []string{topics.Workspace, topics.Airlock} {
		if s.Announced(principal) {
			return fmt.Errorf("%s runs its %s", site, principal)
		}
	}
	w.tell("", site, "a holder of data that another site hosts")
	return nil
}

func (w *World) liesAt(_ context.Context, dataset, site, at string) error {
	record, found := w.record(site, dataset)
	if !found || record.HostedAt != at {
		return fmt.Errorf("the record of %q at %s names %q as the place of the data", dataset, site, record.HostedAt)
	}
	return nil
}

func (w *World) tellsSettings(ctx context.Context, site, ruleSet string, table *godog.Table) error {
	expected, err := rows(table)
	if err != nil {
		return err
	}
	p, err := w.policy(ctx, site)
	if err != nil {
		return err
	}
	var told []map[string]string
	for _, s := range p.Settings {
		told = append(told, map[string]string{"name": s.Name, "value": s.Value})
	}
	if p.RuleSet != ruleSet || fmt.Sprint(told) != fmt.Sprint(expected) {
		return fmt.Errorf("%s tells the rule set %q with %v", site, p.RuleSet, p.Settings)
	}
	w.tell("", site, ruleSet)
	return nil
}

func (w *World) leavesGroup(ctx context.Context, site, person string) error {
	feed, err := w.who("membership feed", site)
	if err != nil {
		return err
	}
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	r, err := feed.Act(ctx, identity.MembershipChange{PersonID: a.ID(), Group: "group-outside", Member: false, ChangedAt: time.Now().UTC()})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "what the group outside says of "+a.Role)
	return err
}

func (w *World) accessEnded(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the end of the access of " + a.Role, About: []string{a.ID()},
		Match: harness.Of(func(s harness.Seen, t workspace.AccessTerminated) bool {
			return s.Site() == site && slices.Contains(t.Persons, a.ID())
		})})
	return err
}
