package harness

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// pollInterval lies between two looks at something that tells nobody when it changes: a file, a port, a process.
const pollInterval = 20 * time.Millisecond

// until looks until check passes, the process ends, or its time to start is over.
func until(ctx context.Context, p *Process, what string, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	ended := p.ended()
	for {
		err := check()
		if err == nil {
			return nil
		}
		if ended == nil {
			return fmt.Errorf("%s ended before it %s, exit status %d; its last lines:\n%s", p.Name, what, p.ExitCode(), p.Tail(10))
		}
		select {
		case <-ended:
			ended = nil
		case <-ctx.Done():
			return fmt.Errorf("%s did not come so far that it %s: %w; its last lines:\n%s", p.Name, what, err, p.Tail(10))
		case <-tick.C:
		}
	}
}

func readAddress(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read an address: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func answersReady(ctx context.Context, file string) error {
	status, _, err := askReady(ctx, file)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s tells of a service that answers %d on /readyz", filepath.Base(file), status)
	}
	return err
}

// askReady asks the service whose address is in a file whether it is ready.
func askReady(ctx context.Context, file string) (status int, body string, err error) {
	address, err := readAddress(file)
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxReady))
	return answer.StatusCode, string(text), err
}

// maxReady is more than any answer of /readyz has.
const maxReady = 1 << 20

// AwaitReady waits until a service of the site says that it is ready.
func (s *Site) AwaitReady(ctx context.Context, principal string) error {
	p, err := s.running(principal)
	if err != nil {
		return err
	}
	return until(ctx, p, principal+" is ready", func() error { return answersReady(ctx, s.httpFile(principal)) })
}

// AwaitNotReady waits until a service of the site says that it is not ready, and in its answer a text.
func (s *Site) AwaitNotReady(ctx context.Context, principal, text string) error {
	p, err := s.running(principal)
	if err != nil {
		return err
	}
	return until(ctx, p, fmt.Sprintf("%s is not ready and tells of %q", principal, text), func() error {
		status, body, err := askReady(ctx, s.httpFile(principal))
		if err == nil && (status == http.StatusOK || !strings.Contains(body, text)) {
			err = fmt.Errorf("/readyz answers %d: %.300s", status, body)
		}
		return err
	})
}

// running is the process that a service runs in.
func (s *Site) running(principal string) (*Process, error) {
	if p, whole := s.processes[""]; whole {
		return p, nil
	}
	return s.Part(principal)
}

func listens(ctx context.Context, file string) error {
	address, err := readAddress(file)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}
