package simulation

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
)

// logs is where all services write what operators read. It keeps those lines that tell of a row.
type logs struct {
	mu    sync.Mutex
	told  []string
	lines int
}

func (l *logs) of(t *testing.T) *slog.Logger {
	if os.Getenv("FAIRWAY_LOG") == "" {
		return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	return slog.New(slog.NewTextHandler(io.MultiWriter(l, t.Output()), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines++
	if bytes.Contains(line, []byte(canary)) {
		l.told = append(l.told, string(line))
	}
	return len(line), nil
}

// tellers are the lines that tell of a row.
func (l *logs) tellers() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told[:len(l.told):len(l.told)]
}
