// Package harness runs a federation of simulated sites as child processes and watches it from outside: it starts and
// kills, acts as people do, records every record on every broker, and waits for facts. It knows the contracts and
// nothing else of what it judges.
package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Form is how a site runs.
type Form string

// The forms.
const (
	Whole Form = "whole" // one process per site
	Split Form = "split" // one process per service, and one for the site's broker
)

// DatabaseVariable names the variable of the environment that gives every site a server of PostgreSQL in place of files of
// SQLite.
const DatabaseVariable = "FAIRWAY_DATABASE"

// startTimeout bounds the start of a process until it is ready.
const startTimeout = 60 * time.Second

// Config of a federation.
type Config struct {
	Binary string // the program that is every process; empty: the environment's FAIRWAY_BIN
	Dir    string // empty: a new temporary folder
	Sites  []SiteSpec
	Env    []string // added to the environment of every process
	// BrokerScript starts and ends brokers that are not the program's own, see external; empty: the embedded ones.
	BrokerScript string
	// Deadline of each awaited fact; zero is DefaultDeadline.
	Deadline time.Duration
}

// SiteSpec describes a site to be made.
type SiteSpec struct {
	Name     string
	Profile  string             // name of one that comes with the program, or a file; empty: the site's name
	Holdings map[string]Dataset // by id
	Foreign  *Foreign           // nil: all services are built in
}

// Federation is the federation's broker and its sites.
type Federation struct {
	Dir  string
	Form Form // as last started
	Tap  *Tap

	binary   string
	script   string
	foreign  *external // the federation's broker where it is not the program's own
	env      []string
	deadline time.Duration
	broker   *Process
	sites    map[string]*Site

	mu        sync.Mutex
	processes map[string]*Process // all that ever ran, by name
}

// NewFederation makes the folders of the federation and its sites by the program's own commands. Nothing runs yet.
func NewFederation(ctx context.Context, o Config) (*Federation, error) {
	f := &Federation{Dir: o.Dir, binary: o.Binary, script: o.BrokerScript, env: o.Env, deadline: o.Deadline,
		sites: map[string]*Site{}, processes: map[string]*Process{}}
	if f.binary == "" {
		f.binary = os.Getenv("FAIRWAY_BIN")
	}
	if f.binary == "" {
		return nil, errors.New("no program to judge: set FAIRWAY_BIN to the path of the fairway binary")
	}
	if err := f.folder(); err != nil {
		return nil, err
	}
	f.broker = f.process("federation", "federation", "broker", "--dir", f.home())
	if err := f.init(ctx, o.Sites); err != nil {
		return nil, err
	}
	tap, err := newTap(f)
	if err != nil {
		return nil, err
	}
	f.Tap = tap
	return f, nil
}

// Servers names the brokers and databases that the sites run on.
func (f *Federation) Servers() (broker, database string) {
	broker, database = "embedded", "SQLite"
	if f.script != "" {
		broker = "Apache Kafka"
	}
	postgres := os.Getenv(DatabaseVariable) != ""
	for _, one := range f.env {
		if dsn, ok := strings.CutPrefix(one, DatabaseVariable+"="); ok {
			postgres = dsn != ""
		}
	}
	if postgres {
		database = "PostgreSQL"
	}
	return broker, database
}

func (f *Federation) folder() (err error) {
	if f.Dir == "" {
		f.Dir, err = os.MkdirTemp("", "fairway-")
	}
	if err == nil {
		f.Dir, err = filepath.Abs(f.Dir)
	}
	if err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	if entries, err := os.ReadDir(f.Dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("the run's folder %s is not empty: choose another one or empty it", f.Dir)
	}
	if err := os.MkdirAll(f.logs(), 0o700); err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	return nil
}

func (f *Federation) home() string { return filepath.Join(f.Dir, "federation") }
func (f *Federation) logs() string { return filepath.Join(f.Dir, "logs") }

