package steps

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) companiesSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) applies for the project "([^"]+)" of the company "([^"]+)", titled "([^"]+)", to compute (.+) of (.+) in$`, w.applyForCompany,
			"Submits an application of an industry partner, which the company pays for, for datasets, a row each (site, dataset), and waits until every site has taken it in or has refused it.",
			`the researcher at genomics-england applies for the project "risk model" of the company "acme", titled "A risk model", to compute logistic-regression of genotype and case in`},
		{`^([a-z-]+) takes no application of the project "([^"]+)", as "([^"]+)"$`, w.notTaken,
			"Waits until a site has refused the application before any of its bodies could decide, for this reason.",
			`canpath takes no application of the project "risk model", as "partner-refused"`},
		{`^([a-z-]+) refuses the project "([^"]+)" the dataset "([^"]+)", as "([^"]+)"$`, w.datasetRefused,
			"Waits for the negative decision of a site on a dataset, by a rule with this reason.",
			`molgenis refuses the project "risk model" the dataset "rotterdam", as "data-use-denied"`},
		{`^the register of ([a-z-]+) tells of the project "([^"]+)" that it is there, for an? ([a-z-]+) partner, at (.+), and until when, and neither its title nor who pays for it$`, w.confidentially,
			"Looks at the entry of a project in the register of its host: it must be confidential, and no word of the title or of the sponsor may be in it.",
			`the register of genomics-england tells of the project "risk model" that it is there, for an industry partner, at genomics-england, trust, molgenis and canpath, and until when, and neither its title nor who pays for it`},
		{`^the combined result of the study "([^"]+)" is held to the threshold (\d+) of ([a-z-]+), the stricter of the two$`, w.heldToStricter,
			"Looks at check and decision of the host's airlock on the combination: the threshold in both must be that of the stricter site's policy, and the host's own a lower one.",
			`the combined result of the study "risk model" is held to the threshold 10 of trust, the stricter of the two`},
		{`^the reviewers of all sites approve what they are asked for the study "([^"]+)", and are heard$`, w.approveAllHeard,
			"Lets the reviewers of all sites approve, as the valid act after an attempt that was refused.",
			`the reviewers of all sites approve what they are asked for the study "risk model", and are heard`},
	}
}

func (w *World) applyForCompany(ctx context.Context, person, site, name, company, title, analyses, concepts string, table *godog.Table) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	p := newProject()
	p.sponsor, p.title = company, title
	w.terms[name] = terms{partner: "industry", sponsor: company}
	act := approval.ApplicationSubmit{Title: title, Concepts: list(concepts), Analyses: list(analyses), ExpiresAt: usualEnd(), Datasets: datasetsOf(all)}
	sites, err := w.applied(ctx, a, p, name, act)
	if err != nil {
		return err
	}
	return each(sites, func(at string) error {
		_, err := w.tap().Await(ctx, harness.Fact{What: "the application at " + at, About: []string{p.application},
			Match: func(s harness.Seen) bool {
				taken := harness.Of(func(s harness.Seen, e approval.ApplicationSubmitted) bool { return e.ApplicationID == p.application })
				return s.Site() == at && (taken(s) || refusedSubject(at, "application/"+p.application)(s))
			}})
		return err
	})
}

// notTaken waits for the refusal of an application by a site's own approval.
func (w *World) notTaken(ctx context.Context, site, name, reason string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the refusal of the application for the project %q by %s", name, site),
		About: []string{p.application}, Match: refusedSubject(site, "application/"+p.application),
		Unless: harness.Of(func(s harness.Seen, e approval.ApplicationPreScreened) bool {
			return e.ApplicationID == p.application && s.Site() == site
		})})
	if err != nil {
		return err
	}
	return w.refusedAs(site, seen, reason)
}

func (w *World) datasetRefused(ctx context.Context, site, name, dataset, reason string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the decision of %s on the project %q", site, name), About: []string{p.application},
		Match: harness.Of(func(s harness.Seen, e approval.DecisionIssued) bool {
			return e.ApplicationID == p.application && s.Event.Source != "" && e.Site == site
		})})
	if err != nil {
		return err
	}
	d, _ := harness.Payload[approval.DecisionIssued](seen)
	w.tell("", site, reason)
	want := vocabulary.DatasetDecision{DatasetID: dataset, Decision: "Negative", Reason: reason}
	if d.PermitID != "" || !slices.Contains(d.Datasets, want) {
		return fmt.Errorf("%s decided %s with the permit %q and %+v, expected %+v", site, d.Decision, d.PermitID, d.Datasets, want)
	}
	return nil
}

// confidentially looks at the bytes of the entry too: what is not told is in no member of it.
func (w *World) confidentially(ctx context.Context, host, name, partner, sites string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the entry of the project %q in the register of %s", name, host), About: []string{p.id},
		Match: harness.Of(func(s harness.Seen, e approval.ProjectRegistered) bool {
			return e.ProjectID == p.id && s.Site() == host
		})})
	if err != nil {
		return err
	}
	e, _ := harness.Payload[approval.ProjectRegistered](seen)
	w.tell("", host, "confidential by the policy of the host")
	told, wanted := slices.Sorted(slices.Values(e.Sites)), slices.Sorted(slices.Values(list(sites)))
	if !e.Confidential || e.Partner != partner || !slices.Equal(told, wanted) || e.EndsAt.IsZero() {
		return fmt.Errorf("the register tells: confidential %t, partner %q, sites %v, until %s", e.Confidential, e.Partner, told, e.EndsAt)
	}
	for _, secret := range []string{p.title, p.sponsor} {
		if bytes.Contains(seen.Event.Data, []byte(secret)) {
			return fmt.Errorf("the register tells %q", secret)
		}
	}
	return nil
}

func (w *World) heldToStricter(ctx context.Context, name string, threshold int64, stricter string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	for _, site := range w.sites {
		if site.ID == stricter && int64(site.Threshold) != threshold || site.ID == s.host && int64(site.Threshold) >= threshold {
			return fmt.Errorf("the policy of %s has the threshold %d", site.ID, site.Threshold)
		}
	}
	r, err := w.askedCombined(ctx, s, s.host)
	if err != nil {
		return err
	}
	var wrong []string
	for _, fact := range []harness.Fact{
		{What: "the check of the combination", Match: harness.Of(func(_ harness.Seen, c airlock.ReleaseChecked) bool { return c.ReleaseID == r.ReleaseID })},
		{What: "the decision on the combination", Match: harness.Of(func(_ harness.Seen, a airlock.ReleaseApproved) bool { return a.ReleaseID == r.ReleaseID })},
	} {
		fact.About = []string{r.ReleaseID}
		seen, err := w.tap().Await(ctx, fact)
		if err != nil {
			return err
		}
		checked, _ := harness.Payload[airlock.ReleaseChecked](seen)
		approved, _ := harness.Payload[airlock.ReleaseApproved](seen)
		if held := max(checked.Threshold, approved.Rules.Threshold); held != threshold {
			wrong = append(wrong, fmt.Sprintf("%s names the threshold %d", fact.What, held))
		}
	}
	w.tell("", s.host, fmt.Sprintf("threshold %d of %s", threshold, stricter))
	if len(wrong) > 0 {
		return fmt.Errorf("expected the threshold %d: %s", threshold, strings.Join(wrong, "; "))
	}
	return nil
}

func (w *World) approveAllHeard(ctx context.Context, name string) error {
	if err := w.approveAll(ctx, name); err != nil {
		return err
	}
	w.probed("the other reviewers approve what they are asked")
	return nil
}
