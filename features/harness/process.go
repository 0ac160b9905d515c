package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Process is one child process. Its output goes to a file of its own, which a restart continues.
type Process struct {
	Name string   // "federation", "molgenis", "molgenis/airlock"
	Args []string // of the binary

	binary, log string
	env         []string
	dir         string // working folder; empty: that of the harness
	group       bool   // signals go to all that it started, since it may be a script around the program that is meant

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when the present incarnation has ended
	peak int64
}

// newProcess prepares a process; nothing runs yet.
func newProcess(name, binary, logs string, env []string, args ...string) *Process {
	file := strings.ReplaceAll(name, "/", "-") + ".log"
	return &Process{Name: name, Args: args, binary: binary, log: filepath.Join(logs, file), env: env}
}

// Start runs the process. One that runs already is an error.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("start %s: it is running already", p.Name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: open its log: %w", p.Name, err)
	}
	defer out.Close()
	cmd := exec.Command(p.binary, p.Args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env, cmd.Dir = append(os.Environ(), p.env...), p.dir
	// its own group, so that an interrupt at the terminal reaches the harness alone, which then stops all in order
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.cmd, p.done = cmd, make(chan struct{})
	go p.wait(cmd, p.done)
	return nil
}

func (p *Process) wait(cmd *exec.Cmd, done chan struct{}) {
	_ = cmd.Wait() // how it ended is in ProcessState
	close(done)
}

// running needs mu.
func (p *Process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running reports whether the process is there, be it paused.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// PID is the process's id, 0 if it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.cmd.Process.Pid
}

// Stop asks the process to end by SIGTERM and waits; past ctx it is killed, which is an error, as is an exit status
// other than zero.
func (p *Process) Stop(ctx context.Context) error {
	done := p.ended()
	if done == nil {
		return nil
	}
	p.Peak()
	// a paused process takes the signal once it goes on
	if err := errors.Join(p.signal(syscall.SIGTERM), p.signal(syscall.SIGCONT)); err != nil {
		return err
	}
	select {
	case <-done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stop %s: it did not end on SIGTERM and was killed; its last lines:\n%s", p.Name, p.Tail(5)), p.Kill())
	}
	if code := p.ExitCode(); code != 0 {
		return fmt.Errorf("stop %s: it ended with exit status %d; its last lines:\n%s", p.Name, code, p.Tail(5))
	}
	return nil
}

// Kill ends the process by SIGKILL, as a power failure would, and waits for its end.
func (p *Process) Kill() error {
	done := p.ended()
	if done == nil {
		return nil
	}
	p.Peak()
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-done
	return nil
}

// Pause stops the process by SIGSTOP: it keeps its connections and answers nothing.
func (p *Process) Pause() error { return p.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	send := p.cmd.Process.Signal
	if p.group {
		send = func(os.Signal) error { return syscall.Kill(-p.cmd.Process.Pid, s) }
	}
	if err := send(s); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to %s: %w", s, p.Name, err)
	}
	return nil
}

// ended is closed at the end of the present incarnation, nil if there is none.
func (p *Process) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	return p.done
}

// ExitCode is the exit status of the last incarnation, -1 while it runs or after a signal.
func (p *Process) ExitCode() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.running() {
		return -1
	}
	return p.cmd.ProcessState.ExitCode()
}

// ending is how the last incarnation ended: "exit status 3", "signal: killed".
func (p *Process) ending() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.running() {
		return ""
	}
	return p.cmd.ProcessState.String()
}

// Peak is the largest resident set of any incarnation so far, in bytes, as it was last looked at: at the latest before it
// was stopped or killed. What the system counts at the end of a process begins with the size of whoever started it.
func (p *Process) Peak() int64 {
	pid := p.PID()
	p.mu.Lock()
	defer p.mu.Unlock()
	if pid != 0 {
		p.peak = max(p.peak, residentPeak(pid))
	}
	return p.peak
}

// residentPeak reads VmHWM, which Linux gives in kB; 0 where there is none.
func residentPeak(pid int) int64 {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return n * 1024
		}
	}
	return 0
}

// Tail is the last lines of the process's log.
func (p *Process) Tail(lines int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	all := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
