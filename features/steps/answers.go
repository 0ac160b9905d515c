package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// tolerance of a known answer, relative.
const tolerance = 1e-9

func (w *World) answersSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) fetches the result of the study "([^"]+)"$`, w.fetch,
			"Fetches the bytes of the released result at the door, and holds them against the digest that the reviewers approved and against the one text of their numbers.",
			`the researcher at molgenis fetches the result of the study "hormone therapy and recurrence"`},
		{`^nobody else may fetch the result of the study "([^"]+)"$`, w.nobodyElse,
			"Tries to fetch the result as the site's officer, who is no recipient, and wants to be refused.",
			`nobody else may fetch the result of the study "hormone therapy and recurrence"`},
		{`^it holds these known answers of the study "([^"]+)", to 1e-9 relative$`, w.known,
			"Compares numbers of the fetched result with known answers, a row each: quantity, of (a site, or all sites), answer. The report shows both.",
			`it holds these known answers of the study "hormone therapy and recurrence", to 1e-9 relative`},
		{`^the result of the study "([^"]+)" has the same numbers as that of "([^"]+)"$`, w.sameNumbers,
			"Compares two fetched results, which may differ in the name of the study alone.",
			`the result of the study "the federation's broker dies" has the same numbers as that of "hormone therapy and recurrence"`},
		{`^the cohorts of the study "([^"]+)" disagree, which the report says$`, w.disagree,
			"Wants the result to say that the sites point in opposite directions and that chance does not explain it; the report says so beside the numbers.",
			`the cohorts of the study "hormone therapy and recurrence" disagree, which the report says`},
		{`^the curves of the study "([^"]+)" show no step of fewer than (\d+) events and no fewer than (\d+) people at risk at ([a-z-]+)$`, w.thinned,
			"Looks at every step of the survival curves that left the site: none may tell of fewer events or people than that.",
			`the curves of the study "hormone therapy and recurrence" show no step of fewer than 5 events and no fewer than 5 people at risk at molgenis`},
		{`^the silence of ([a-z-]+) changed the chi-square of the study "([^"]+)" from ([0-9.]+) to ([0-9.]+)$`, w.silenceChanged,
			"Compares a result without the silent site with the known answers with and without it.",
			`the silence of denbi changed the chi-square of the study "with a silent site" from 0.5631462169239 to 9.484367566511`},
	}
}

func (w *World) fetch(ctx context.Context, person, site, name string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if s.completed == nil || s.completed.ReleaseID == "" {
		return fmt.Errorf("the study %q has not completed with a release", name)
	}
	data, err := w.collect(ctx, a, s.completed.ReleaseID)
	if err != nil {
		return err
	}
	if got := outputs.Digest(data); got != s.completed.Digest {
		return fmt.Errorf("the bytes fetched have the digest %s, released was %s", got, s.completed.Digest)
	}
	document, canonical, err := outputs.Canonical(data)
	if err != nil {
		return fmt.Errorf("the result of the study %q: %w", name, err)
	}
	if !canonical {
		return fmt.Errorf("the result of the study %q is not the canonical text of its numbers", name)
	}
	s.document = document
	w.tell(a.ID(), site, fmt.Sprintf("%d bytes, the digest that was approved", len(data)))
	return nil
}

// collect fetches a published release. The door hears of the publication by the same event as everybody, so it may know
// of it a moment later than the brokers do.
func (w *World) collect(ctx context.Context, a *actor, releaseID string) ([]byte, error) {
	_, err := w.tap().Await(ctx, harness.Fact{What: "the publication of the release " + releaseID, About: []string{releaseID},
		Match: harness.Of(func(_ harness.Seen, p airlock.ReleasePublished) bool { return p.ReleaseID == releaseID })})
	if err != nil {
		return nil, err
	}
	return a.Collect(ctx, releaseID)
}

func (w *World) nobodyElse(ctx context.Context, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	other, err := w.who(officer, s.host)
	if err != nil {
		return err
	}
	if _, err := other.Download(ctx, s.completed.ReleaseID); err == nil {
		return fmt.Errorf("%s, who is no recipient, got the result", other.Role)
	}
	return nil
}

// combination is the first combined test of a study's result.
func (s *study) combination() (outputs.Combination, error) {
	for _, r := range s.document.Results {
		if c, ok := r.(outputs.Combination); ok {
			return c, nil
		}
	}
	return outputs.Combination{}, fmt.Errorf("the result of the study %q holds no combination", s.name)
}

// combined is a study and its combination.
func (w *World) combined(name string) (*study, outputs.Combination, error) {
	s, err := w.study(name)
	if err != nil {
		return nil, outputs.Combination{}, err
	}
	c, err := s.combination()
	return s, c, err
}

