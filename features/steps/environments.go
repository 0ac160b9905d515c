package steps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/features/fields"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

func (w *World) environmentsSteps() []Step {
	return []Step{
		{`^the ([a-z]+) of ([a-z-]+) is ready$`, w.isReady,
			"Waits until a service of the site says on /readyz that it is ready.",
			"the workspace of molgenis is ready"},
		{`^the ([a-z]+) of ([a-z-]+) is not ready and tells of "([^"]+)"$`, w.isNotReady,
			"Waits until a service of the site says on /readyz that it is not ready, with a word of why.",
			`the workspace of molgenis is not ready and tells of "hormones"`},
		{`^the environments$`, w.environments,
			"Makes and starts the sites of a table that do not run yet; those that run learn of them. Columns: site (also the name of its profile, unless profile gives another, or the path of one with a / in it), name, country, sign-in and analyses for the report; and of each dataset, in rows of their own, dataset, file (one .csv, .vcf, or .bed, .bim and .fam; one that comes with the program by its name, your own by its path from the folder of the feature), rows (region = northeast, or samples 1 to 315), sample (the column of the .csv beside genotypes that has the sample's id), holds (for the report).",
			"the environments"},
		{`^the people of ([a-z-]+) sign in from the address ([0-9.]+)$`, w.addressOf,
			"From now on, people of the site sign in from this address of the machine.",
			"the people of sensitive-cloud sign in from the address 127.0.8.7"},
		{`^every environment runs as (one process|one process per service)$`, w.runAs,
			"Runs all sites in the other form, on the data that they have.",
			"every environment runs as one process per service"},
		{`^every environment publishes its policy$`, w.policies,
			"Waits for the policy of each site, by which it works; the report shows it.",
			"every environment publishes its policy"},
	}
}

// environments makes and starts the sites of a table that do not run yet: site, name, country, sign-in, analyses, and of
// each dataset in a row of its own dataset, file, rows, sample, holds. A site that runs is given the datasets that it
// has not: the scenarios of a run share their environments.
func (w *World) environments(ctx context.Context, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	if err := only(table, "site", "profile", "name", "country", "dataset", "file", "rows", "sample", "holds", "sign-in", "analyses"); err != nil {
		return err
	}
	holdings := map[string]map[string]harness.Dataset{}
	var specs []harness.SiteSpec
	for _, row := range all {
		id := row["site"]
		if !slices.ContainsFunc(w.sites, func(s report.Site) bool { return s.ID == id }) {
			w.sites = append(w.sites, report.Site{ID: id, Name: row["name"], Country: row["country"], SignIn: row["sign-in"], Analyses: row["analyses"]})
			specs = append(specs, harness.SiteSpec{Name: id, Profile: w.profile(row["profile"]), Foreign: w.guest()})
		}
		if row["dataset"] == "" {
			continue
		}
		if holdings[id] == nil {
			holdings[id] = map[string]harness.Dataset{}
		}
		if holdings[id][row["dataset"]], err = w.dataset(row); err != nil {
			return err
		}
		w.holds(id, row["holds"])
	}
	if err := w.run(ctx, specs); err != nil {
		return err
	}
	for id, datasets := range holdings {
		site, err := w.site(id)
		if err == nil {
			err = site.Keep(datasets)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// run begins the federation with sites, or lets them join the one that runs.
func (w *World) run(ctx context.Context, specs []harness.SiteSpec) (err error) {
	if w.federation != nil {
		return w.federation.Grow(ctx, specs)
	}
	config := w.config
	config.Sites = append(config.Sites, specs...)
	if w.federation, err = harness.NewFederation(ctx, config); err != nil {
		return err
	}
	return w.federation.Start(ctx, w.form)
}

// holds notes in words what a site holds, once.
func (w *World) holds(site, what string) {
	for i, s := range w.sites {
		if s.ID == site && what != "" && !slices.Contains(s.Holds, what) {
			w.sites[i].Holds = append(s.Holds, what)
		}
	}
}

// file finds a data file that a table names: one that comes with the program by its name, any other by its path from the
// folder of the scenario.
func (w *World) file(name string) (string, error) {
	ours, own := filepath.Join(w.data, name), name
	if !filepath.IsAbs(own) {
		own = filepath.Join(w.folder, name)
	}
	for _, path := range []string{ours, own} {
		if _, err := os.Stat(path); err == nil && (path == own || !strings.Contains(name, "/")) {
			return path, nil
		}
	}
	meant := ""
	if names, _ := filepath.Glob(filepath.Join(w.data, "*.gz")); len(names) > 0 {
		for i := range names {
			names[i] = filepath.Base(names[i])
		}
		if near := fields.Nearest(name, names); near != "" {
			meant = "; perhaps " + near + " is meant"
		}
	}
	return "", fmt.Errorf("there is no file %s, and none of this name comes with the program%s", own, meant)
}

// profile is the name of one that comes with the program as it is, and a path as it counts from the folder of the scenario.
func (w *World) profile(name string) string {
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		return filepath.Join(w.folder, name)
	}
	return name
}

var samplesOf = regexp.MustCompile(`^samples (\d+) to (\d+)$`)

// dataset reads the columns file ("insurance.csv.gz", "a.bed.gz, a.bim.gz, a.fam.gz"), rows ("region = northeast",
// "samples 1 to 315") and sample of a row.
func (w *World) dataset(row map[string]string) (harness.Dataset, error) {
	d := harness.Dataset{Sample: row["sample"]}
	for _, name := range list(row["file"]) {
		file, err := w.file(name)
		if err != nil {
			return d, err
		}
		if strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".csv") {
			d.File = file
		} else {
			d.Genotypes = append(d.Genotypes, file)
		}
	}
	chosen := row["rows"]
	if column, text, ok := strings.Cut(chosen, "="); ok {
		d.Column, d.Equals = strings.TrimSpace(column), strings.TrimSpace(text)
	} else if numbers := samplesOf.FindStringSubmatch(chosen); numbers != nil {
		d.First, _ = strconv.Atoi(numbers[1])
		d.Last, _ = strconv.Atoi(numbers[2])
	} else if chosen != "" {
		return d, fmt.Errorf("rows %q: expected column = text, or samples 1 to 315", chosen)
	}
	return d, nil
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
