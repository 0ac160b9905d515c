package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// Principals are the processes of a site in the split form, its broker aside.
func Principals() []string {
	return []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock, topics.Gateway}
}

// principals are those that the site runs by its profile: a holder whose data another site hosts has no workspace and no
// airlock.
func (s *Site) principals() []string {
	if s.holder {
		return slices.DeleteFunc(Principals(), func(p string) bool { return p == topics.Workspace || p == topics.Airlock })
	}
	return Principals()
}

// Runs reports whether a service runs at the site, by its profile.
func (s *Site) Runs(principal string) bool { return slices.Contains(s.principals(), principal) }

// Announced reports whether a service has told where it listens, in the present run.
func (s *Site) Announced(principal string) bool {
	_, err := os.Stat(s.httpFile(principal))
	return err == nil
}

// isHolder reads the profile in the site's folder.
func (s *Site) isHolder() (bool, error) {
	var p struct {
		Hosting struct{ Workspace string }
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "profile.yaml"))
	if err == nil {
		err = yaml.Unmarshal(text, &p)
	}
	if err != nil {
		return false, fmt.Errorf("read the profile of %s: %w", s.Name, err)
	}
	return p.Hosting.Workspace == "none", nil
}

// brokerPart names the process of a site's broker in the split form.
const brokerPart = "broker"

// Site is one simulated TRE.
type Site struct {
	Name string
	Dir  string

	federation *Federation
	datasets   map[string]Dataset
	foreign    *external // the site's broker where it is not the program's own
	holder     bool      // runs no workspace
	guest      *Foreign  // a service that is not the program's own; nil: there is none
	form       Form
	processes  map[string]*Process // by part: "" for the whole, else broker or a principal
}

func (f *Federation) newSite(ctx context.Context, spec SiteSpec) (*Site, error) {
	s := &Site{Name: spec.Name, Dir: filepath.Join(f.Dir, "sites", spec.Name), federation: f, datasets: map[string]Dataset{}, guest: spec.Foreign}
	if spec.Profile == "" {
		spec.Profile = spec.Name
	}
	args := []string{"site", "init", "--dir", s.Dir, "--profile", spec.Profile, "--federation", f.home(), "--tester"}
	var err error
	if s.foreign, err = f.newExternal("site", s.Dir); err != nil {
		return nil, err
	}
	if s.foreign != nil {
		args = append(args, "--broker", s.foreign.address)
	}
	if err := f.command(ctx, args...); err != nil {
		return nil, err
	}
	if s.holder, err = s.isHolder(); err != nil {
		return nil, err
	}
	return s, s.Keep(spec.Holdings)
}

// Start runs the site and returns when all its parts say that they are ready.
func (s *Site) Start(ctx context.Context, form Form) error {
	s.form, s.processes = form, map[string]*Process{}
	if err := s.forgetRun(); err != nil {
		return err
	}
	flags := []string{"--dir", s.Dir, "--allow-test-keys", "--allow-failpoints"}
	if s.foreign != nil {
		if err := s.foreign.start(ctx); err != nil {
			return err
		}
		flags = append(flags, "--broker", s.foreign.address)
	}
	if form == Whole {
		if s.guest != nil {
			flags = append(flags, "--without", s.guest.Principal)
		}
		s.processes[""] = s.federation.process(s.Name, append([]string{"site", "run"}, flags...)...)
		if err := s.startPart(ctx, ""); err != nil {
			return err
		}
		return s.welcome(ctx)
	}
	if s.guest != nil {
		return fmt.Errorf("start %s: a service that is not the program's own needs the form %q", s.Name, Whole)
	}
	if s.foreign == nil {
		s.processes[brokerPart] = s.federation.process(s.Name+"/"+brokerPart, "site", "broker", "--dir", s.Dir)
		if err := s.startPart(ctx, brokerPart); err != nil {
			return err
		}
	}
	for _, principal := range s.principals() {
		s.processes[principal] = s.federation.process(s.Name+"/"+principal, append([]string{"service", principal}, flags...)...)
		if err := s.processes[principal].Start(); err != nil {
			return err
		}
	}
	for _, principal := range s.principals() {
		if err := s.ready(ctx, principal); err != nil {
			return err
		}
	}
	return nil
}

