package certify_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/features/certify"
	"github.com/fairway-tre/fairway/features/harness/harnesstest"
)

// owner is who runs the airlock that is judged: waits for the folder that the connection names, then starts the program.
func owner(t *testing.T, folder string, start func(ctx context.Context, site string) *exec.Cmd) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		card := struct {
			Objects string `json:"objects"`
		}{}
		for tick := time.Tick(20 * time.Millisecond); card.Objects == ""; {
			if text, err := os.ReadFile(filepath.Join(folder, "service.json")); err == nil { // it is written last
				_ = json.Unmarshal(text, &card)
			}
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick:
			}
		}
		out, err := start(ctx, filepath.Dir(card.Objects)).CombinedOutput()
		if ctx.Err() == nil {
			t.Errorf("the owner's program ended by itself: %v\n%s", err, out)
		}
		done <- err
	}()
	t.Cleanup(func() { stop(); <-done })
}

// isJudgedRunning plays what needs no start and what does.
func isJudgedRunning(t *testing.T, folder string) {
	t.Helper()
	verdicts, result := judged(t, certify.Connection{Running: true, Folder: folder, Start: time.Minute, Answer: 30 * time.Second, Run: certify.DefaultRun},
		"SC-AIR-005", "SC-AIR-019", "SC-AIR-025")
	for id, want := range map[string]string{"SC-AIR-001": certify.Pass, "SC-AIR-005": certify.Pass, "SC-AIR-019": certify.Pass, "SC-AIR-025": "INCONCLUSIVE not-tried"} {
		if verdicts[id] != want {
			t.Errorf("%s: %q, expected %q", id, verdicts[id], want)
		}
	}
	if result.Passed() || len(result.Problems) > 0 {
		t.Errorf("passed %v, problems %q: what the judge may not kill has not passed everything", result.Passed(), result.Problems)
	}
}

// TestAnAirlockThatItsOwnerStartsIsJudged: by a process that the judge neither starts nor ends.
func TestAnAirlockThatItsOwnerStartsIsJudged(t *testing.T) {
	folder, program := filepath.Join(t.TempDir(), "given"), harnesstest.Program(t)
	owner(t, folder, func(ctx context.Context, site string) *exec.Cmd {
		return exec.CommandContext(ctx, program, "service", "airlock", "--dir", site)
	})
	isJudgedRunning(t, folder)
}

func TestAnAirlockInPythonThatItsOwnerStartsIsJudged(t *testing.T) {
	folder, c := filepath.Join(t.TempDir(), "given"), inPython(t, "-m", "airlock")
	owner(t, folder, func(ctx context.Context, _ string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
		cmd.Dir, cmd.Env = c.Dir, append(append(os.Environ(), c.Env...), "FAIRWAY_SERVICE_FOLDER="+folder)
		return cmd
	})
	isJudgedRunning(t, folder)
}
