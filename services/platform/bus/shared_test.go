package bus_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
)

// What is shared is the connections, and also what is remembered of the cluster: a topic that came later must be found
// all the same, long before the memory is refreshed by itself.
func TestSharedPublishersUseTheSameConnectionsAndFindATopicThatCameLater(t *testing.T) {
	t.Parallel()
	var dialled atomic.Int64
	cfg := testConfig
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	cfg = must(cfg.Shared())
	topic := newTopic(t, testConfig, 1)
	first, second := newPublisher(t, cfg), newPublisher(t, cfg)
	publish(t, first, numbered(topic, 1)...)
	before := dialled.Load()
	publish(t, second, numbered(topic, 1)...)
	if after := dialled.Load(); after != before {
		t.Errorf("%d connections became %d", before, after)
	}
	publish(t, second, numbered(newTopic(t, testConfig, 1), 1)...)
}
