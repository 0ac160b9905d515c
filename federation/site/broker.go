package site

import (
	"context"

	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// RunBroker runs a site's embedded broker until ctx ends.
func RunBroker(ctx context.Context, dir string) error {
	b, err := startBroker(dir)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return b.Close()
}

func startBroker(dir string) (*broker.Broker, error) {
	cfg, err := setup.SiteBroker(dir)
	if err != nil {
		return nil, err
	}
	return announced(dir, cfg)
}

// announced starts a broker and writes its address where its clients look for it.
func announced(dir string, cfg broker.Config) (*broker.Broker, error) {
	b, err := broker.Start(cfg)
	if err != nil {
		return nil, err
	}
	if err := setup.AnnounceBroker(dir, b.Addr()); err != nil {
		b.Close() //nolint:errcheck // the first error tells
		return nil, err
	}
	return b, nil
}
