package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/features/steps"
)

func stepsCommand() *cobra.Command {
	var page bool
	c := &cobra.Command{Use: "steps [WORD...]", Short: "Show the steps that a feature may use: their words, what each does, an example",
		RunE: func(c *cobra.Command, words []string) error {
			out := c.OutOrStdout()
			if page {
				fmt.Fprint(out, steps.Page())
				return nil
			}
			shown := 0
			for _, subject := range steps.Dictionary() {
				for _, s := range subject.Steps {
					if !about(subject.Name+" "+s.Words()+" "+s.Does, words) {
						continue
					}
					shown++
					fmt.Fprintf(out, "%s\n    %s\n    e.g. %s\n\n", s.Words(), s.Does, s.Example)
				}
			}
			if shown == 0 {
				return fmt.Errorf("no step tells of %q: fairway steps without a word shows all", words)
			}
			return nil
		}}
	c.Flags().BoolVar(&page, "page", false, "as one page of Markdown")
	return c
}

// about tells whether a text has all the words.
func about(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
			return false
		}
	}
	return true
}
