package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/plan"
)

// errNoResult ends the program when a study was played and has no result of all its sites.
var errNoResult = errors.New("there is no result of all sites; the manifest and the report tell why")

func studyCommand() *cobra.Command {
	c := &cobra.Command{Use: "study", Short: "Play your own study, described in one file",
		Long: `Play a study of your own over simulated environments. A plan is one YAML file without any programming: the sites with their
rules and data files, what the columns mean, who decides, what is computed. It is played through the whole path: people
register, each data holder decides by its own chain, the question travels, each site computes and reviews, the host combines.

  fairway study init DIR && fairway study run --plan DIR/plan.yaml

Exit status of run: 0 if the study completed, every site returned a result and every law held; 1 if not (refused, partial,
a known answer not met; manifest.json tells); 2 if the plan, a data file or the call is wrong, before anything is played.`}
	c.AddCommand(studyInit(), studyRun(), studyCheck(), studyFields())
	return c
}

func studyInit() *cobra.Command {
	return &cobra.Command{Use: "init DIR", Short: "Write a plan with comments, and a little made-up data beside it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := plan.Init(args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "A plan is in %s/plan.yaml. Play it: fairway study run --plan %s/plan.yaml\n", args[0], args[0])
			return nil
		}}
}

func studyFields() *cobra.Command {
	return &cobra.Command{Use: "fields", Short: "Show all fields of a plan, as a page of Markdown", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), plan.Page())
			return err
		}}
}

func studyCheck() *cobra.Command {
	var file string
	c := &cobra.Command{Use: "check", Short: "Find what is wrong with a plan and its data, without playing it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := readStudy(c, file, c.OutOrStdout())
			if err != nil {
				return err
			}
			defer s.clear()
			fmt.Fprintf(c.OutOrStdout(), "The plan can be played: %d sites, %d analyses.\n", len(s.plan.Sites), len(s.plan.Analyses))
			return nil
		}}
	c.Flags().StringVar(&file, "plan", "", "YAML file of the study; fairway study fields documents it")
	return need(c, "plan")
}

func studyRun() *cobra.Command {
	p := playing{own: true}
	var file string
	var asJSON bool
	c := &cobra.Command{Use: "run", Short: "Play the study of a plan: results, manifest and report", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			told := c.OutOrStdout()
			if asJSON {
				told = c.ErrOrStderr()
			}
			s, err := readStudy(c, file, told)
			if err != nil {
				return err
			}
			defer s.clear()
			return s.play(c, &p, told, asJSON)
		}}
	c.Flags().StringVar(&file, "plan", "", "YAML file of the study; fairway study fields documents it")
	c.Flags().StringVar(&p.out, "out", "out/study", "folder for result.json, manifest.json and the report")
	c.Flags().StringVar(&p.work, "work", "", "empty folder for the sites, kept afterwards (default: a temporary one)")
	c.Flags().StringVar(&p.form, "form", string(harness.Whole), "whole: a process per site; split: a process per service and broker")
	c.Flags().StringVar(&p.broker, "broker", "embedded", "embedded, or kafka: Apache Kafka by the script that "+kafkaScript+" names")
	c.Flags().BoolVar(&asJSON, "json", false, "write one JSON object to standard output: outcome, manifest, result, where the files are; all else goes to standard error")
	return need(c, "plan")
}
