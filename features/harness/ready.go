package harness

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
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
	address, err := readAddress(file)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz of %s answers %s", address, answer.Status)
	}
	return nil
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
