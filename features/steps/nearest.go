package steps

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/features/fields"
)

var quoted = regexp.MustCompile(`"[^"]*"`)

// near finds the step whose words are most like others, if at least half of them are: "" else.
func (w *World) near() func(words string) string {
	all := w.subjects()
	if w.judged != nil {
		all = append(all, Subject{Steps: w.judgedSteps()})
	}
	return func(words string) (best string) {
		said, least := strings.Fields(quoted.ReplaceAllString(words, "")), 0.5
		for _, subject := range all {
			for _, s := range subject.Steps {
				if like := alike(said, strings.Fields(strings.ReplaceAll(quoted.ReplaceAllString(s.Words(), ""), "…", ""))); like > least {
					best, least = s.Words(), like
				}
			}
		}
		return best
	}
}

// alike is the part of two lists of words that both have in the same order, words that are misspelt among them: from 0 to 1.
// What fills the gaps of a step is in one of them alone.
func alike(said, known []string) float64 {
	common := make([]int, len(known)+1)
	for _, word := range said {
		before := 0
		for j, other := range known {
			with := before
			if fields.Nearest(word, []string{other}) != "" {
				with++
			}
			before = common[j+1]
			common[j+1] = max(with, common[j+1], common[j])
		}
	}
	return 2 * float64(slices.Max(common)) / float64(max(1, len(said)+len(known)))
}