// forgetRun removes what an earlier run told of its addresses.
func (s *Site) forgetRun() error {
	files, err := filepath.Glob(filepath.Join(s.Dir, "run", "*"))
	for _, file := range files {
		if name := filepath.Base(file); strings.HasSuffix(name, ".http") || (name == "broker.addr" && s.foreign == nil) {
			err = errors.Join(err, os.Remove(file))
		}
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	return nil
}

func (s *Site) startPart(ctx context.Context, part string) error {
	p, err := s.Part(part)
	if err != nil {
		return err
	}
	for _, file := range s.runFiles(part) {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("start %s: %w", p.Name, err)
		}
	}
	if err := p.Start(); err != nil {
		return err
	}
	return s.ready(ctx, part)
}

// runFiles lists where a part tells its addresses.
func (s *Site) runFiles(part string) []string {
	var files []string
	if (part == "" || part == brokerPart) && s.foreign == nil {
		files = append(files, filepath.Join(s.Dir, "run", "broker.addr"))
	}
	for _, principal := range s.principals() {
		if s.guest != nil && principal == s.guest.Principal {
			continue // how it tells that it is ready, if it does, is its own affair
		}
		if part == "" || part == principal {
			files = append(files, s.httpFile(principal))
		}
	}
	return files
}

func (s *Site) httpFile(principal string) string {
	return filepath.Join(s.Dir, "run", principal+".http")
}

func (s *Site) ready(ctx context.Context, part string) error {
	p, err := s.Part(part)
	if err != nil {
		return err
	}
	for _, file := range s.runFiles(part) {
		check := func() error { return answersReady(ctx, file) }
		if strings.HasSuffix(file, "broker.addr") {
			check = func() error { return listens(ctx, file) }
		}
		if err := until(ctx, p, "is ready by "+filepath.Base(file), check); err != nil {
			return err
		}
	}
	return nil
}

// Part is the process of one part of the site: "" for the whole site, or for the broker or a principal in the split
// form.
func (s *Site) Part(part string) (*Process, error) {
	if p, ok := s.processes[part]; ok {
		return p, nil
	}
	if part == "" {
		return nil, fmt.Errorf("%s does not run as one process", s.Name)
	}
	return nil, fmt.Errorf("%s does not run %s as a process of its own", s.Name, part)
}

// Kill ends one part, or the whole site, by SIGKILL.
func (s *Site) Kill(part string) error { return s.each(part, (*Process).Kill) }

// Pause stops one part, or the whole site, by SIGSTOP.
func (s *Site) Pause(part string) error { return s.each(part, (*Process).Pause) }

// Resume lets a paused part go on.
func (s *Site) Resume(part string) error { return s.each(part, (*Process).Resume) }

// Restart runs a part that has ended, or the whole site, again, and returns when it is ready.
func (s *Site) Restart(ctx context.Context, part string) error {
	if part == "" {
		return s.Start(ctx, s.form)
	}
	return s.startPart(ctx, part)
}

// each takes "" in the split form for all parts.
func (s *Site) each(part string, do func(*Process) error) error {
	if part != "" || (s.form == Whole && s.guest == nil) {
		p, err := s.Part(part)
		if err != nil {
			return err
		}
		return do(p)
	}
	var errs []error
	for _, p := range s.processes {
		errs = append(errs, do(p))
	}
	return errors.Join(errs...)
}

// Stop stops the site in order: in the split form the broker last.
func (s *Site) Stop(ctx context.Context) error {
	var errs []error
	for _, part := range append(s.principals(), "", brokerPart) {
		p, ok := s.processes[part]
		switch {
		case !ok:
		case s.guest != nil && part == s.guest.Principal:
			errs = append(errs, p.dismiss(ctx))
		default:
			errs = append(errs, p.Stop(ctx))
		}
	}
	return errors.Join(append(errs, s.foreign.end(ctx, "stop"))...)
}

// EnrolmentCode is the one-time code by which the first officer enrols.
func (s *Site) EnrolmentCode() (string, error) {
	code, err := os.ReadFile(filepath.Join(s.Dir, "enrolment-code"))
	if err != nil {
		return "", fmt.Errorf("read the enrolment code of %s: %w", s.Name, err)
	}
	return strings.TrimSpace(string(code)), nil
}
