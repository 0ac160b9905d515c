package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/data"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/plan"
	"github.com/fairway-tre/fairway/features/steps"
	"github.com/fairway-tre/fairway/services/workspace/inspect"
)

// ownStudy is a plan that can be played.
type ownStudy struct {
	plan  plan.Plan
	rules map[string]plan.Rules
	dir   string // temporary: data that come with the program
}

func (s *ownStudy) clear() { _ = os.RemoveAll(s.dir) } // a temporary folder

// readStudy reads a plan and looks into its data. Whoever has it clears it.
func readStudy(c *cobra.Command, file string, told io.Writer) (s *ownStudy, err error) {
	s = &ownStudy{}
	if s.plan, err = plan.Load(file); err != nil {
		return nil, usage{err}
	}
	if s.rules, err = s.plan.Resolve(rulesOf, time.Now().UTC()); err != nil {
		return nil, usage{err}
	}
	if s.dir, err = os.MkdirTemp("", "fairway-study-"); err != nil {
		return nil, err
	}
	if err := s.look(c.Context(), told); err != nil {
		s.clear()
		return nil, err
	}
	s.plan.Forbidden(func(site *plan.Site, d *plan.Dataset, condition string) {
		fmt.Fprintf(told, "%s of %s will be refused: its condition %s forbids what the permit asks for\n", d.ID, site.Name, condition)
	})
	return s, nil
}

func (s *ownStudy) demo() string { return filepath.Join(s.dir, "demo") }

func (s *ownStudy) look(ctx context.Context, told io.Writer) error {
	demo := s.demo()
	if err := data.WriteTo(demo); err != nil {
		return err
	}
	read := workspaceReader(filepath.Join(s.dir, "holdings.yaml"))
	err := s.plan.Inspect(ctx, demo, read, func(what string) { fmt.Fprintln(told, what) })
	if err != nil && ctx.Err() == nil {
		return usage{err}
	}
	return err
}

// workspaceReader reads data by the workspace's own readers, from a list of files that it writes under this name.
type workspaceReader string

func (list workspaceReader) write(d harness.Dataset) error {
	text, err := harness.Holdings(map[string]harness.Dataset{"data": d})
	if err != nil {
		return err
	}
	return os.WriteFile(string(list), text, 0o600)
}

func (list workspaceReader) Dataset(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable) (rows int, missing map[string]int, err error) {
	if err := list.write(d); err != nil {
		return 0, nil, err
	}
	return inspect.Dataset(ctx, string(list), "data", dictionary)
}

func (list workspaceReader) Allele(ctx context.Context, d harness.Dataset, dictionary []vocabulary.Variable, variant, allele string) error {
	if err := list.write(d); err != nil {
		return err
	}
	return inspect.Allele(ctx, string(list), "data", dictionary, variant, allele)
}

// beside is the folder beside the scenario of a study, with what it names: links to data files, and profiles.
const beside = "files"

// link gives a data file a name that a step can bear, from the folder of the scenario; one that comes with the program has it.
func (s *ownStudy) link(out string, errs *error) func(*plan.Site, *plan.Dataset, string) string {
	return func(site *plan.Site, d *plan.Dataset, file string) string {
		base := filepath.Base(file)
		if filepath.Dir(file) == s.demo() {
			return base
		}
		kind := base[strings.LastIndex(strings.TrimSuffix(base, ".gz"), ".")+1:]
		name := filepath.Join(beside, fmt.Sprintf("%s.%x.%s", site.Name, d.ID, kind))
		_ = os.Remove(filepath.Join(out, name)) // of an earlier run
		if err := os.Symlink(file, filepath.Join(out, name)); err != nil {
			*errs = cmp.Or(*errs, err)
		}
		return name
	}
}

// profile gives a site the rules of a profile under the site's own name.
func (s *ownStudy) profile(out string, errs *error) func(*plan.Site) string {
	return func(site *plan.Site) string {
		if site.Profile == site.Name {
			return site.Profile
		}
		text, err := ownProfile(site.Profile)
		name := filepath.Join(beside, site.Name+".yaml")
		if err == nil {
			err = os.WriteFile(filepath.Join(out, name), renamed(text, site.Name), 0o644)
		}
		*errs = cmp.Or(*errs, err)
		return name
	}
}

