package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/fairway-tre/fairway/features/data"
	"github.com/fairway-tre/fairway/features/harness"
)

// ground is what a run stands on.
type ground struct {
	binary string // this program, which runs the sites
	work   string // folder of the run
	data   string // folder with the data files that come with the program, a temporary one; "" without them
	script string // that starts the brokers; "" for those of the program
}

// ground looks at the folders of the run and of the report.
func (p *playing) ground() (g ground, err error) {
	if f := harness.Form(p.form); f != "" && f != harness.Whole && f != harness.Split {
		return g, usage{fmt.Errorf("there is no form %.40q: %s or %s", p.form, harness.Whole, harness.Split)}
	}
	if g.script, err = p.script(); err != nil {
		return g, err
	}
	if g.binary, err = os.Executable(); err != nil {
		return g, fmt.Errorf("find this program, which runs the sites: %w", err)
	}
	if g.work, err = p.folder(); err != nil {
		return g, err
	}
	return g, nil
}

// withData is ground with the data that come with the program. Whoever has it clears it.
func (p *playing) withData() (g ground, err error) {
	if g, err = p.ground(); err != nil {
		return g, err
	}
	if g.data, err = os.MkdirTemp("", "fairway-data-"); err != nil {
		return g, fmt.Errorf("make a folder for the data: %w", err)
	}
	if err := data.WriteTo(g.data); err != nil {
		g.clear()
		return g, err
	}
	return g, nil
}

// clear removes the data; the folder of the run stays.
func (g ground) clear() { _ = os.RemoveAll(g.data) } // a temporary folder

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
