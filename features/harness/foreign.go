package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Foreign is a service of a site that a program other than the judged site runs, from the folder that contracts/FOREIGN.md
// describes. The site runs as one process without it.
type Foreign struct {
	Principal string
	// Command and its arguments; {folder} in one stands for the folder that the service is given, {site} for the folder of
	// the site, {fairway} for the program. Empty: it runs already, and finds its folder at Folder.
	Command []string
	Dir     string   // working folder of the command; empty: that of the harness
	Env     []string // added to its environment
	Folder  string   // where its folder is made; empty: below the folder of the run
}

// FolderVariable tells a service that is not ours where its folder is.
const FolderVariable = "FAIRWAY_SERVICE_FOLDER"

// welcome writes the folder of the guest and starts it. Whether it is ready only its answers tell.
func (s *Site) welcome(ctx context.Context) error {
	if s.guest == nil {
		return nil
	}
	folder, err := s.guestFolder()
	if err != nil {
		return err
	}
	if err := s.federation.command(ctx, "site", "hand-over", "--dir", s.Dir, "--service", s.guest.Principal, "--to", folder); err != nil {
		return err
	}
	if len(s.guest.Command) == 0 {
		return nil
	}
	stands := strings.NewReplacer("{folder}", folder, "{site}", s.Dir, "{fairway}", s.federation.binary)
	args := make([]string, len(s.guest.Command))
	for i, a := range s.guest.Command {
		args[i] = stands.Replace(a)
	}
	p := newProcess(s.Name+"/"+s.guest.Principal, args[0], s.federation.logs(), append([]string{FolderVariable + "=" + folder}, s.guest.Env...), args[1:]...)
	p.dir, p.group = s.guest.Dir, true
	s.federation.mu.Lock()
	s.federation.processes[p.Name] = p
	s.federation.mu.Unlock()
	s.processes[s.guest.Principal] = p
	return p.Start()
}

func (s *Site) guestFolder() (string, error) {
	folder := s.guest.Folder
	if folder == "" {
		folder = filepath.Join(s.federation.Dir, "given", s.Name, s.guest.Principal)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	return folder, os.MkdirAll(filepath.Dir(folder), 0o700)
}

// dismissal is how long a foreign service may take to end.
const dismissal = 5 * time.Second

// dismiss asks a foreign service to end, and ends it if it does not. With which status it ends is its own affair.
func (p *Process) dismiss(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dismissal)
	defer cancel()
	done := p.ended()
	if done == nil {
		return nil
	}
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return p.Kill()
	}
}

// Started reports whether the harness itself runs the site's foreign service, so that it can be killed and started again.
func (s *Site) Started() bool { return s.guest != nil && len(s.guest.Command) > 0 }

// Gone is why the site's foreign service says nothing: its program has ended. It is nil while that runs, and where another
// one runs it.
func (s *Site) Gone() error {
	if !s.Started() {
		return nil
	}
	p, err := s.Part(s.guest.Principal)
	if err != nil || p.Running() {
		return err
	}
	return fmt.Errorf("its program has ended, %s; what it wrote last is in %s", p.ending(), p.log)
}

// Ended is closed once the program of the site's foreign service has ended; nil where another one runs it.
func (s *Site) Ended() <-chan struct{} {
	if !s.Started() {
		return nil
	}
	p, err := s.Part(s.guest.Principal)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}
