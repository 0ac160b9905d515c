package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// project is an application and the permits that came of it.
type project struct {
	id, application, host string
	applicant             *actor
	permits               map[string]string // by site
	sponsor, title        string            // of a company's project
}

func (w *World) projectsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) applies for the project "([^"]+)" to compute (.+) of (.+) in$`, w.apply,
			"Submits an application for datasets, a row each (site, dataset), and waits until every site has it.",
			`the researcher at molgenis applies for the project "undecided" to compute count of menopause in`},
		{`^the permit of ([a-z-]+) for the project "([^"]+)" comes to its end$`, w.permitRunsOut,
			"Waits for the end of a permit that nobody revoked.",
			`the permit of denbi for the project "a short permit" comes to its end`},
		{`^the ([a-z -]+?) at ([a-z-]+) decides positively on the project "([^"]+)" for the ([a-z-]+)$`, w.assess,
			"Casts one vote for a body of the site's chain.",
			`the first committee member at molgenis decides positively on the project "hormone therapy" for the data-access-committee`},
		{`^the ([a-z -]+?) at ([a-z-]+) decides positively on the project "([^"]+)" for the ([a-z-]+), and is heard$`, w.isHeard,
			"Casts a vote, as the valid act after an attempt that was refused.",
			`the first committee member at molgenis decides positively on the project "undecided" for the data-access-committee, and is heard`},
		{`^([a-z-]+) grants a permit for the project "([^"]+)" and provisions a workspace$`, w.permitted,
			"Waits for the permit of the site and for the workspace that follows from it.",
			`molgenis grants a permit for the project "hormone therapy" and provisions a workspace`},
		{`^([a-z-]+) grants a permit for the project "([^"]+)", by which ([a-z-]+), the host of its data, provisions a workspace$`, w.permittedAt,
			"Waits for the permit of a holder, and for the workspace that follows from it at the site where the holder's data lie.",
			`thl grants a permit for the project "diabetes", by which findata, the host of its data, provisions a workspace`},
		{`^the ([a-z -]+?) at ([a-z-]+) revokes the permit of the project "([^"]+)"$`, w.revoke,
			"Revokes the permit that the member's site has granted.",
			`the first committee member at molgenis revokes the permit of the project "to be revoked"`},
	}
}

func (w *World) project(name string) (*project, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p, ok := w.projects[name]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("nobody applied for the project %q", name)
}

func newProject() *project {
	return &project{id: harness.NewID(), permits: map[string]string{}}
}

// usualEnd is the end of a permit where the scenario names none.
func usualEnd() time.Time { return time.Now().UTC().Add(30 * 24 * time.Hour) }

// apply submits an application for the datasets of a table: site, dataset.
func (w *World) apply(ctx context.Context, person, site, name, analyses, concepts string, table *godog.Table) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	act := approval.ApplicationSubmit{Concepts: list(concepts), Analyses: list(analyses), ExpiresAt: usualEnd(), Datasets: datasetsOf(all)}
	return w.submits(ctx, a, newProject(), name, act)
}

// submits completes an application of a project, submits it, and waits until every site that it names has it.
func (w *World) submits(ctx context.Context, a *actor, p *project, name string, act approval.ApplicationSubmit) error {
	sites, err := w.applied(ctx, a, p, name, act)
	if err != nil {
		return err
	}
	return each(sites, func(at string) error {
		_, err := w.applicationAt(ctx, p, at)
		return err
	})
}

// applied completes an application of a project and submits it. It returns the sites that are asked, of which the
// applicant's own has it. Purpose e is scientific research.
func (w *World) applied(ctx context.Context, a *actor, p *project, name string, act approval.ApplicationSubmit) (sites []string, err error) {
	p.application, p.host, p.applicant = harness.NewID(), a.Site.Name, a
	act.ApplicationID, act.ProjectID, act.HostSite, act.Applicant, act.Persons = p.application, p.id, p.host, a.ID(), []string{a.ID()}
	act.Purpose = "e"
	w.terms[name].of(&act)
	for _, d := range act.Datasets {
		if !slices.Contains(act.Sites, d.Site) {
			act.Sites = append(act.Sites, d.Site)
		}
	}
	w.tell(a.ID(), p.host, "training valid, agreement signed")
	r, err := a.Act(ctx, act)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.projects[name] = p
	w.mu.Unlock()
	_, err = w.granted(ctx, r, fmt.Sprintf("the application for the project %q", name))
	return act.Sites, err
}

// applicationAt waits until a site's own approval has taken the application in.
func (w *World) applicationAt(ctx context.Context, p *project, site string) (harness.Seen, error) {
	return w.tap().Await(ctx, harness.Fact{What: "the application at " + site, About: []string{p.application},
		Match: harness.Of(func(s harness.Seen, e approval.ApplicationSubmitted) bool {
			return e.ApplicationID == p.application && s.Event.Source == topics.Source(site, topics.Approval)
		}),
		Unless: refusedSubject(site, "application/"+p.application)})
}

