package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	asking "github.com/fairway-tre/fairway/contracts/questions"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// The outcomes of a question.
const (
	counted     = "counted"
	present     = "present"
	suppressed  = "suppressed"
	notAnswered = "not-answered"
)

// numbers are the true ones of a question. Whoever is called has a known genotype, where carriers are counted.
type numbers struct {
	version        string // of the dataset
	people, called int
	genotyped      bool // called counts
}

// questionAsked remembers a question of the catalog; the files are read outside the transaction.
func (w *workspace) questionAsked(tx *run.Tx, e envelope.Event, q catalog.QuestionAsked) error {
	tx.After(w.counting.Now)
	return questions.Put(tx.Tx, q.QuestionID, question{Asked: q, Cause: e.ID, Thread: thread(e)})
}

// count answers the questions until ctx ends; one that was open when the service last stopped is answered now.
func (w *workspace) count(ctx context.Context) error {
	return w.service.Tend(ctx, "a question", w.counting, w.answerAll)
}

func (w *workspace) answerAll(ctx context.Context) error {
	var open []question
	err := w.service.View(ctx, func(tx *run.Tx) error {
		return questions.Each(tx.Tx, func(_ string, q question) error {
			open = append(open, q)
			return nil
		})
	})
	for _, q := range open {
		err = errors.Join(err, w.answer(ctx, q))
	}
	return err
}

func (w *workspace) answer(ctx context.Context, q question) error {
	n, reason, err := w.people(ctx, q.Asked)
	if err != nil {
		return err
	}
	return w.service.UpdateFor(ctx, q.Cause, q.Thread, func(tx *run.Tx) error {
		if err := questions.Delete(tx.Tx, q.Asked.QuestionID); err != nil {
			return err
		}
		told := events.CountAnswered{QuestionID: q.Asked.QuestionID, DatasetID: q.Asked.DatasetID, Outcome: notAnswered, Reason: reason}
		if reason == "" {
			if told, err = w.tell(tx, q.Asked, n); err != nil {
				return err
			}
		}
		_, err := tx.Emit("question/"+q.Asked.QuestionID, told)
		return err
	})
}

// tell is what the site's policy lets be said of the true numbers, by the ledger of what was said before.
func (w *workspace) tell(tx *run.Tx, q catalog.QuestionAsked, n numbers) (events.CountAnswered, error) {
	told := events.CountAnswered{QuestionID: q.QuestionID, DatasetID: q.DatasetID, Outcome: suppressed, Granularity: cmp.Or(q.Granularity, profile.Counted)}
	base := domain.Base(w.threshold(), tx.Profile().Discovery.Rounding)
	key := q.DatasetID + " " + asking.Key(q.Filters, q.Variant)
	count, err := again(tx, key, n.version, n.people, base)
	if err != nil || count == 0 {
		return told, err
	}
	if told.Granularity == profile.Boolean {
		told.Outcome = present
		return told, nil
	}
	told.Outcome, told.Count = counted, int64(count)
	if n.genotyped {
		count, err = again(tx, key+" called", n.version, n.called, base)
		told.Called = int64(count)
	}
	return told, err
}

// again asks the ledger.
func again(tx *run.Tx, key, version string, people, base int) (int, error) {
	entry, _, err := answers.Get(tx.Tx, key)
	if err != nil {
		return 0, err
	}
	entry = entry.Again(version, people, base)
	return entry.Count, answers.Put(tx.Tx, key, entry)
}

// people are the true numbers of those who meet all conditions, or the reason why there is no answer.
func (w *workspace) people(ctx context.Context, q catalog.QuestionAsked) (n numbers, reason string, err error) {
	var d catalog.DatasetPublished
	var described bool
	if err := w.service.View(ctx, func(tx *run.Tx) (err error) {
		d, described, err = datasets.Get(tx.Tx, q.DatasetID)
		return err
	}); err != nil {
		return n, "", err
	}
	if !described || len(d.Dictionary) == 0 {
		return n, ReasonDatasetUnknown, nil
	}
	n, err = w.matching(ctx, d, q)
	if err == nil || ctx.Err() != nil {
		return n, "", err
	}
	w.log.Warn("a question was not answered", "question_id", q.QuestionID, "error", err.Error())
	switch reason = reasonOf(err); {
	case errors.Is(err, errIdentifier):
		reason = ReasonIdentifier
	case errors.Is(err, analysis.ErrRequest):
		reason = ReasonLevelUnknown
	case reason == ReasonUnreadableData:
		w.inspection.doubt(q.DatasetID)
	}
	return n, reason, nil
}

// errIdentifier says that a count was asked for by who the people are.
var errIdentifier = errors.New("people are not counted by their identifiers")

func (w *workspace) matching(ctx context.Context, d catalog.DatasetPublished, q catalog.QuestionAsked) (numbers, error) {
	n := numbers{version: d.Version}
	concepts, levels := []string{}, []documents.Level{}
	for _, f := range q.Filters {
		if f.Concept == holdings.Identifier {
			return n, fmt.Errorf("count people of %s: %w", q.DatasetID, errIdentifier)
		}
		concepts, levels = append(concepts, f.Concept), append(levels, documents.Level(f))
	}
	// Of a dataset with several rows a person people are counted, not rows.
	if has(d.Dictionary, holdings.Identifier) {
		concepts = append(concepts, holdings.Identifier)
	}
	if q.Variant != (vocabulary.Variant{}) {
		concepts = append(concepts, analyses.Genotype)
	}
	if len(concepts) == 0 {
		concepts = []string{d.Dictionary[0].Concept} // of which only the number of rows is used
	}
	h, err := w.data.open()
	if err != nil {
		return n, err
	}
	table, err := h.Load(ctx, d.DatasetID, categories(d.Dictionary), concepts)
	if err != nil {
		return n, err
	}
	if v := q.Variant; v != (vocabulary.Variant{}) {
		carrying, err := analysis.Carrying(ctx, table, v.Chromosome, int(v.Position), v.Reference, v.Alternate)
		// A file may list only what somebody carries: that a variant is not in it is told like that nobody has it.
		if errors.Is(err, analysis.ErrVariant) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		table.Columns[carrier], table.Columns[called] = carrying, carrying.Known()
		if n.called, err = analysis.Matching(ctx, table, append(slices.Clone(levels), documents.Level{Concept: called, Level: "yes"})); err != nil {
			return n, err
		}
		n.genotyped, levels = true, append(levels, documents.Level{Concept: carrier, Level: "yes"})
	}
	n.people, err = analysis.Matching(ctx, table, levels)
	return n, err
}

// carrier and called are no concepts: nobody can ask about them.
const (
	carrier = ""
	called  = " "
)