// quantity finds a number: O-E of the compared group, variance or chi-square, of a site or of all.
func quantity(c outputs.Combination, what, of string) (float64, error) {
	if of == "all sites" {
		if what == "chi-square" {
			return c.ChiSquare, nil
		}
		return 0, fmt.Errorf("no %q of all sites is known here, only chi-square", what)
	}
	i := slices.IndexFunc(c.Sites, func(r outputs.SiteResult) bool { return r.Site == of })
	if i < 0 {
		return 0, fmt.Errorf("%s is not in the combination", of)
	}
	switch what {
	case "observed minus expected":
		return c.Sites[i].OMinusE, nil
	case "variance":
		return c.Sites[i].Variance, nil
	case "chi-square":
		return c.Sites[i].ChiSquare, nil
	}
	return 0, fmt.Errorf("no quantity is called %q", what)
}

// known compares with a table: quantity, of, answer.
func (w *World) known(_ context.Context, name string, table *godog.Table) error {
	s, c, err := w.combined(name)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range all {
		answer, err := strconv.ParseFloat(row["answer"], 64)
		if err != nil {
			return fmt.Errorf("the known answer %q is not a number", row["answer"])
		}
		a := report.Answer{Quantity: row["quantity"] + ", " + row["of"], Known: answer, Tolerance: tolerance}
		if ours, err := quantity(c, row["quantity"], row["of"]); err != nil {
			errs = append(errs, err)
		} else {
			a.Ours = &ours
			if !a.Met() {
				errs = append(errs, fmt.Errorf("%s: ours is %.13g, known is %.13g", a.Quantity, ours, answer))
			}
		}
		s.answers = append(s.answers, a)
	}
	return errors.Join(errs...)
}

// sameNumbers compares two results but for the study's name.
func (w *World) sameNumbers(_ context.Context, name, other string) error {
	a, err := w.study(name)
	if err != nil {
		return err
	}
	b, err := w.study(other)
	if err != nil {
		return err
	}
	ours, theirs := a.document, b.document
	ours.Dataset, theirs.Dataset = "same", "same"
	first, err := outputs.Encode(ours)
	if err != nil {
		return fmt.Errorf("the result of %q: %w", name, err)
	}
	second, err := outputs.Encode(theirs)
	if err != nil {
		return fmt.Errorf("the result of %q: %w", other, err)
	}
	if string(first) != string(second) {
		return fmt.Errorf("the results of %q and %q differ", name, other)
	}
	return nil
}

func (w *World) disagree(_ context.Context, name string) error {
	s, c, err := w.combined(name)
	if err != nil {
		return err
	}
	if c.Heterogeneity.Agree {
		return errors.New("the result says that the cohorts agree")
	}
	if c.Heterogeneity.P >= 0.05 {
		return fmt.Errorf("the cohorts point in opposite directions, but chance explains it: p is %.3g", c.Heterogeneity.P)
	}
	s.note = fmt.Sprintf("The cohorts disagree: Q %.2f, degrees of freedom %d, I² %.0f %%. A combined chi-square near zero is two opposite differences, not the absence of any.",
		c.Heterogeneity.Q, c.Heterogeneity.DF, 100*c.Heterogeneity.ISquared)
	return nil
}

func (w *World) thinned(_ context.Context, name, events, atRisk, site string) error {
	_, c, err := w.combined(name)
	if err != nil {
		return err
	}
	fewestEvents, _ := strconv.Atoi(events)
	fewestPeople, _ := strconv.Atoi(atRisk)
	steps := 0
	for _, curves := range c.Curves {
		if curves.Site != site {
			continue
		}
		for _, group := range curves.Groups {
			for _, step := range group.Steps {
				steps++
				if step.Events < fewestEvents || step.AtRisk < fewestPeople {
					return fmt.Errorf("a step of %s tells of %d events and %d people at risk", site, step.Events, step.AtRisk)
				}
			}
		}
	}
	if steps == 0 {
		return fmt.Errorf("no curve of %s has a step", site)
	}
	return nil
}

// silenceChanged compares a partial result with what is known of the whole.
func (w *World) silenceChanged(_ context.Context, site, name, with, without string) error {
	s, c, err := w.combined(name)
	if err != nil {
		return err
	}
	whole, err := strconv.ParseFloat(with, 64)
	if err != nil {
		return err
	}
	part, err := strconv.ParseFloat(without, 64)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(c.Sites, func(r outputs.SiteResult) bool { return r.Site == site }) {
		return fmt.Errorf("%s was silent, yet it is in the combination", site)
	}
	a := report.Answer{Quantity: "chi-square, without " + site, Known: part, Ours: &c.ChiSquare, Tolerance: tolerance}
	s.answers = append(s.answers, a)
	s.silence = &report.Silence{Sites: []string{site}, Quantity: "chi-square", With: whole, Without: c.ChiSquare}
	if !a.Met() {
		return fmt.Errorf("without %s the chi-square is %.13g, known is %.13g", site, c.ChiSquare, part)
	}
	return nil
}
