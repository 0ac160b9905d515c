package steps

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

const officer = "identity officer"

func (w *World) peopleSteps() []Step {
	return []Step{
		{`^the first identity officer of each environment enrols with its one-time code$`, w.officers,
			"Registers and enrols the first identity officer of each site that has none, by the code in the site's folder.",
			"the first identity officer of each environment enrols with its one-time code"},
		{`^these people join, complete the course "([^"]+)" and sign the "([^"]+)" in version "([^"]+)"$`, w.join,
			"Registers people, with second factor, training, agreement and roles. Columns: site, person, roles, acts for (an organisation, if it is not the site), and without, which lists what they lack: training, agreement, second factor. Who has joined before is given the roles that they have not.",
			`these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"`},
		{`^the officer at ([a-z-]+) also gives the ([a-z -]+?) there the role "([^"]+)"$`, w.alsoRole,
			"Gives somebody a role more.",
			`the officer at molgenis also gives the researcher there the role "output-checker"`},
		{`^the ([a-z -]+?) at ([a-z-]+) publishes the dataset "([^"]+)" of "([^"]+)", titled "([^"]+)", for use as "([^"]+)", with the dictionary$`, w.describeForUse,
			"Publishes the record of a dataset as the step below does, with the conditions on its use as terms of the Data Use Ontology: GRU is general research, NPU for those alone who do not seek profit.",
			`the data manager at molgenis publishes the dataset "rotterdam" of "erasmus-mc", titled "Rotterdam tumour bank", for use as "GRU, NPU", with the dictionary`},
		{`^the ([a-z -]+?) at ([a-z-]+) publishes the dataset "([^"]+)" of "([^"]+)", titled "([^"]+)", with the dictionary$`, w.describe,
			"Publishes the record of a dataset with its dictionary, unless it is published so already. Columns: concept, column, type (number, integer, category, event, identifier, genotype), unit, event value, levels (0 = untreated, 1 = treated).",
			`the data manager at molgenis publishes the dataset "rotterdam" of "erasmus-mc", titled "Rotterdam tumour bank", with the dictionary`},
		{`^the ([a-z -]+?) at ([a-z-]+) describes the dataset "([^"]+)" anew, with "([^"]+)" in the column "([^"]+)"$`, w.rebind,
			"Publishes the next version of a record, in which a concept has another column.",
			`the data manager at molgenis describes the dataset "rotterdam" anew, with "hormone-therapy" in the column "hormones"`},
		{`^the person with the (\S+) (\S+) in "([^"]+)" objects at ([a-z-]+), and the ([a-z -]+?) there publishes the next version of the dataset without that person$`, w.objects,
			"Takes the rows of a person out of a table that the site holds, as its operator would, and publishes the next version of the record.",
			`the person with the id 6 in "nafld1" objects at findata, and the data manager there publishes the next version of the dataset without that person`},
	}
}

// introduce makes a person known to the world.
func (w *World) introduce(role, site string) (*actor, error) {
	s, err := w.site(site)
	if err != nil {
		return nil, err
	}
	name := role + " at " + site
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.people[name]; known {
		return nil, fmt.Errorf("the %s was introduced before", name)
	}
	a := &actor{Person: s.NewPerson("the "+name, w.addresses[site])}
	w.people[name] = a
	return a, nil
}

// enter registers a person and signs them in with a second factor, if they are to have one.
func (a *actor) enter(ctx context.Context, code string, secondFactor bool) error {
	if err := a.Register(ctx, code); err != nil {
		return err
	}
	if err := a.SignIn(ctx); err != nil || !secondFactor {
		return err
	}
	return a.EnrolSecondFactor(ctx)
}

func (w *World) officers(ctx context.Context) error {
	return each(w.federation.Names(), func(name string) error {
		if _, err := w.who(officer, name); err == nil {
			return nil // enrolled by an earlier scenario
		}
		site, err := w.site(name)
		if err != nil {
			return err
		}
		code, err := site.EnrolmentCode()
		if err != nil {
			return err
		}
		a, err := w.introduce(officer, name)
		if err != nil {
			return err
		}
		if err := a.enter(ctx, code, true); err != nil {
			return err
		}
		a.roles = []string{"identity-officer"}
		return w.hasRole(ctx, a, "identity-officer")
	})
}

