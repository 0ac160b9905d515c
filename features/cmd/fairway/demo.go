package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/features"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
	"github.com/fairway-tre/fairway/features/steps"
)

// playing is what demo and run have in common.
type playing struct {
	out  string // folder of the report
	work string // folder of the run; empty: a temporary one, removed if all went well
	form string
	tags string
	own  bool   // somebody's own scenarios
	root string // that names of scenarios count from

	broker string // embedded or kafka
}

func (p *playing) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.out, "out", "out", "folder for the report and what it rests on")
	c.Flags().StringVar(&p.work, "work", "", "empty folder for the sites, kept afterwards (default: a temporary one)")
	c.Flags().StringVar(&p.form, "form", string(harness.Whole), "whole: a process per site; split: a process per service and broker")
	c.Flags().StringVar(&p.broker, "broker", "embedded", "embedded, or kafka: Apache Kafka by the script that "+kafkaScript+" names")
	c.Flags().StringVar(&p.tags, "tags", "", "only scenarios with one of these tags, such as @SC-TRIAL-001,@SC-TRIAL-002")
}

// kafkaScript names the program that starts and ends a broker of Apache Kafka, scripts/kafka/broker.sh.
const kafkaScript = "FAIRWAY_KAFKA_SCRIPT"

// script is empty for the embedded broker.
func (p *playing) script() (string, error) {
	script := os.Getenv(kafkaScript)
	switch {
	case p.broker == "embedded":
		return "", nil
	case p.broker != "kafka":
		return "", usage{fmt.Errorf("there is no broker %q: embedded or kafka", p.broker)}
	case script == "":
		return "", usage{fmt.Errorf("%s is not set: give it the path of scripts/kafka/broker.sh", kafkaScript)}
	}
	return filepath.Abs(script)
}

// errNotMet ends the program when the run was complete and its verdict is no.
var errNotMet = errors.New("not everything was as it should be; the report tells what")

func demo() *cobra.Command {
	var p playing
	c := &cobra.Command{Use: "demo", Short: "Play real studies over simulated sites, judge the run, and write a report", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.play(c.Context(), c.OutOrStdout(), features.Files, features.Demo())
		}}
	p.flags(c)
	return c
}

func play() *cobra.Command {
	p := playing{own: true, root: "/"}
	c := &cobra.Command{Use: "run FILE.feature...", Short: "Play your own scenarios with the steps that are there", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range args {
				if _, err := os.Stat(name); err != nil {
					return fmt.Errorf("no scenarios to play: %w: give a feature file, or a folder of them", err)
				}
			}
			return p.play(c.Context(), c.OutOrStdout(), os.DirFS("/"), absolute(args))
		}}
	p.flags(c)
	return c
}

// absolute turns paths into names within the file system's root.
func absolute(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		out[i] = filepath.ToSlash(p)[1:]
	}
	return out
}

func (p *playing) play(ctx context.Context, out io.Writer, files fs.FS, paths []string) error {
	g, err := p.withData()
	if err != nil {
		return err
	}
	defer g.clear()
	run, result, err := steps.Play(ctx, steps.Options{
		Options: harness.Options{FS: files, Root: p.root, Paths: paths, Tags: p.tags, Out: out},
		Config:  harness.Config{Binary: g.binary, Dir: g.work, BrokerScript: g.script},
		Form:    harness.Form(p.form),
		Data:    g.data,
	})
	if errors.Is(err, harness.ErrUndefined) {
		return usage{err}
	}
	if err != nil {
		return fmt.Errorf("%w (the run's folder is %s)", err, g.work)
	}
	return p.conclude(out, g.work, run, result)
}

// conclude writes the report and tells where it is.
func (p *playing) conclude(out io.Writer, work string, run report.Run, result harness.Result) error {
	folder := filepath.Join(p.out, "report")
	run.Own = p.own
	if err := report.Write(folder, run); err != nil {
		return err
	}
	verdict := run.Verdict()
	fmt.Fprintf(out, "\n%s\nreport:  %s\nnumbers: %s\n", verdict.Line, filepath.Join(folder, "index.html"), filepath.Join(folder, "results.json"))
	if !verdict.Met || !result.Met() {
		for _, problem := range result.Problems {
			fmt.Fprintf(out, "problem: %s\n", problem)
		}
		fmt.Fprintf(out, "logs and transcript: %s\n", work)
		return errNotMet
	}
	if p.work == "" {
		return os.RemoveAll(work)
	}
	return nil
}
