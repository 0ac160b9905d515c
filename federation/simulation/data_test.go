package simulation

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// dataset is what every site holds that holds any: 200 people.
const dataset = "cohort"

// canary stands beside each row of all data. Whatever tells anything of a row could tell it.
const canary = "canary-7f3d9a"

var concepts = []string{"follow-up", "ended", "treatment", "age"}

// questions are what is asked: in one shot and in rounds.
var questions = []vocabulary.Analysis{
	{Kind: "log-rank", Time: "follow-up", Event: "ended", Arm: "treatment"},
	{Kind: "count", By: []string{"treatment"}},
	{Kind: "cox", Time: "follow-up", Event: "ended", Covariates: []string{"treatment", "age"}},
	{Kind: "logistic-regression", Outcome: "ended", Covariates: []string{"treatment", "age"}},
}

// analyses is the question of a scene.
var analyses = questions[:1]

var dictionary = []vocabulary.Variable{
	{Concept: "follow-up", Column: "days", Type: "number", Unit: "day"},
	{Concept: "ended", Column: "ended", Type: "event", EventValue: "1"},
	{Concept: "treatment", Column: "treatment", Type: "category", Levels: []vocabulary.Level{{Code: "0", Label: "no"}, {Code: "1", Label: "yes"}}},
	{Concept: "age", Column: "age", Type: "integer", Unit: "year"},
}

// holdings writes the data of a site: everybody's time, event, group and age, and a column that no dictionary names.
func (w *world) holdings(site string, number uint64) []byte {
	w.t.Helper()
	file := filepath.Join(w.dir, site+".csv")
	c := newChance(7, number)
	text := "days,ended,treatment,age,name\n"
	for range 200 {
		text += fmt.Sprintf("%d,%d,%d,%d,%s\n", 1+c.below(20)*50, c.below(2), c.below(2), 30+c.below(50), canary)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	datasets := "datasets:\n"
	for _, id := range []string{dataset, registerOf("thl")} {
		datasets += fmt.Sprintf("  %s:\n    file: %q\n", id, file)
	}
	return []byte(datasets)
}
