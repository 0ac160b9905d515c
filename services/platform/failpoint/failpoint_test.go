package failpoint_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

const place = "workspace/running"

func TestNothingArmedLetsEveryoneThrough(t *testing.T) {
	var none *failpoint.Set
	for _, s := range []*failpoint.Set{none, {}} {
		if err := s.Hit(t.Context(), place); err != nil || s.Names() != nil && len(s.Names()) > 0 {
			t.Fatalf("got %v, names %v", err, s.Names())
		}
	}
}

func TestHoldKeepsUntilReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := failpoint.Parse(place + "=hold, airlock/sealing=error")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.Hit(t.Context(), place) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("went through: %v", err)
		default:
		}
		if s.Hits(place) != 1 {
			t.Fatalf("%d hits", s.Hits(place))
		}
		s.Release(place)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := s.Names(); !slices.Equal(got, []string{"airlock/sealing"}) {
			t.Fatalf("still armed: %v", got)
		}
	})
}

func TestHoldEndsWithItsContextAndItsCause(t *testing.T) {
	s, err := failpoint.Parse(place + "=hold")
	if err != nil {
		t.Fatal(err)
	}
	revoked := errors.New("permit revoked")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(revoked)
	if err := s.Hit(ctx, place); !errors.Is(err, revoked) {
		t.Fatalf("got %v", err)
	}
}

func TestErrorIsInjectedAtItsPlaceOnly(t *testing.T) {
	var s failpoint.Set
	if err := s.Arm(place, failpoint.Error); err != nil {
		t.Fatal(err)
	}
	if err := s.Hit(t.Context(), place); !errors.Is(err, failpoint.ErrInjected) {
		t.Fatalf("got %v", err)
	}
	if err := s.Hit(t.Context(), "workspace/sealing"); err != nil {
		t.Fatalf("elsewhere: %v", err)
	}
}

func TestABadSpecIsRefused(t *testing.T) {
	for _, spec := range []string{"workspace/running", "workspace/running=stop", "running=hold", "../x=hold", "workspace/running=", "a__b/c=hold"} {
		if _, err := failpoint.Parse(spec); !errors.Is(err, failpoint.ErrSpec) {
			t.Errorf("%q: got %v", spec, err)
		}
	}
}

func TestKillEndsTheProcessAtOnce(t *testing.T) {
	if spec := os.Getenv("FAILPOINT_TEST_CHILD"); spec != "" {
		s, err := failpoint.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		t.Fatalf("survived: %v", s.Hit(t.Context(), place))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillEndsTheProcessAtOnce$")
	cmd.Env = append(os.Environ(), "FAILPOINT_TEST_CHILD="+place+"=kill")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v, output %s", err, out)
	}
}

func TestAFileArmsReportsAndReleasesFromOutside(t *testing.T) {
	dir := t.TempDir()
	if err := failpoint.WriteFile(dir, place, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var s failpoint.Set
		if err := s.Watch(ctx, dir, clock.System{}, func(err error) { t.Error(err) }); err != nil {
			t.Fatal(err)
		}
		// what lay there at the start is armed before Watch returns
		done := make(chan error, 1)
		go func() { done <- s.Hit(ctx, place) }()
		synctest.Wait()
		if _, err := os.Stat(filepath.Join(dir, failpoint.ReachedFileName(place))); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, failpoint.FileName(place))); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		nextLook()
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 0 {
			t.Fatalf("left %v, %v", left, err)
		}
		stop()
		synctest.Wait()
	})
}

func TestWhatWasArmedBeforeAHitActsOnIt(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var s failpoint.Set
		if err := s.Watch(ctx, dir, clock.System{}, func(err error) { t.Error(err) }); err != nil {
			t.Fatal(err)
		}
		// no time passes between arming and hitting, nor between releasing and hitting again
		if err := failpoint.WriteFile(dir, place, failpoint.Error); err != nil {
			t.Fatal(err)
		}
		if err := s.Hit(ctx, place); !errors.Is(err, failpoint.ErrInjected) {
			t.Errorf("armed: got %v", err)
		}
		if err := os.Remove(filepath.Join(dir, failpoint.FileName(place))); err != nil {
			t.Fatal(err)
		}
		if err := s.Hit(ctx, place); err != nil {
			t.Errorf("released: got %v", err)
		}
		stop()
		synctest.Wait()
		if err := s.Hit(t.Context(), place); err != nil {
			t.Errorf("no longer watched: got %v", err)
		}
	})
}

func TestWhoIsHeldByAFailpointArmedBetweenTwoLooksIsReleasedWithinTheInterval(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var s failpoint.Set
		if err := s.Watch(ctx, dir, clock.System{}, func(err error) { t.Error(err) }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // nothing is armed: it looks rarely now
		if err := failpoint.WriteFile(dir, place, failpoint.Hold); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.Hit(ctx, place) }()
		synctest.Wait()
		if err := os.Remove(filepath.Join(dir, failpoint.FileName(place))); err != nil {
			t.Fatal(err)
		}
		nextLook()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("released: got %v", err)
			}
		default:
			t.Error("still held")
		}
		stop()
		synctest.Wait()
	})
}

func TestAFileWithNonsenseIsReportedOnceAndIgnored(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "workspace__running"), []byte("explode"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var s failpoint.Set
		var reported []error
		if err := s.Watch(ctx, dir, clock.System{}, func(err error) { reported = append(reported, err) }); err != nil {
			t.Fatal(err)
		}
		nextLook()
		nextLook()
		if len(reported) != 1 || !errors.Is(reported[0], failpoint.ErrSpec) {
			t.Errorf("reported %v", reported)
		}
		if err := s.Hit(ctx, place); err != nil {
			t.Errorf("armed: %v", err)
		}
		stop()
		synctest.Wait()
	})
}

// nextLook lets virtual time pass until the watcher has looked again.
func nextLook() {
	<-time.After(failpoint.Interval + time.Millisecond)
	synctest.Wait()
}

func BenchmarkHitWithNothingArmed(b *testing.B) {
	var s failpoint.Set
	for b.Loop() {
		if err := s.Hit(b.Context(), place); err != nil {
			b.Fatal(err)
		}
	}
}
