package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

func TestOneTimeCodesAreThoseOfRFC6238(t *testing.T) {
	// RFC 6238 appendix B, SHA-1, the last six of eight digits; the secret is "12345678901234567890".
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got, err := totp(secret, at/step); err != nil || got != want {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
}

func TestACodeIsNeverGivenTwice(t *testing.T) {
	p := &Person{secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
	steps := map[int64]bool{}
	for range 2 {
		if _, err := p.nextCode(context.Background()); err != nil {
			t.Fatal(err)
		}
		steps[p.counter] = true
	}
	if len(steps) != 2 {
		t.Errorf("two codes of %d time steps", len(steps))
	}
}

func transcript(t *testing.T) (*Transcript, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "transcript.ndjson")
	tr, err := newTranscript(name)
	if err != nil {
		t.Fatal(err)
	}
	return tr, name
}

func add(t *testing.T, tr *Transcript, topic string, value string) {
	t.Helper()
	err := tr.add(Seen{Broker: "here", Record: envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(value),
		Headers: []envelope.Header{{Key: "ce_id", Value: []byte{0xff}}}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATranscriptThatWasChangedIsNotLoaded(t *testing.T) {
	tr, name := transcript(t)
	for _, v := range []string{"one", "two", "three"} {
		add(t, tr, "here.airlock.events.v1", v)
	}
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadTranscript(name)
	if err != nil || len(loaded) != 3 || string(loaded[2].Record.Value) != "three" || loaded[0].Digest != tr.All()[0].Digest {
		t.Fatalf("loaded %d records, %v", len(loaded), err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for what, text := range map[string]string{
		"a record taken out":   lines[0] + lines[2],
		"two records swapped":  lines[1] + lines[0] + lines[2],
		"a topic changed":      strings.Replace(string(whole), "here.airlock", "here.gateway", 1),
		"the first record cut": lines[1] + lines[2],
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadTranscript(name); err == nil {
			t.Errorf("%s went unnoticed", what)
		}
	}
}

func TestAwaitSeesWhatCameBeforeAndWhatComesLater(t *testing.T) {
	tr, _ := transcript(t)
	tap := &Tap{Transcript: tr, deadline: time.Minute, fail: make(chan error, 1)}
	add(t, tr, "a", "before")
	value := func(want string) func(Seen) bool {
		return func(s Seen) bool { return string(s.Record.Value) == want }
	}
	if _, err := tap.Await(context.Background(), Fact{What: "before", Match: value("before")}); err != nil {
		t.Error(err)
	}
	found := make(chan error, 1)
	go func() {
		s, err := tap.Await(context.Background(), Fact{What: "after", Match: value("after")})
		if err == nil && s.N != 1 {
			err = errors.New("found in another place")
		}
		found <- err
	}()
	add(t, tr, "a", "after")
	if err := <-found; err != nil {
		t.Error(err)
	}
}

func TestAwaitTellsWhatItWaitedForAndWhatWasSeenInstead(t *testing.T) {
	tr, _ := transcript(t)
	tap := &Tap{Transcript: tr, deadline: time.Minute, fail: make(chan error, 1)}
	add(t, tr, "here.airlock.events.v1", "about the release R1")
	add(t, tr, "here.airlock.events.v1", "about another")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := tap.Await(ctx, Fact{What: "the release of R1", Match: func(Seen) bool { return false }, About: []string{"R1"}})
	if !errors.Is(err, ErrNotSeen) || !strings.Contains(err.Error(), "waiting for the release of R1") ||
		!strings.Contains(err.Error(), "#0 ") || strings.Contains(err.Error(), "#1 ") {
		t.Errorf("%v", err)
	}
	_, err = tap.Await(context.Background(), Fact{What: "the release", Match: func(Seen) bool { return false }, Unless: func(Seen) bool { return true }})
	if !errors.Is(err, ErrContrary) {
		t.Errorf("%v", err)
	}
}

func TestAProcessIsKilledRestartedAndItsMemoryKnown(t *testing.T) {
	p := newProcess("sleeper", "/bin/sleep", t.TempDir(), nil, "600")
	for range 2 {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if err := p.Start(); err == nil {
			t.Error("a running process was started again")
		}
		if err := until(t.Context(), p, "has come into its memory", func() error {
			if peak := p.Peak(); peak < 100<<10 {
				return fmt.Errorf("peak of %d bytes", peak)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := p.Pause(); err != nil {
			t.Error(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if p.Running() || p.ExitCode() != -1 {
			t.Errorf("after the kill: running %v, exit code %d", p.Running(), p.ExitCode())
		}
	}
	if p.Peak() < 100<<10 {
		t.Errorf("after its end its peak is %d bytes", p.Peak())
	}
}

func TestAProcessThatEndsEarlyIsToldWithItsLastLines(t *testing.T) {
	p := newProcess("failing", "/bin/sh", t.TempDir(), nil, "-c", "echo port in use >&2; exit 3")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	err := until(context.Background(), p, "is ready", func() error { return errors.New("no address") })
	if err == nil || !strings.Contains(err.Error(), "port in use") || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("%v", err)
	}
}
