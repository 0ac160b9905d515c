package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
)

const (
	// stale is how old an outbox row may grow before the service counts as not ready.
	stale = 30 * time.Second
	// keyWarning is how long before the end of its key, or of a broker's certificate, a service says so.
	keyWarning = 30 * 24 * time.Hour
)

func (s *Service) conditions() []health.Check {
	all := []health.Check{
		{Name: "database", Advice: "look for a full disk or a read-only file system under the state folder",
			Ready: func(ctx context.Context) error { return s.store.Ping(ctx) }},
		{Name: "broker", Advice: "start the broker, or look at its address, user and certificate",
			Ready: func(context.Context) error { return s.broken.get() }},
		{Name: "outbox", Advice: "events cannot be sent; look at the broker and its rights", Ready: s.outboxFresh},
		{Name: "reading", Advice: "start the broker, if none listens; else give the user its topics and rights (restart the embedded broker, or provision-broker); for a standstill, see why the log says that a record is tried again",
			Ready: s.reading},
		{Name: "certificate", Advice: "give the broker a new certificate before the old one ends: site renew-certificate, or federation renew-certificate at the operator's, then restart that broker", Ready: s.certificateGood},
		{Name: "key", Advice: "give the service a new key before the old one ends", Ready: s.keyGood},
	}
	if s.env.MinDiskFree > 0 {
		all = append(all, health.Disk(s.env.Dir, s.env.MinDiskFree))
	}
	return append(all, s.checks...)
}

// outboxFresh fails when something that was committed long ago has not been sent.
func (s *Service) outboxFresh(ctx context.Context) error {
	return s.store.View(ctx, func(tx *store.Tx) error {
		since, any, err := tx.OldestUnsent()
		if err == nil && any && tx.Now().Sub(since) > stale {
			err = fmt.Errorf("the oldest unsent event was committed %s ago", tx.Now().Sub(since).Round(time.Second))
		}
		return err
	})
}

// reading fails unless every topic that the service needs is being read and goes on.
func (s *Service) reading(ctx context.Context) error {
	topics := slices.Sorted(maps.Keys(s.reads))
	failed := make([]error, len(topics))
	var asking sync.WaitGroup
	for i, topic := range topics {
		sub := s.readers.get(topic)
		if sub == nil {
			failed[i] = fmt.Errorf("topic %s is not read yet", topic)
			continue
		}
		asking.Go(func() { failed[i] = sub.Ready(ctx) })
	}
	asking.Wait()
	return errors.Join(failed...)
}

// keyLeft is how long the service's own key is believed still.
func (s *Service) keyLeft() (time.Duration, error) {
	id, now := s.env.Signer.KeyID(), s.env.Clock.Now()
	key, known := s.env.Trust.Lookup(id)
	switch {
	case !known:
		return 0, fmt.Errorf("nobody believes the key %s: it is not among the keys of the site", id)
	case !key.RevokedAt.IsZero() && !now.Before(key.RevokedAt):
		return 0, fmt.Errorf("the key %s was revoked at %s", id, key.RevokedAt.Format(time.RFC3339))
	case now.Before(key.NotBefore):
		return 0, fmt.Errorf("the key %s is believed from %s on: look at the clock", id, key.NotBefore.Format(time.RFC3339))
	case !now.Before(key.NotAfter):
		return 0, fmt.Errorf("the key %s ended at %s", id, key.NotAfter.Format(time.RFC3339))
	}
	return key.NotAfter.Sub(now), nil
}

func (s *Service) keyGood(context.Context) error {
	left, err := s.keyLeft()
	if err == nil && left < keyWarning {
		return health.Warning{Detail: fmt.Sprintf("the key ends in %d days", int(left.Hours()/24))}
	}
	return err
}

// certificatesLeft is how long the certificate of each broker holds still, as far as one was shown.
func (s *Service) certificatesLeft() map[string]float64 {
	left := map[string]float64{}
	note := func(broker string, c bus.Config) {
		if end, known := c.CertificateEnds(); known {
			left[broker] = max(0, end.Sub(s.env.Clock.Now()).Seconds())
		}
	}
	note("site", s.env.Bus)
	for name, l := range s.env.Links {
		note(name, l.Bus)
	}
	return left
}

// certificateGood warns; where a certificate has ended, nobody connects, which other conditions tell.
func (s *Service) certificateGood(context.Context) error {
	left := s.certificatesLeft()
	for _, broker := range slices.Sorted(maps.Keys(left)) {
		if left[broker] < keyWarning.Seconds() {
			return health.Warning{Detail: fmt.Sprintf("the certificate of the broker %q ends in %d days", broker, int(left[broker]/24/3600))}
		}
	}
	return nil
}