func (f *Federation) init(ctx context.Context, specs []SiteSpec) error {
	args := []string{"federation", "init", "--dir", f.home()}
	var err error
	if f.foreign, err = f.newExternal("federation", f.home()); err != nil {
		return err
	}
	if f.foreign != nil {
		args = append(args, "--broker", f.foreign.address)
	}
	if err := f.command(ctx, args...); err != nil {
		return err
	}
	for _, spec := range specs {
		if _, err := f.make(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

// make makes the folder of a site. One is made after the other, since each is admitted to the federation at once.
func (f *Federation) make(ctx context.Context, spec SiteSpec) (*Site, error) {
	if f.sites[spec.Name] != nil {
		return nil, fmt.Errorf("make %s: it takes part in this federation already", spec.Name)
	}
	site, err := f.newSite(ctx, spec)
	if err == nil {
		f.sites[spec.Name] = site
	}
	return site, err
}

// Grow makes and starts sites that come to a federation that runs, and returns when they are ready and tapped. Those
// that are there learn of the newcomers by themselves, from the registry.
func (f *Federation) Grow(ctx context.Context, specs []SiteSpec) error {
	var starting together
	var names []string
	for _, spec := range specs { // one starts while the next is made
		site, err := f.make(ctx, spec)
		if err != nil {
			return errors.Join(err, starting.wait())
		}
		names = append(names, spec.Name)
		starting.do(func() error { return site.Start(ctx, f.Form) })
	}
	if err := starting.wait(); err != nil {
		return err
	}
	return f.Tap.follow(ctx, f, names)
}

// command runs the program to its end.
func (f *Federation) command(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, f.binary, args...)
	cmd.Env = append(os.Environ(), f.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s %s: %w\n%s", filepath.Base(f.binary), strings.Join(args, " "), err, out)
	}
	return nil
}

func (f *Federation) process(name string, args ...string) *Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p, ok := f.processes[name]; ok {
		p.Args = args
		return p
	}
	p := newProcess(name, f.binary, f.logs(), f.env, args...)
	f.processes[name] = p
	return p
}

// Site finds a site by name.
func (f *Federation) Site(name string) (*Site, error) {
	if s, ok := f.sites[name]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("there is no site %q in this federation, only %s", name, strings.Join(f.Names(), ", "))
}

// Names lists the sites, sorted.
func (f *Federation) Names() []string { return slices.Sorted(maps.Keys(f.sites)) }

// Start runs everything in a form and returns when everything is ready and tapped.
func (f *Federation) Start(ctx context.Context, form Form) error {
	f.Form = form
	if err := f.startBroker(ctx); err != nil {
		return err
	}
	if err := f.ofEach(func(s *Site) error { return s.Start(ctx, form) }); err != nil {
		return err
	}
	return f.Tap.Start(ctx)
}

// ofEach does something with all sites side by side.
func (f *Federation) ofEach(do func(*Site) error) error {
	var all together
	for _, s := range f.sites {
		all.do(func() error { return do(s) })
	}
	return all.wait()
}

// together is what is done side by side.
type together struct {
	running sync.WaitGroup
	mu      sync.Mutex
	err     error
}

func (t *together) do(one func() error) {
	t.running.Go(func() {
		err := one()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.err = errors.Join(t.err, err)
	})
}

// wait returns all that went wrong, once all is done.
func (t *together) wait() error {
	t.running.Wait()
	return t.err
}

func (f *Federation) startBroker(ctx context.Context) error {
	if f.foreign != nil {
		return f.foreign.start(ctx)
	}
	address := filepath.Join(f.home(), "run", "broker.addr")
	if err := os.Remove(address); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("start the federation's broker: %w", err)
	}
	if err := f.broker.Start(); err != nil {
		return err
	}
	return until(ctx, f.broker, "listens", func() error { return listens(ctx, address) })
}

// KillBroker ends the federation's broker by SIGKILL and starts it again.
func (f *Federation) KillBroker(ctx context.Context) error {
	if err := errors.Join(f.broker.Kill(), f.foreign.end(ctx, "kill")); err != nil {
		return err
	}
	return f.startBroker(ctx)
}

// Stop stops all sites, then the federation's broker, all in order. The tap ends with them, after it has read what
// there is.
func (f *Federation) Stop(ctx context.Context) error {
	return errors.Join(f.ofEach(func(s *Site) error { return s.Stop(ctx) }), f.broker.Stop(ctx), f.foreign.end(ctx, "stop"))
}

// Close kills whatever still runs and ends the tap. The folder stays.
func (f *Federation) Close() error {
	errs := []error{f.Tap.Close()}
	for _, p := range f.all() {
		errs = append(errs, p.Kill())
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for _, s := range f.sites {
		errs = append(errs, s.foreign.end(ctx, "kill"))
	}
	return errors.Join(append(errs, f.foreign.end(ctx, "kill"))...)
}

func (f *Federation) all() []*Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.processes))
}

// Memory is the sum of the peak resident sets of the processes of the present form, in bytes.
func (f *Federation) Memory() int64 {
	sum := f.broker.Peak() + f.foreign.peak()
	for _, s := range f.sites {
		sum += s.foreign.peak()
		for _, p := range s.processes {
			sum += p.Peak()
		}
	}
	return sum
}
