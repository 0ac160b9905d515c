package events

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Outcomes that callers can tell apart.
var (
	// ErrNoLetter says that no dead letter of the service has this id.
	ErrNoLetter = errors.New("no such dead letter")
	// ErrNotAnswered says that the service did not answer in time; the request was taken back.
	ErrNotAnswered = errors.New("the service does not answer")
)

// look is how often an answer is looked for.
const look = 50 * time.Millisecond

// Replay asks a service of a site to take a record again, and waits until ctx ends for what comes of it. record is the
// id of a dead letter, or topic/partition/offset. The service takes the bytes out of its own quarantine and verifies
// them anew; who may write its folder may ask. Errors: ErrNoLetter, ErrNotAnswered.
func Replay(ctx context.Context, dir, service, record string) (run.Replayed, error) {
	if !slices.Contains(setup.Services(), service) {
		return run.Replayed{}, fmt.Errorf("replay: %q is no service: expected one of %s", service, strings.Join(setup.Services(), ", "))
	}
	asked, ok := place(record)
	if !ok {
		var err error
		if asked, err = find(ctx, dir, service, record); err != nil {
			return run.Replayed{}, err
		}
	}
	return ask(ctx, filepath.Join(dir, service, setup.ReplayDir), asked)
}

func place(record string) (run.Replay, bool) {
	parts := strings.Split(record, "/")
	if len(parts) != 3 {
		return run.Replay{}, false
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	offset, err2 := strconv.ParseInt(parts[2], 10, 64)
	return run.Replay{Topic: parts[0], Partition: int(partition), Offset: offset}, err == nil && err2 == nil && partition >= 0 && offset >= 0
}

// find looks for a dead letter that the service itself has said.
func find(ctx context.Context, dir, service, id string) (found run.Replay, err error) {
	s, err := Open(dir)
	if err != nil {
		return found, err
	}
	any := false
	err = s.Dead(ctx, contractName(service), func(l Letter) error {
		if l.Verified && l.RecordID == id {
			found, any = run.Replay{Topic: l.Topic, Partition: int(l.Partition), Offset: l.Offset}, true
		}
		return nil
	})
	if err == nil && !any {
		err = fmt.Errorf("replay: %w: %s has none with the id %.40q: fairway events dead lists them; or give topic/partition/offset", ErrNoLetter, service, id)
	}
	return found, err
}

// contractName is a service's name in its contracts and topics.
func contractName(service string) string {
	if service == "gateway" {
		return "federation"
	}
	return service
}

// ask writes a request into the service's folder and waits for the answer. A request without answer is taken back, so
// that it does not act later, unseen.
func ask(ctx context.Context, folder string, asked run.Replay) (out run.Replayed, err error) {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return out, fmt.Errorf("replay: %w: there is no folder %s: the service has to run, in a release that knows replays", ErrNotAnswered, folder)
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return out, err
	}
	path := filepath.Join(folder, rand.Text())
	if err := setup.WriteAtomic(path+run.ReplayAsked, text, 0o600); err != nil {
		return out, fmt.Errorf("replay: only who may write the service's folder may ask: %w", err)
	}
	defer func() {
		for _, suffix := range []string{run.ReplayAsked, run.ReplayAnswered} {
			if gone := os.Remove(path + suffix); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(path + run.ReplayAnswered)
		if err == nil {
			return out, json.Unmarshal(text, &out)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return out, fmt.Errorf("replay: %w", err)
		}
		select {
		case <-ctx.Done():
			return out, fmt.Errorf("replay: %w: is it running? The request was taken back: %w", ErrNotAnswered, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
