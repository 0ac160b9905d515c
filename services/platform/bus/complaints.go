package bus

import (
	"log/slog"
	"sync"
	"time"
)

// complaintInterval is how often one and the same trouble is logged.
const complaintInterval = 10 * time.Second

// complaints logs errors of endless retries without flooding: each text once per interval.
type complaints struct {
	log  *slog.Logger
	mu   sync.Mutex
	text string
	at   time.Time
}

func (c *complaints) warn(err error, what string, args ...any) {
	c.mu.Lock()
	text := what + err.Error()
	again := text == c.text && time.Since(c.at) < complaintInterval
	if !again {
		c.text, c.at = text, time.Now()
	}
	c.mu.Unlock()
	if !again {
		c.log.Warn(what, append(args, "error", err)...)
	}
}
