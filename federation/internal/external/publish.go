package external

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// publishing bounds the writing of what is new in the registry.
const publishing = 30 * time.Second

// Publish writes to the registry's topic, as the operator, what is not there yet: also everything, to a broker that lost
// its records. It returns how many entries it wrote.
func Publish(ctx context.Context, federationDir, addr string) (written int, err error) {
	records, err := provision.Entries(federationDir)
	if err != nil {
		return 0, err
	}
	cfg, err := operator(federationDir, addr)
	if err == nil {
		records, err = missing(ctx, cfg, records)
	}
	if err == nil && len(records) > 0 {
		err = publish(ctx, cfg, records)
	}
	if err != nil {
		return 0, fmt.Errorf("publish the registry on %s: %w", addr, err)
	}
	return len(records), nil
}

func operator(federationDir, addr string) (bus.Config, error) {
	cfg, err := busConfig(federationDir, addr)
	if err != nil {
		return cfg, err
	}
	password, err := os.ReadFile(filepath.Join(federationDir, topics.Operator, setup.PasswordFile))
	if err != nil {
		return cfg, fmt.Errorf("%w: restore it from a backup", err)
	}
	cfg.Username, cfg.Password, cfg.Timeout = topics.Operator, strings.TrimSpace(string(password)), publishing
	return cfg, nil
}

// missing leaves those records whose events are not on the topic.
func missing(ctx context.Context, cfg bus.Config, records []envelope.Record) (left []envelope.Record, err error) {
	there := map[string]bool{}
	err = bus.Scan(ctx, cfg, []string{topics.Registry}, time.Time{}, false, func(_ bus.Position, r envelope.Record) error {
		there[idOf(r)] = true
		return nil
	})
	for _, r := range records {
		if !there[idOf(r)] {
			left = append(left, r)
		}
	}
	return left, err
}

func idOf(r envelope.Record) string {
	e, _ := envelope.Read(r) // what cannot be read is no entry of ours
	return e.ID
}

// publish writes one after the other: what follows an entry is not there before it.
func publish(ctx context.Context, cfg bus.Config, records []envelope.Record) error {
	out, err := bus.NewPublisher(cfg)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // nothing is buffered
	for _, r := range records {
		if err := out.PublishRecords(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