// refusedSubject matches the refusal of an act about a subject by any service of a site.
func refusedSubject(site, subject string) func(harness.Seen) bool {
	return func(s harness.Seen) bool {
		refusal, ok := harness.RefusalOf(s)
		return ok && refusal.Kind == "act" && s.Site() == site && refusal.About == subject
	}
}

// actOn lets a person act on the project of a name, under a rule that is told, and waits until the act is granted.
func (w *World) actOn(ctx context.Context, person, site, name, rule, what string, act func(*project) envelope.Payload) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	p, err := w.project(name)
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, rule)
	r, err := a.Act(ctx, act(p))
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, what+" "+a.Role)
	return err
}

func (w *World) assess(ctx context.Context, person, site, name, body string) error {
	return w.actOn(ctx, person, site, name, body, "the assessment by", func(p *project) envelope.Payload {
		return approval.ApplicationAssess{ApplicationID: p.application, Body: body, Decision: "Positive"}
	})
}

// isHeard is assess as the valid act after an attempt.
func (w *World) isHeard(ctx context.Context, person, site, name, body string) error {
	if err := w.assess(ctx, person, site, name, body); err != nil {
		return err
	}
	w.probed(fmt.Sprintf("the %s decides for the %s", person, body))
	return nil
}

// permit waits for the permit that a site grants to a project.
func (w *World) permit(ctx context.Context, site, name string) (*project, approval.PermitGranted, error) {
	p, err := w.project(name)
	if err != nil {
		return nil, approval.PermitGranted{}, err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the permit of %s for the project %q", site, name), About: []string{p.application, p.id},
		Match: harness.Of(func(s harness.Seen, e approval.PermitGranted) bool {
			return e.ApplicationID == p.application && s.Site() == site
		})})
	permit, _ := harness.Payload[approval.PermitGranted](seen)
	return p, permit, err
}

// permitted waits for the permit and the workspace that follows from it.
func (w *World) permitted(ctx context.Context, site, name string) error {
	return w.permittedAt(ctx, site, name, site)
}

// permittedAt is permitted where the data of the site lie at another one.
func (w *World) permittedAt(ctx context.Context, site, name, hosting string) error {
	p, permit, err := w.permit(ctx, site, name)
	if err != nil {
		return err
	}
	w.mu.Lock()
	p.permits[site] = permit.PermitID
	w.mu.Unlock()
	w.tell("", site, "the approval chain of the published policy")
	if at, err := w.site(hosting); err != nil || !at.Runs(topics.Workspace) {
		return errors.Join(err, fmt.Errorf("%s runs no workspace", hosting))
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the workspace at %s for the project %q", hosting, name), About: []string{permit.PermitID},
		Match: harness.Of(func(s harness.Seen, e workspace.AccessGranted) bool {
			return s.Site() == hosting && e.Person == p.applicant.ID() && w.provisionedFor(s.Event.Subject, permit.PermitID)
		}),
		Unless: func(s harness.Seen) bool { return elsewhere(s, hosting, permit.PermitID) }})
	return err
}

// elsewhere matches what says that the workspace of a permit is made at another site than the one it is awaited at.
func elsewhere(s harness.Seen, hosting, permitID string) bool {
	if p, ok := harness.Payload[workspace.WorkspaceProvisioned](s); ok {
		return p.PermitID == permitID && s.Site() != hosting
	}
	p, ok := harness.Payload[federation.PermitEntrusted](s)
	return ok && p.PermitID == permitID && p.HostingSite != hosting
}

// provisionedFor reports whether a workspace was made for a permit.
func (w *World) provisionedFor(subject, permit string) bool {
	return len(w.tap().Find(harness.Of(func(s harness.Seen, e workspace.WorkspaceProvisioned) bool {
		return s.Event.Subject == subject && e.PermitID == permit
	}))) > 0
}

// permitRunsOut waits for the end of a permit whose time is over.
func (w *World) permitRunsOut(ctx context.Context, site, name string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the end of the permit of %s for the project %q", site, name), About: []string{p.permits[site]},
		Match: harness.Of(func(s harness.Seen, e approval.PermitExpired) bool {
			return e.PermitID == p.permits[site] && s.Site() == site
		})})
	w.tell("", site, "the time of the permit is over")
	return err
}

func (w *World) revoke(ctx context.Context, person, site, name string) error {
	return w.actOn(ctx, person, site, name, "a member of the chain may revoke", "the revocation by", func(p *project) envelope.Payload {
		return approval.PermitRevoke{PermitID: p.permits[site], Reason: "purpose-changed"}
	})
}
