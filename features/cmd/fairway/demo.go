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
	"github.com/fairway-tre/fairway/features/data"
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
	own  bool // somebody's own scenarios

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
	p := playing{own: true}
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
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, which runs the sites: %w", err)
	}
	script, err := p.script()
	if err != nil {
		return err
	}
	if f := harness.Form(p.form); f != harness.Whole && f != harness.Split {
		return usage{fmt.Errorf("there is no form %.40q: %s or %s", p.form, harness.Whole, harness.Split)}
	}
	work, err := p.folder()
	if err != nil {
		return err
	}
	dataDir, err := os.MkdirTemp("", "fairway-data-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dataDir) //nolint:errcheck // a temporary folder
	if err := data.WriteTo(dataDir); err != nil {
		return err
	}
	run, result, err := steps.Play(ctx, steps.Options{
		Options: harness.Options{FS: files, Paths: paths, Tags: p.tags, Out: out},
		Config:  harness.Config{Binary: binary, Dir: work, BrokerScript: script},
		Form:    harness.Form(p.form),
		Data:    dataDir,
	})
	if err != nil {
		return fmt.Errorf("%w (the run's folder is %s)", err, work)
	}
	return p.conclude(out, work, run, result)
}

// folder is that of the run. Both it and the report's are looked at before anything is played.
func (p *playing) folder() (string, error) {
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of the report: %w: give another one with --out", err)
	}
	if p.work == "" {
		return os.MkdirTemp("", "fairway-run-")
	}
	inside, err := os.ReadDir(p.work)
	switch {
	case err == nil && len(inside) > 0:
		return "", fmt.Errorf("the folder of the run, %s, is not empty: it holds %q; give another one with --work, or empty it", p.work, inside[0].Name())
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("look into the folder of the run: %w: give another one with --work", err)
	}
	return p.work, nil
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
		fmt.Fprintf(out, "logs and transcript: %s\n", work)
		return errNotMet
	}
	if p.work == "" {
		return os.RemoveAll(work)
	}
	return nil
}
