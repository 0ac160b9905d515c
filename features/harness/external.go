package harness

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// external is a broker that is not part of the program judged, such as Apache Kafka, for the folder of a site or of the
// federation. A script starts and ends it: "start DIR HOST:PORT" returns when it serves, "stop DIR" and "kill DIR" when
// it has ended. The program itself then gives it users, topics and rights.
type external struct {
	federation *Federation
	script     string
	kind       string // site or federation, as in the program's commands
	dir        string
	address    string
	running    bool // as far as is known; a start that failed may have left something
}

// newExternal chooses a port; nothing runs yet.
func (f *Federation) newExternal(kind, dir string) (*external, error) {
	if f.script == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("choose a port for the broker of %s: %w", dir, err)
	}
	defer l.Close()
	return &external{federation: f, script: f.script, kind: kind, dir: dir, address: l.Addr().String()}, nil
}

// start runs the broker and provisions it. One that runs is provisioned anew, which changes nothing.
func (e *external) start(ctx context.Context) error {
	if !e.running {
		e.running = true
		if err := e.call(ctx, "start", e.dir, e.address); err != nil {
			return err
		}
	}
	return e.federation.command(ctx, e.kind, "provision-broker", "--dir", e.dir, "--broker", e.address)
}

// end is stop or kill. There may be nothing to end.
func (e *external) end(ctx context.Context, verb string) error {
	if e == nil || !e.running {
		return nil
	}
	if err := e.call(ctx, verb, e.dir); err != nil {
		return err
	}
	e.running = false
	return nil
}

func (e *external) call(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, e.script, args...)
	log, err := os.OpenFile(filepath.Join(e.federation.logs(), "brokers.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%s the broker of %s: open its log: %w", args[0], e.dir, err)
	}
	defer log.Close()
	// a file, not a pipe: the broker that the script leaves behind keeps it open
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s the broker of %s by %s: %w; see %s", args[0], e.dir, e.script, err, log.Name())
	}
	return nil
}

// peak is the largest resident set so far, in bytes, by the process id that the script keeps beside the broker's data.
func (e *external) peak() int64 {
	if e == nil || !e.running {
		return 0
	}
	files, err := filepath.Glob(filepath.Join(e.dir, "broker", "*", "pid"))
	if err != nil {
		return 0
	}
	var sum int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			sum += residentPeak(pid)
		}
	}
	return sum
}