func (w *World) hasRole(ctx context.Context, a *actor, role string) error {
	_, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the role %s of %s", role, a.Role), About: []string{a.ID()},
		Match: harness.Of(func(_ harness.Seen, p identity.RoleGranted) bool { return p.PersonID == a.ID() && p.Role == role })})
	return err
}

// join brings in the people of a table: site, person, roles, and optionally without, which lists what they lack:
// training, agreement, second factor. Who has joined before is given the roles that they have not. The sites work at the
// same time, within a site one comes after the other.
func (w *World) join(ctx context.Context, course, agreement, version string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	var sites []string
	for _, row := range all {
		if !slices.Contains(sites, row["site"]) {
			sites = append(sites, row["site"])
		}
	}
	return each(sites, func(site string) error {
		for _, row := range all {
			if row["site"] != site {
				continue
			}
			if err := w.joins(ctx, row, course, agreement, version); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *World) joins(ctx context.Context, row map[string]string, course, agreement, version string) error {
	lacks := list(row["without"])
	role := strings.TrimPrefix(row["person"], "the ")
	if _, err := w.who(role, row["site"]); err == nil {
		return w.gainRoles(ctx, role, row["site"], list(row["roles"]))
	}
	a, err := w.introduce(role, row["site"])
	if err != nil {
		return err
	}
	if err := a.enter(ctx, "", !slices.Contains(lacks, "second factor")); err != nil {
		return err
	}
	chief, err := w.who(officer, row["site"])
	if err != nil {
		return err
	}
	var receipts []harness.Receipt
	ask := func(r harness.Receipt, err error) error {
		receipts = append(receipts, r)
		return err
	}
	var errs []error
	if !slices.Contains(lacks, "training") {
		completed := time.Now().UTC().Add(-24 * time.Hour)
		errs = append(errs, ask(chief.Act(ctx, identity.TrainingRecord{PersonID: a.ID(), Course: course, CompletedAt: completed})))
	}
	for _, role := range list(row["roles"]) {
		errs = append(errs, ask(chief.Act(ctx, identity.RoleGrant{PersonID: a.ID(), Role: role, Organisation: row["acts for"]})))
		a.roles = append(a.roles, role)
	}
	if !slices.Contains(lacks, "agreement") {
		errs = append(errs, ask(a.Act(ctx, identity.AgreementSign{PersonID: a.ID(), Agreement: agreement, Version: version})))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, r := range receipts {
		if _, err := w.granted(ctx, r, fmt.Sprintf("what %s needs to begin", a.Role)); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) gainRoles(ctx context.Context, person, site string, roles []string) error {
	for _, role := range roles {
		if err := w.alsoRole(ctx, site, person, role); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) alsoRole(ctx context.Context, site, person, role string) error {
	chief, err := w.who(officer, site)
	if err != nil {
		return err
	}
	a, err := w.who(person, site)
	if err != nil || slices.Contains(a.roles, role) {
		return err
	}
	w.tell(chief.ID(), site, "role "+role)
	r, err := chief.Act(ctx, identity.RoleGrant{PersonID: a.ID(), Role: role})
	if err != nil {
		return err
	}
	a.roles = append(a.roles, role)
	_, err = w.granted(ctx, r, fmt.Sprintf("the role %s of %s", role, a.Role))
	return err
}

// describe publishes a dataset record. The table has concept, column, type, unit, event value, levels; levels are
// written "0 = untreated, 1 = treated".
func (w *World) describe(ctx context.Context, person, site, dataset, holder, title string, table *godog.Table) error {
	return w.describeForUse(ctx, person, site, dataset, holder, title, "", table)
}

// describeForUse is describe with conditions on the use of the data.
func (w *World) describeForUse(ctx context.Context, person, site, dataset, holder, title, uses string, table *godog.Table) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	if err := only(table, "concept", "column", "type", "unit", "event value", "levels"); err != nil {
		return err
	}
	act := catalog.DatasetDescribe{DatasetID: dataset, Title: title, Holder: holder, Version: "1", AccessRights: "NON_PUBLIC", DataUse: list(uses)}
	for _, row := range all {
		v := vocabulary.Variable{Concept: row["concept"], Column: row["column"], Type: row["type"], Unit: row["unit"], EventValue: row["event value"]}
		for level := range strings.SplitSeq(row["levels"], ",") {
			value, label, ok := strings.Cut(level, "=")
			if strings.TrimSpace(level) == "" {
				continue
			}
			if !ok {
				return fmt.Errorf("level %q of %s: expected value = label", level, v.Concept)
			}
			v.Levels = append(v.Levels, vocabulary.Level{Code: strings.TrimSpace(value), Label: strings.TrimSpace(label)})
		}
		act.Dictionary = append(act.Dictionary, v)
	}
	known := w.tap().Find(harness.Of(func(s harness.Seen, p catalog.DatasetPublished) bool {
		return s.Site() == site && p.DatasetID == dataset
	}))
	for _, s := range known {
		act.Version = fmt.Sprint(len(known) + 1)
		if p, _ := harness.Payload[catalog.DatasetPublished](s); reflect.DeepEqual(p.Dictionary, act.Dictionary) && slices.Equal(p.DataUse, act.DataUse) {
			return nil // an earlier scenario has published it
		}
	}
	return w.published(ctx, a, act)
}

func (w *World) published(ctx context.Context, a *actor, act catalog.DatasetDescribe) error {
	w.tell(a.ID(), a.Site.Name, "data dictionary")
	r, err := a.Act(ctx, act)
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, "the dataset record of "+act.DatasetID)
	return err
}

// record is what a site has said last of a dataset.
func (w *World) record(site, dataset string) (last catalog.DatasetDescribe, found bool) {
	for _, s := range w.tap().Find(func(s harness.Seen) bool { return s.Site() == site }) {
		if p, ok := harness.Payload[catalog.DatasetPublished](s); ok && p.DatasetID == dataset {
			last, found = catalog.DatasetDescribe(p), true
		}
		if p, ok := harness.Payload[catalog.DatasetUpdated](s); ok && p.DatasetID == dataset {
			last = catalog.DatasetDescribe{DatasetID: p.DatasetID, Title: p.Title, Holder: p.Holder, Version: p.Version,
				AccessRights: p.AccessRights, Dictionary: p.Dictionary, DataUse: p.DataUse, HostedAt: p.HostedAt}
		}
	}
	return last, found
}

// newVersion publishes the next version of a dataset record.
func (w *World) newVersion(ctx context.Context, a *actor, dataset string, change func(*catalog.DatasetDescribe) error) error {
	act, found := w.record(a.Site.Name, dataset)
	if !found {
		return fmt.Errorf("%s has not published %q", a.Site.Name, dataset)
	}
	version, err := strconv.Atoi(act.Version)
	if err != nil {
		return fmt.Errorf("version %q of %q: expected a number: %w", act.Version, dataset, err)
	}
	act.Version, act.Dictionary = strconv.Itoa(version+1), slices.Clone(act.Dictionary)
	if err := change(&act); err != nil {
		return err
	}
	return w.published(ctx, a, act)
}

// rebind publishes the next version of a dataset record, in which one concept has another column.
func (w *World) rebind(ctx context.Context, person, site, dataset, concept, column string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	return w.newVersion(ctx, a, dataset, func(act *catalog.DatasetDescribe) error {
		at := slices.IndexFunc(act.Dictionary, func(v vocabulary.Variable) bool { return v.Concept == concept })
		if at < 0 {
			return fmt.Errorf("the dictionary of %q has no %q", dataset, concept)
		}
		act.Dictionary[at].Column = column
		return nil
	})
}

// objects lets a person leave a dataset: the data first, then the record that tells of it.
func (w *World) objects(ctx context.Context, column, value, dataset, site, person string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	if err := a.Site.Omit(dataset, column, value); err != nil {
		return err
	}
	return w.newVersion(ctx, a, dataset, func(*catalog.DatasetDescribe) error { return nil })
}
