package steps

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"errors"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

func (w *World) bindEnvironments(sc *godog.ScenarioContext) {
	sc.Step(`^the ([a-z]+) of ([a-z-]+) is ready$`, w.isReady)
	sc.Step(`^the ([a-z]+) of ([a-z-]+) is not ready and tells of "([^"]+)"$`, w.isNotReady)
	sc.Step(`^the environments$`, w.environments)
	sc.Step(`^the people of ([a-z-]+) sign in from the address ([0-9.]+)$`, w.addressOf)
	sc.Step(`^every environment runs as (one process|one process per service)$`, w.runAs)
	sc.Step(`^every environment publishes its policy$`, w.policies)
}

// environments makes and starts the sites of a table: site, name, country, dataset, file.
func (w *World) environments(ctx context.Context, table *godog.Table) error {
	if w.federation != nil {
		return nil // the scenarios of a run share their environments
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	config := w.config
	for _, row := range all {
		config.Sites = append(config.Sites, harness.SiteSpec{Name: row["site"], Profile: row["profile"],
			Holdings: map[string]string{row["dataset"]: filepath.Join(w.data, row["file"])}})
		w.sites = append(w.sites, report.Site{ID: row["site"], Name: row["name"], Country: row["country"], Holds: []string{row["holds"]},
			SignIn: row["sign-in"], Analyses: row["analyses"]})
	}
	if w.federation, err = harness.NewFederation(ctx, config); err != nil {
		return err
	}
	return w.federation.Start(ctx, w.form)
}

func (w *World) addressOf(_ context.Context, site, address string) error {
	w.addresses[site] = address
	return nil
}

// runAs starts all sites in a form, on the data that they have.
func (w *World) runAs(ctx context.Context, words string) error {
	if w.federation == nil {
		return errors.New("no environments run yet: begin with \"the environments\"")
	}
	form := harness.Whole
	if words != "one process" {
		form = harness.Split
	}
	if w.federation.Form == form {
		return nil
	}
	w.memory = max(w.memory, w.federation.Memory())
	stopping, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := w.federation.Stop(stopping); err != nil {
		return err
	}
	return w.federation.Start(ctx, form)
}

// policies waits for the policy of each site, which says by which rules it works.
func (w *World) policies(ctx context.Context) error {
	for i, site := range w.sites {
		s, err := w.tap().Await(ctx, harness.Fact{What: "the policy of " + site.ID, About: []string{site.ID},
			Match: harness.Of(func(_ harness.Seen, p federation.PolicyPublished) bool { return p.Site == site.ID })})
		if err != nil {
			return err
		}
		p, _ := harness.Payload[federation.PolicyPublished](s)
		w.sites[i].Threshold = int(p.Threshold)
		w.sites[i].Reviewers = fmt.Sprint(p.Reviewers)
		if p.Blinded {
			w.sites[i].Reviewers += ", blinded"
		}
		w.sites[i].Chain = nil
		for _, body := range p.Chain {
			w.sites[i].Chain = append(w.sites[i].Chain, fmt.Sprintf("%s, %d", body.Body, body.Quorum))
		}
	}
	return nil
}

// each does something for several names at once, and returns all errors.
func each(names []string, do func(name string) error) error {
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { errs[i] = do(name) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (w *World) isReady(ctx context.Context, service, site string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	return s.AwaitReady(ctx, service)
}

func (w *World) isNotReady(ctx context.Context, service, site, text string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	return s.AwaitNotReady(ctx, service, text)
}
