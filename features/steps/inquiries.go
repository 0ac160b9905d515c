package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) inquiriesSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) asks several sites how many people carry "([^"]+)", and is told$`, w.inquire(""),
			"Asks one question of datasets at several sites; each answers by its own policy. A row each, which must be all: site, dataset, told (a number; enough; too few; nothing, because of a reason; silence), and optionally of (how many people's genotype is known). The sum that is told is a row of the site all, or those that told; without the row none may be told.",
			`the researcher at securevre asks several sites how many people carry "2:10205 T>G", and is told`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks several sites how many people meet "([^"]+)", and is told$`, w.inquireFiltered,
			"The same of people who meet all conditions.",
			`the researcher at molgenis asks several sites how many people meet "menopause = after", and is told`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks several sites whether there are enough people who carry "([^"]+)", and is told$`, w.inquire("boolean"),
			"The same, where no number is wanted.",
			`the researcher at securevre asks several sites whether there are enough people who carry "2:10205 T>G", and is told`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people of "([^"]+)" carry each of these, and is told$`, w.carryEach,
			"Asks of one variant after the other, a row each: variant, told (a number; too few; nothing, because of a reason).",
			`the researcher at openvre asks how many people of "kgp-2" carry each of these, and is told`},
	}
}

// The words for an answer in a table.
const (
	enough  = "enough"
	few     = "too few"
	silence = "silence"
	nothing = "nothing, because of "
)

// inquire asks several sites how many carry a variant, and compares the whole answer with a table.
func (w *World) inquire(granularity string) func(context.Context, string, string, string, *godog.Table) error {
	return func(ctx context.Context, person, site, words string, table *godog.Table) error {
		variant, err := variantOf(words)
		if err != nil {
			return err
		}
		return w.askSeveral(ctx, person, site, federation.InquiryOpen{Filters: []vocabulary.Filter{}, Variant: variant, Granularity: granularity}, table)
	}
}

func (w *World) inquireFiltered(ctx context.Context, person, site, conditions string, table *godog.Table) error {
	filters, err := filtersOf(conditions)
	if err != nil {
		return err
	}
	return w.askSeveral(ctx, person, site, federation.InquiryOpen{Filters: filters}, table)
}

// askSeveral puts a question to the datasets of a table, and compares the whole answer with it.
func (w *World) askSeveral(ctx context.Context, person, site string, act federation.InquiryOpen, table *godog.Table) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	expected, err := rows(table)
	if err != nil {
		return err
	}
	act.InquiryID, act.DeadlineSeconds = harness.NewID(), 120
	for _, row := range expected {
		if row["dataset"] != "" {
			act.Targets = append(act.Targets, vocabulary.DatasetRef{Site: row["site"], DatasetID: row["dataset"]})
		}
	}
	w.tell(a.ID(), site, "each site tells by its own policy")
	answered, err := w.inquiry(ctx, a, act)
	if err != nil {
		return err
	}
	return compared(answered, expected)
}

// inquiry asks, and waits for the one answer.
func (w *World) inquiry(ctx context.Context, a *actor, act federation.InquiryOpen) (federation.InquiryAnswered, error) {
	r, err := a.Act(ctx, act)
	if err == nil {
		_, err = w.granted(ctx, r, "the question of "+a.Role)
	}
	if err != nil {
		return federation.InquiryAnswered{}, err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the answer of all sites to the question of " + a.Role, About: []string{act.InquiryID},
		Match: harness.Of(func(_ harness.Seen, p federation.InquiryAnswered) bool { return p.InquiryID == act.InquiryID })})
	answered, _ := harness.Payload[federation.InquiryAnswered](seen)
	return answered, err
}

// compared holds an answer against a table, which has all of it.
func compared(got federation.InquiryAnswered, expected []map[string]string) error {
	var errs []error
	total := ""
	for _, row := range expected {
		if row["dataset"] == "" {
			total = row["site"] + ": " + row["told"]
			continue
		}
		i := slices.IndexFunc(got.Answers, func(a vocabulary.SiteAnswer) bool { return a.Site == row["site"] && a.DatasetID == row["dataset"] })
		if i < 0 {
			errs = append(errs, fmt.Errorf("the answer does not name %s", row["site"]))
			continue
		}
		a := got.Answers[i]
		if told := inWords(a.Outcome, a.Count, a.Reason); told != row["told"] {
			errs = append(errs, fmt.Errorf("of %s at %s was told: %s; expected %s", a.DatasetID, a.Site, told, row["told"]))
		}
		if of, asked := row["of"]; asked && of != number(a.Called) {
			errs = append(errs, fmt.Errorf("the genotype of %q people at %s is said to be known, expected %q", number(a.Called), a.Site, of))
		}
	}
	told := ""
	if got.TotalOf != "" {
		told = strings.ReplaceAll(got.TotalOf, "-", " ") + ": " + number(got.Total)
	}
	if told != total {
		errs = append(errs, fmt.Errorf("the sum that was told is %q, expected %q", told, total))
	}
	return errors.Join(errs...)
}

// inWords is what a site told, as a table has it.
func inWords(outcome string, count int64, reason string) string {
	switch outcome {
	case "counted":
		return number(count)
	case "present":
		return enough
	case "suppressed":
		return few
	case "silent":
		return silence
	}
	return nothing + reason
}

// number is empty for none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// carryEach asks one question after the other.
func (w *World) carryEach(ctx context.Context, person, site, dataset string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	var errs []error
	for n, row := range all {
		told := ""
		answer, refusal, err := w.carriersOrRefusal(ctx, person, site, dataset, row["variant"])
		switch {
		case err != nil:
			return err
		case refusal.Reason != "":
			told = nothing + refusal.Reason
		default:
			told = inWords(answer.Outcome, answer.Count, answer.Reason)
		}
		if told != row["told"] {
			errs = append(errs, fmt.Errorf("question %d, of %s: was told %s, expected %s", n+1, row["variant"], told, row["told"]))
		}
	}
	return errors.Join(errs...)
}
