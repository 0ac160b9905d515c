package steps

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) amendmentsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) decides (positively|negatively) on the dataset "([^"]+)" in the project "([^"]+)" for the ([a-z-]+)$`, w.assessDataset,
			"Casts one vote for a body that decides on each dataset by itself.",
			`the western officer at canpath decides negatively on the dataset "west" in the project "insurance" for the regional-office`},
		{`^([a-z-]+) permits of the project "([^"]+)" the datasets "([^"]+)" alone$`, w.permitsAlone,
			"Looks at the permit that the site granted: it must name these datasets and no other.",
			`canpath permits of the project "insurance" the datasets "south" alone`},
		{`^nothing of the project "([^"]+)" is permitted or provisioned at ([a-z-]+) yet$`, w.notYet,
			"Looks for a permit and a workspace of the project at the site, after a vote there was taken.",
			`nothing of the project "insurance" is permitted or provisioned at health-data-hub yet`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks ([a-z-]+) to let its permit for the project "([^"]+)" cover the datasets "([^"]+)", because "([^"]+)"$`, w.amend,
			"Asks for an amendment of the permit that a site has granted, and waits until the site has it; its bodies decide anew on what is new.",
			`the researcher at tsd asks canpath to let its permit for the project "insurance" cover the datasets "south, west", because "the western office has what it asked for"`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks ([a-z-]+) to let its permit for the project "([^"]+)" end now, because "([^"]+)"$`, w.endEarlier,
			"Asks for an earlier end of a permit that a site has granted, and waits until the site has it. The permit ends once its bodies agree.",
			`the researcher at molgenis asks denbi to let its permit for the project "a short permit" end now, because "the work is done"`},
		{`^([a-z-]+) amends its permit for the project "([^"]+)", and its workspace has the datasets "([^"]+)"$`, w.amended,
			"Waits until the site has amended its permit, and its workspace has the datasets of it.",
			`canpath amends its permit for the project "insurance", and its workspace has the datasets "south, west"`},
	}
}

func (w *World) assessDataset(ctx context.Context, person, site, how, dataset, name, body string) error {
	decision := map[string]string{"positively": "Positive", "negatively": "Negative"}[how]
	return w.actOn(ctx, person, site, name, body+", on "+dataset, "the assessment by", func(p *project) envelope.Payload {
		return approval.ApplicationAssess{ApplicationID: p.application, Body: body, Decision: decision, DatasetID: dataset}
	})
}

func (w *World) permitsAlone(ctx context.Context, site, name, datasets string) error {
	_, permit, err := w.permit(ctx, site, name)
	if err != nil {
		return err
	}
	if !slices.Equal(permit.Datasets, list(datasets)) {
		return fmt.Errorf("%s permits %v, expected %s alone", site, permit.Datasets, datasets)
	}
	w.tell("", site, "the office of each region decides on its own data")
	return nil
}

// notYet is judged after a vote: what would follow from it is announced in the same transaction.
func (w *World) notYet(ctx context.Context, name, site string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	voted := w.tap().Find(harness.Of(func(s harness.Seen, e approval.ApplicationAssessed) bool {
		return s.Site() == site && e.ApplicationID == p.application
	}))
	if len(voted) == 0 {
		return fmt.Errorf("nobody at %s has voted on the project %q, so that nothing followed shows nothing", site, name)
	}
	found := w.tap().Find(func(s harness.Seen) bool {
		granted, isPermit := harness.Payload[approval.PermitGranted](s)
		made, isRoom := harness.Payload[workspace.WorkspaceProvisioned](s)
		return s.Site() == site && (isPermit && granted.ApplicationID == p.application || isRoom && made.ProjectID == p.id)
	})
	if len(found) > 0 {
		return fmt.Errorf("%s said %s of %s", site, found[0].Event.Type, found[0].Event.Subject)
	}
	w.tell("", site, "the chain is not through")
	return nil
}

// amend asks for other datasets under a permit.
func (w *World) amend(ctx context.Context, person, home, site, name, datasets, why string) error {
	return w.anotherPermit(ctx, person, home, site, name, func(permit string) envelope.Payload {
		return approval.PermitAmend{PermitID: permit, Site: site, Datasets: list(datasets), Justification: why}
	})
}

func (w *World) endEarlier(ctx context.Context, person, home, site, name, why string) error {
	return w.anotherPermit(ctx, person, home, site, name, func(permit string) envelope.Payload {
		return approval.PermitRenew{PermitID: permit, Site: site, ExpiresAt: time.Now().UTC(), Justification: why}
	})
}

// anotherPermit asks for another content of a permit. Who applied for it asks, at the host.
func (w *World) anotherPermit(ctx context.Context, person, home, site, name string, act func(permit string) envelope.Payload) error {
	a, err := w.who(person, home)
	if err != nil {
		return err
	}
	p, err := w.project(name)
	if err != nil {
		return err
	}
	permit := p.permits[site]
	w.tell(a.ID(), site, "an amendment of the permit")
	from := len(w.tap().All())
	r, err := a.Act(ctx, act(permit))
	if err != nil {
		return err
	}
	if _, err := w.granted(ctx, r, fmt.Sprintf("the amendment of the project %q", name)); err != nil {
		return err
	}
	// The site has it once it has screened it: with that a new round of the application begins.
	_, err = w.tap().Await(ctx, harness.Fact{What: "the amendment at " + site, About: []string{permit}, From: from,
		Match: harness.Of(func(s harness.Seen, e approval.ApplicationPreScreened) bool {
			return e.ApplicationID == p.application && s.Event.Source == topics.Source(site, topics.Approval)
		}),
		Unless: refusedSubject(site, "permit/"+permit)})
	return err
}

func (w *World) amended(ctx context.Context, site, name, datasets string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	permit, wanted := p.permits[site], list(datasets)
	if _, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the amended permit of %s for the project %q", site, name), About: []string{permit},
		Match: harness.Of(func(s harness.Seen, e approval.PermitAmended) bool {
			return s.Site() == site && e.PermitID == permit && slices.Equal(e.Datasets, wanted)
		})}); err != nil {
		return err
	}
	w.tell("", site, "the same chain, on what is new")
	_, err = w.tap().Await(ctx, harness.Fact{What: "the workspace with the datasets " + datasets, About: []string{permit},
		Match: harness.Of(func(s harness.Seen, e workspace.WorkspaceProvisioned) bool {
			return s.Site() == site && e.PermitID == permit && slices.Equal(e.DatasetIDs, wanted)
		})})
	return err
}
