package harness

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// patience is how long a step may take before a line tells that it is still going on, and between such lines.
const patience = 2 * time.Second

// progress tells of a run, one line a step.
type progress struct {
	out   io.Writer
	color bool

	mu      sync.Mutex
	feature string
	step    string
	since   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, stop: make(chan struct{})}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.color = err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
	}
	p.stopped.Go(p.remind)
	return p
}

func (p *progress) close() {
	close(p.stop)
	p.stopped.Wait()
}

func (p *progress) remind() {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			if took := time.Since(p.since); p.step != "" && took >= patience {
				p.say("", "    … %.0f s: %s", took.Seconds(), p.step)
			}
			p.mu.Unlock()
		}
	}
}

// say needs mu.
func (p *progress) say(color, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.color && color != "" {
		text = color + text + "\x1b[0m"
	}
	fmt.Fprintln(p.out, text)
}

const (
	bold  = "\x1b[1m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	faint = "\x1b[2m"
)

func (p *progress) scenario(s ScenarioResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Feature != p.feature {
		p.feature = s.Feature
		p.say(bold, "\n%s", s.Feature)
	}
	p.say(bold, "\n  %s", s.Name)
}

func (p *progress) begin(s StepResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step, p.since = s.Keyword+" "+s.Text, time.Now()
}

func (p *progress) end(s StepResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step = ""
	line := fmt.Sprintf("%s %s", s.Keyword, s.Text)
	switch s.Status {
	case Passed:
		p.say(green, "    ✓ %s (%.1f s)", line, s.Duration.Seconds())
	case Skipped:
		p.say(faint, "    - %s (skipped)", line)
	default:
		p.say(red, "    ✗ %s (%s after %.1f s)", line, s.Status, s.Duration.Seconds())
		for text := range strings.Lines(s.Problem) {
			p.say(red, "        %s", strings.TrimRight(text, "\n"))
		}
	}
}
