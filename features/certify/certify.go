package certify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/features"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
	"github.com/fairway-tre/fairway/features/steps"
)

// Options of a certification.
type Options struct {
	Connection Connection
	File       string // of the connection, for the commands that repeat a scenario
	Program    string // as it was called, for the same; empty: fairway
	Binary     string // the program whose other services are used
	Work       string // an empty folder for the site
	Data       string // folder of the data files
	Only       []string
	Out        io.Writer // the verdicts
	Progress   io.Writer // the steps as they go; nil: untold
}

// ErrUnknown says that a scenario was asked for that the role does not have.
var ErrUnknown = errors.New("no such scenario")

// Result of a certification.
type Result struct {
	Judged   []report.Judgement
	Problems []string // of the run: laws that do not hold, and what could not be stopped or read
	Report   report.Run
}

// Failed reports whether the service did in some scenario what it must not, or left undone what it owes. What has neither
// passed nor failed was not shown.
func (r Result) Failed() bool {
	return slices.ContainsFunc(r.Judged, func(j report.Judgement) bool { return j.Verdict == Fail })
}

// Passed reports whether every scenario passed and nothing else was wrong.
func (r Result) Passed() bool { return Passed(r.Judged) && len(r.Problems) == 0 }

// Run plays the scenarios of the role against the service and judges each. It ends within the time budget of the run and
// what it takes to make and end a site. The error is about a run that could not begin or end.
func Run(ctx context.Context, o Options) (Result, error) {
	feature := "certification/" + o.Connection.Role + ".feature"
	tags, err := selected(feature, o.Only)
	if err != nil {
		return Result{}, err
	}
	profile, err := fs.ReadFile(features.Files, "certification/profile.yaml")
	if err != nil {
		return Result{}, err
	}
	// beside the folder of the run, which the harness wants empty
	beside, err := os.MkdirTemp("", "fairway-profile-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(beside) //nolint:errcheck // a temporary folder
	name := filepath.Join(beside, "profile.yaml")
	if err := os.WriteFile(name, profile, 0o600); err != nil {
		return Result{}, err
	}
	c := o.Connection
	judged := &steps.Judged{Foreign: foreign(c), Profile: name, Start: c.Start, Answer: c.Answer}
	within, cancel := context.WithTimeout(ctx, c.Run)
	defer cancel()
	run, played, err := steps.Play(within, steps.Options{
		Options: harness.Options{FS: features.Files, Paths: []string{feature}, Tags: strings.Join(tags, ","), Out: o.Progress},
		Config:  harness.Config{Binary: o.Binary, Dir: o.Work, Deadline: max(harness.DefaultDeadline, c.Answer, c.Start)},
		Form:    harness.Whole, Data: o.Data, Judged: judged,
	})
	if err != nil {
		return Result{}, err
	}
	return o.conclude(run, played, judged.Trials, ctx.Err() != nil), nil
}

// selected are the tags of the scenarios to be played: all of the role, or those that are named.
func selected(feature string, only []string) ([]string, error) {
	text, err := fs.ReadFile(features.Files, feature)
	if err != nil {
		return nil, fmt.Errorf("there are no scenarios of this role: %w", err)
	}
	var tags []string
	for _, id := range only {
		tag := "@" + strings.TrimPrefix(id, "@")
		if !slices.Contains(bytes2words(text), tag) {
			return nil, fmt.Errorf("%w: %.40q: expected an id such as SC-AIR-007", ErrUnknown, id)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

func bytes2words(text []byte) []string { return strings.Fields(string(bytes.TrimSpace(text))) }

func foreign(c Connection) harness.Foreign {
	f := harness.Foreign{Principal: c.Role, Command: c.Command, Dir: c.Dir, Env: c.Env, Folder: c.Folder}
	if c.BuiltIn {
		f.Command = []string{"{fairway}", "service", c.Role, "--dir", "{site}"}
	}
	return f
}

func (o Options) conclude(run report.Run, played harness.Result, trials []*steps.Trial, stopped bool) Result {
	r := Result{Problems: played.Problems, Report: run}
	for i, s := range played.Scenarios {
		var t *steps.Trial
		if i < len(trials) {
			t = trials[i]
		}
		j := judge(s, t, stopped)
		j.Repeat = o.command() + " --only " + j.ID
		r.Judged = append(r.Judged, j)
		if i < len(r.Report.Story) {
			r.Report.Story[i].Title = j.Verdict + " " + j.ID + ": " + s.Name
		}
	}
	r.Report.Title, r.Report.Summary = "A first verdict on "+o.product(), "One service of a site is judged by the contracts and by what it says; the others are built in."
	r.Report.Own, r.Report.Judged = true, r.Judged
	r.Report.Repeat = []report.Command{{Line: o.command(), Purpose: "plays this run again"}}
	return r
}

// command plays the run again, where it is pasted in the folder in which this one was started.
func (o Options) command() string {
	program := o.Program
	if program == "" {
		program = "fairway"
	}
	return quoted(program) + " certify --connection " + quoted(o.File)
}

// plain are words that a shell takes as they stand.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (o Options) product() string {
	switch {
	case o.Connection.Product != "":
		return o.Connection.Product
	case o.Connection.BuiltIn:
		return "the built-in " + o.Connection.Role
	}
	return "an " + o.Connection.Role + " that is not ours"
}
