package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Failpoint is a named place at which the processes of a site can be held, as it lies in the site's folder.
type Failpoint struct {
	site *Site
	name string
}

// Hold lets whoever comes to the place, such as workspace/running, wait there. Processes of the site look at the folder
// several times a second and once before they start work.
func (s *Site) Hold(name string) (Failpoint, error) {
	f := Failpoint{s, name}
	if err := os.MkdirAll(filepath.Dir(f.file()), 0o700); err != nil {
		return f, fmt.Errorf("hold %s of %s: %w", name, s.Name, err)
	}
	if err := os.Remove(f.file() + ".reached"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return f, fmt.Errorf("hold %s of %s: %w", name, s.Name, err)
	}
	return f, replace(f.file(), []byte("hold"))
}

func (f Failpoint) file() string {
	return filepath.Join(f.site.Dir, "failpoints", strings.ReplaceAll(f.name, "/", "__"))
}

// Reached returns once somebody is held there.
func (f Failpoint) Reached(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, f.site.federation.Tap.deadline)
	defer cancel()
	for {
		if _, err := os.Stat(f.file() + ".reached"); err == nil {
			return nil
		}
		if !pause(ctx, pollInterval) {
			return fmt.Errorf("waiting for %s of %s to be reached: %w", f.name, f.site.Name, ctx.Err())
		}
	}
}

// Release lets those held go on, and nobody be held there again.
func (f Failpoint) Release() error {
	if err := os.Remove(f.file()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("release %s of %s: %w", f.name, f.site.Name, err)
	}
	return nil
}