// play plays the study and writes what came of it.
func (s *ownStudy) play(c *cobra.Command, p *playing, told io.Writer, asJSON bool) error {
	g, err := p.ground()
	if err != nil {
		return err
	}
	errs := os.MkdirAll(filepath.Join(p.out, beside), 0o755)
	feature := s.plan.Feature(s.rules, s.profile(p.out, &errs), s.link(p.out, &errs))
	if errs != nil {
		return fmt.Errorf("lay out the data of the study: %w: give another folder with --out", errs)
	}
	const name = "study.feature"
	if err := os.WriteFile(filepath.Join(p.out, name), []byte(feature), 0o644); err != nil {
		return fmt.Errorf("write the scenario of the study: %w: give another folder with --out", err)
	}
	var ended steps.Ended
	run, result, err := steps.Play(c.Context(), steps.Options{
		Options: harness.Options{FS: os.DirFS(p.out), Root: p.out + "/", Paths: []string{name}, Out: told},
		Config:  harness.Config{Binary: g.binary, Dir: g.work, BrokerScript: g.script, Deadline: s.plan.Deadline + harness.DefaultDeadline},
		Form:    harness.Form(p.form), Data: s.demo(), Ended: func(e steps.Ended) { ended = e },
	})
	if err != nil {
		return fmt.Errorf("%w (the run's folder is %s)", err, g.work)
	}
	run.Title = s.plan.Title
	o := outcome{Plan: s.plan.File, Outcome: cmp.Or(ended.Outcome, "not ended"), Reason: ended.Reason, Manifest: ended.Manifest, Inside: ended.Inside,
		Result: ended.Result, Problems: result.Problems, Report: filepath.Join(p.out, "report", "index.html")}
	if err := o.write(p.out); err != nil {
		return err
	}
	o.tell(told)
	err = p.conclude(told, g.work, run, result)
	if c.Context().Err() != nil {
		err = errors.New("it was stopped before its end: what was not reached counts as failed")
	}
	o.Met = err == nil && ended.Outcome == "Completed" && o.all()
	if asJSON {
		if err := json.MarshalWrite(c.OutOrStdout(), o, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout())
	}
	if err == nil && !o.Met {
		return errNoResult
	}
	return err
}

// outcome is what came of a study; the object of --json.
type outcome struct {
	Plan     string                     `json:"plan"`
	Met      bool                       `json:"met"`
	Outcome  string                     `json:"outcome"` // Completed, PartialResult, Failed, Cancelled, not ended
	Reason   string                     `json:"reason"`
	Manifest []vocabulary.ManifestEntry `json:"manifest"`
	Result   jsontext.Value             `json:"result,omitempty"`
	Inside   []steps.Inside             `json:"inside"` // why sites returned none, as their own people are told
	Problems []string                   `json:"problems"`
	Report   string                     `json:"report"`
}

// all says whether every site returned a result.
func (o outcome) all() bool {
	for _, e := range o.Manifest {
		if e.Outcome != "returned" {
			return false
		}
	}
	return len(o.Manifest) > 0
}

// write writes result.json, as it was released, and manifest.json.
func (o outcome) write(dir string) error {
	manifest, err := json.Marshal(struct {
		Outcome  string                     `json:"outcome"`
		Reason   string                     `json:"reason"`
		Manifest []vocabulary.ManifestEntry `json:"manifest"`
	}{o.Outcome, o.Reason, o.Manifest}, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"manifest.json": append(manifest, '\n'), "result.json": o.Result} {
		name = filepath.Join(dir, name)
		if len(text) == 0 { // of an earlier run
			if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
				return err
			}
			continue
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return fmt.Errorf("write what came of the study: %w: give another folder with --out", err)
		}
	}
	return nil
}

func (o outcome) tell(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(o.Outcome+" "+o.Reason))
	for _, e := range o.Manifest {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-40s %s %s %s", e.DatasetID+" of "+e.Site, e.Outcome, e.Reason, e.Detail), " "))
		for _, why := range o.Inside {
			if why.JobID == e.JobID && why.Site == e.Site {
				fmt.Fprintln(w, strings.TrimRight("      what its own people are told: "+why.Reason+" "+why.Detail, " "))
			}
		}
	}
	if len(o.Result) > 0 {
		fmt.Fprintf(w, "result:  %s\n", filepath.Join(filepath.Dir(filepath.Dir(o.Report)), "result.json"))
	}
}
