package bus_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"
)

// committed returns the group's offset of partition 0.
func committed(t *testing.T, group, topic string) int64 {
	t.Helper()
	p := must(bus.NewPublisher(testConfig))
	defer p.Close()
	resp, err := p.Client().OffsetFetch(t.Context(), &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	if err != nil || len(resp.Topics[topic]) != 1 {
		t.Fatalf("offsets of %s: %v", group, err)
	}
	return resp.Topics[topic][0].CommittedOffset
}

func numbered(topic string, n int) (recs []envelope.Record) {
	for i := range n {
		recs = append(recs, envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(strconv.Itoa(i))})
	}
	return recs
}

func groupOf(topic string) bus.SubscriberConfig {
	return bus.SubscriberConfig{Group: topic, SessionTimeout: sessionTimeout()}
}

func TestGroupTakesOverFromMemberCutOffAndItsLateAckCommitsNothing(t *testing.T) {
	t.Parallel()
	const records = 10
	topic := newTopic(t, testConfig, 1)
	wire := newCable()
	cut := testConfig
	cut.Dial = wire.dial
	lost := newSubscriber(t, cut, groupOf(topic))
	lostMessages := must(lost.Subscribe(t.Context(), topic))
	publish(t, newPublisher(t, testConfig), numbered(topic, records)...)
	held := <-lostMessages

	wire.cut()
	heir := newSubscriber(t, testConfig, groupOf(topic))
	messages := must(heir.Subscribe(t.Context(), topic))
	for i := range records {
		m := <-messages
		if want := strconv.Itoa(i); string(m.Payload) != want {
			t.Fatalf("got %s, want %s", m.Payload, want)
		}
		m.Ack()
	}
	eventually(t, "the heir commits", func() bool { return committed(t, topic, topic) == records })

	wire.mend()
	held.Ack()
	lost.Close()
	if got := committed(t, topic, topic); got != records {
		t.Errorf("committed offset went from %d to %d", records, got)
	}
	heir.Close()
	if got := committed(t, topic, topic); got != records {
		t.Errorf("committed offset went from %d to %d", records, got)
	}
}

// A database that was set back knows less than its group has committed.
func TestAGroupBeginsWhereItsReaderSaysThatItStandsButNeverLater(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	publish(t, newPublisher(t, testConfig), numbered(topic, 5)...)
	reads := func(from int64, want ...string) {
		t.Helper()
		cfg := groupOf(topic)
		cfg.From = func(string, int, int64) int64 { return from }
		sub := newSubscriber(t, testConfig, cfg)
		messages := must(sub.Subscribe(t.Context(), topic))
		for _, w := range want {
			m := <-messages
			if string(m.Payload) != w {
				t.Fatalf("from %d: got %s, want %s", from, m.Payload, w)
			}
			m.Ack()
		}
		sub.Close()
	}
	reads(0, "0", "1", "2", "3", "4")
	reads(3, "3", "4")
	publish(t, newPublisher(t, testConfig), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte("5")})
	reads(9, "5")
}

func TestWorkIsSharedAndNothingLostWhileMembersComeAndGo(t *testing.T) {
	t.Parallel()
	const records = 400
	topic := newTopic(t, testConfig, 4)
	seen := make(chan string, 10*records)
	member := func() *bus.Subscriber {
		s := newSubscriber(t, testConfig, groupOf(topic))
		go consume(must(s.Subscribe(t.Context(), topic)), seen)
		return s
	}
	first := member()
	var recs []envelope.Record
	for i := range records {
		recs = append(recs, envelope.Record{Topic: topic, Key: []byte(strconv.Itoa(i)), Value: []byte(strconv.Itoa(i))})
	}
	p := newPublisher(t, testConfig)
	missing := map[string]bool{}
	for i, step := range []func(){func() {}, func() { member() }, func() { first.Close() }, func() { member() }} {
		step()
		part := recs[i*records/4 : (i+1)*records/4]
		publish(t, p, part...)
		for _, r := range part {
			missing[string(r.Value)] = true
		}
		for len(missing) > 0 {
			delete(missing, <-seen)
		}
	}
}

func consume(messages <-chan *message.Message, seen chan<- string) {
	for m := range messages {
		seen <- string(m.Payload)
		m.Ack()
	}
}

func TestLagCountsAlsoWhenThePartitionIsPaused(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	sub := newSubscriber(t, testConfig, groupOf(topic))
	p := newPublisher(t, testConfig)
	publish(t, p, numbered(topic, 3)...)
	messages := must(sub.Subscribe(t.Context(), topic))
	lag := func() int64 { return must(sub.Lag(t.Context()))[topic] }
	held := <-messages
	publish(t, p, numbered(topic, 200)...)
	eventually(t, "203 records wait", func() bool { return lag() == 203 })
	held.Ack()
	for range 202 {
		(<-messages).Ack()
	}
	eventually(t, "none waits", func() bool { return lag() == 0 })
}

// watchdog fails the test when fn takes longer than any healthy machine needs.
func watchdog(t *testing.T, what string, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		t.Fatalf("%s did not return", what)
	}
}

func TestCloseWaitsForNoPollAndLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	topic := newTopic(t, testConfig, 4)
	p := must(bus.NewPublisher(testConfig))
	publish(t, p, numbered(topic, 1)...)
	for _, group := range []string{topic, ""} {
		cfg := groupOf(topic)
		cfg.Group, cfg.MaxWait = group, time.Hour
		sub := must(bus.NewSubscriber(testConfig, cfg))
		messages := must(sub.Subscribe(context.Background(), topic))
		(<-messages).Ack()
		watchdog(t, "Close", func() { sub.Close() })
		if _, open := <-messages; open {
			t.Error("a message came after Close")
		}
	}
	p.Close()
}

func TestCloseReturnsWhenTheBrokerNoLongerAnswers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close() // it accepts, by its backlog, and says nothing
	cfg := bus.Config{Brokers: []string{l.Addr().String()}}
	sub := must(bus.NewSubscriber(cfg, bus.SubscriberConfig{Group: "g"}))
	must(sub.Subscribe(context.Background(), "t"))
	p := must(bus.NewPublisher(cfg))
	failed := make(chan error, 1)
	go func() { failed <- p.PublishRecords(context.Background(), numbered("t", 1)...) }()
	watchdog(t, "Close", func() { sub.Close(); p.Close() })
	if err := <-failed; err == nil {
		t.Error("published to a broker that never answered")
	}
}
