package bus

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

func TestWhatMayPassIsTriedAgainAndWhatWillNotIsNot(t *testing.T) {
	cfg, err := Config{Brokers: []string{"127.0.0.1:9"}}.check()
	if err != nil {
		t.Fatal(err)
	}
	for err, again := range map[error]bool{
		kafka.BrokerNotAvailable: true, kafka.LeaderNotAvailable: true, kafka.UnknownTopicOrPartition: true, kafka.RequestTimedOut: true,
		kafka.TopicAuthorizationFailed: false, kafka.MessageSizeTooLarge: false, context.Canceled: false,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		asked := 0
		got := cfg.retry(ctx, func() error {
			if asked++; asked == 1 {
				return fmt.Errorf("ask: %w", err)
			}
			return nil
		})
		cancel()
		if again != (got == nil) || !again && (asked != 1 || !errors.Is(got, err)) {
			t.Errorf("%v: asked %d times, then %v", err, asked, got)
		}
	}
}
