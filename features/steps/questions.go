package steps

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) questionsSteps() []Step {
	return []Step{
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people "([^"]+)" holds with "([^"]+)", and is told (\d+)$`, w.toldCount,
			"Asks a count of people who meet all conditions, before any permit; the number that is told must be this one.",
			`the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated", and is told 335`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people "([^"]+)" holds with "([^"]+)", and is told that they are too few to tell$`, w.tooFew,
			"Asks a count, of which nothing may be told since they are too few.",
			`the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated, chemotherapy = yes, menopause = after, grade = moderate", and is told that they are too few to tell`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people "([^"]+)" holds with "([^"]+)", and is not answered because of "([^"]+)"$`, w.notAnswered,
			"Asks a count that cannot be answered, for this reason.",
			`the researcher at molgenis asks how many people "rotterdam" holds with "hormone-therapy = treated", and is not answered because of "data-unreadable"`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people of "([^"]+)" carry "([^"]+)", and is told (\d+)$`, w.toldCarriers,
			"Asks how many people have one or two copies of an allele, written chromosome:position reference>alternate; the number that is told must be this one.",
			`the researcher at securevre asks how many people of "kgp-1" carry "2:10205 T>G", and is told 20`},
		{`^the ([a-z -]+?) at ([a-z-]+) asks how many people of "([^"]+)" carry "([^"]+)", and is told that they are too few to tell$`, w.fewCarriers,
			"Asks how many people carry an allele, of which nothing may be told: none and a few look the same.",
			`the researcher at openvre asks how many people of "kgp-2" carry "2:10363 G>A", and is told that they are too few to tell`},
	}
}

// answer asks a question and waits for its answer.
func (w *World) answer(ctx context.Context, a *actor, q catalog.QuestionAsk) (catalog.QuestionAnswered, error) {
	r, err := a.Act(ctx, q)
	if err != nil {
		return catalog.QuestionAnswered{}, err
	}
	if _, err := w.granted(ctx, r, "the question of "+a.Role); err != nil {
		return catalog.QuestionAnswered{}, err
	}
	return w.answerTo(ctx, a, q)
}

// answerTo waits for the answer to a question.
func (w *World) answerTo(ctx context.Context, a *actor, q catalog.QuestionAsk) (catalog.QuestionAnswered, error) {
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the answer to the question of " + a.Role, About: []string{q.QuestionID},
		Match: harness.Of(func(_ harness.Seen, p catalog.QuestionAnswered) bool { return p.QuestionID == q.QuestionID })})
	answer, _ := harness.Payload[catalog.QuestionAnswered](seen)
	return answer, err
}

// filtered asks how many people meet all conditions, written "concept = level, concept = level".
func (w *World) filtered(ctx context.Context, person, site, dataset, conditions string) (catalog.QuestionAnswered, error) {
	a, err := w.who(person, site)
	if err != nil {
		return catalog.QuestionAnswered{}, err
	}
	filters, err := filtersOf(conditions)
	if err != nil {
		return catalog.QuestionAnswered{}, err
	}
	w.tell(a.ID(), site, "counts from twice the threshold on, in multiples of it")
	return w.answer(ctx, a, question(dataset, filters...))
}

// filtersOf reads "hormone-therapy = treated, menopause = after".
func filtersOf(conditions string) (filters []vocabulary.Filter, err error) {
	for _, condition := range list(conditions) {
		concept, level, ok := strings.Cut(condition, "=")
		if !ok {
			return nil, fmt.Errorf("condition %q: expected concept = level", condition)
		}
		filters = append(filters, vocabulary.Filter{Concept: strings.TrimSpace(concept), Level: strings.TrimSpace(level)})
	}
	return filters, nil
}

var variantWords = regexp.MustCompile(`^(\S+):(\d+) ([ACGT]+)>([ACGT]+)$`)

// variantOf reads "2:10205 T>G".
func variantOf(words string) (vocabulary.Variant, error) {
	said := variantWords.FindStringSubmatch(words)
	if said == nil {
		return vocabulary.Variant{}, fmt.Errorf("variant %q: expected chromosome:position reference>alternate", words)
	}
	position, err := strconv.ParseInt(said[2], 10, 64)
	return vocabulary.Variant{Chromosome: said[1], Position: position, Reference: said[3], Alternate: said[4]}, err
}

// carriers asks how many people carry a variant.
func (w *World) carriers(ctx context.Context, person, site, dataset, words string) (catalog.QuestionAnswered, error) {
	answer, refusal, err := w.carriersOrRefusal(ctx, person, site, dataset, words)
	if err == nil && refusal.Reason != "" {
		err = fmt.Errorf("the question was refused as %q (%s)", refusal.Reason, refusal.Detail)
	}
	return answer, err
}

// carriersOrRefusal is carriers where the catalog may refuse the question.
func (w *World) carriersOrRefusal(ctx context.Context, person, site, dataset, words string) (answer catalog.QuestionAnswered, refusal harness.Refusal, err error) {
	a, err := w.who(person, site)
	if err != nil {
		return answer, refusal, err
	}
	q := question(dataset)
	if q.Variant, err = variantOf(words); err != nil {
		return answer, refusal, err
	}
	w.tell(a.ID(), site, "carriers from twice the base on, in multiples of it")
	r, err := a.Act(ctx, q)
	if err != nil {
		return answer, refusal, err
	}
	if seen, err := w.granted(ctx, r, "the question of "+a.Role); errors.Is(err, harness.ErrContrary) {
		refusal, _ = harness.RefusalOf(seen)
		return answer, refusal, nil
	} else if err != nil {
		return answer, refusal, err
	}
	answer, err = w.answerTo(ctx, a, q)
	return answer, refusal, err
}

func (w *World) toldCarriers(ctx context.Context, person, site, dataset, variant, count string) error {
	answer, err := w.carriers(ctx, person, site, dataset, variant)
	if err != nil {
		return err
	}
	return isCount(answer, count)
}

func (w *World) fewCarriers(ctx context.Context, person, site, dataset, variant string) error {
	answer, err := w.carriers(ctx, person, site, dataset, variant)
	if err != nil {
		return err
	}
	return isSuppressed(answer)
}

func isCount(answer catalog.QuestionAnswered, count string) error {
	if answer.Outcome != "counted" || strconv.FormatInt(answer.Count, 10) != count {
		return fmt.Errorf("the question was %s (%s), %d people; expected %s", answer.Outcome, answer.Reason, answer.Count, count)
	}
	return nil
}

func isSuppressed(answer catalog.QuestionAnswered) error {
	if answer.Outcome != "suppressed" || answer.Count != 0 {
		return fmt.Errorf("the question was %s (%s), %d people; expected that nothing is told", answer.Outcome, answer.Reason, answer.Count)
	}
	return nil
}

func (w *World) toldCount(ctx context.Context, person, site, dataset, conditions, count string) error {
	answer, err := w.filtered(ctx, person, site, dataset, conditions)
	if err != nil {
		return err
	}
	return isCount(answer, count)
}

func (w *World) tooFew(ctx context.Context, person, site, dataset, conditions string) error {
	answer, err := w.filtered(ctx, person, site, dataset, conditions)
	if err != nil {
		return err
	}
	return isSuppressed(answer)
}

func (w *World) notAnswered(ctx context.Context, person, site, dataset, conditions, reason string) error {
	answer, err := w.filtered(ctx, person, site, dataset, conditions)
	if err != nil {
		return err
	}
	if answer.Outcome != "not-answered" || answer.Reason != reason || answer.Count != 0 {
		return fmt.Errorf("the question was %s (%s), %d people; expected no answer because of %s", answer.Outcome, answer.Reason, answer.Count, reason)
	}
	return nil
}
