package bus_test

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/recordbatch/recordbatchtest"
)

func TestASubscriberIsReadyOnceItReadsAndNotWhileItStandsStill(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 2)
	cfg := groupOf(topic)
	cfg.StuckAfter = 50 * time.Millisecond
	sub := newSubscriber(t, testConfig, cfg)
	if err := sub.Ready(t.Context()); !errors.Is(err, bus.ErrNotReading) {
		t.Fatalf("without a subscription: %v", err)
	}
	messages := must(sub.Subscribe(t.Context(), topic))
	eventually(t, "ready on an empty topic", func() bool { return sub.Ready(t.Context()) == nil })
	publish(t, newPublisher(t, testConfig), numbered(topic, 1)...)
	m := <-messages
	eventually(t, "the standstill is told", func() bool {
		err := sub.Ready(t.Context())
		return errors.Is(err, bus.ErrNotReading) && strings.Contains(err.Error(), "offset 0 is not processed")
	})
	m.Ack()
	eventually(t, "ready again", func() bool { return sub.Ready(t.Context()) == nil })
}

func TestASubscriberWithoutTheTopicItsRightOrItsGroupIsNotReady(t *testing.T) {
	t.Parallel()
	acl := func(on broker.Resource, name string, op broker.Operation) broker.ACL {
		return broker.ACL{Resource: on, Name: name, Operation: op}
	}
	b := must(broker.Start(broker.Config{Dir: t.TempDir(), Superuser: "super", SuperPassword: "super-secret",
		Topics: []broker.Topic{{Name: "seen", Partitions: 1}, {Name: "read", Partitions: 1}},
		Users: []broker.User{{Name: "alice", Password: "alice-secret", ACLs: []broker.ACL{
			acl(broker.OnTopic, "seen", broker.Describe), acl(broker.OnTopic, "read", broker.Read), acl(broker.OnGroup, "alice", broker.Read)}}}}))
	defer b.Close()
	for name, c := range map[string]struct{ topic, group, want string }{
		"no such topic":          {"missing", "alice", "may not read"},
		"may see, not read":      {"seen", "alice", "may not read"},
		"a group of others":      {"read", "bob", "may not read"},
		"all that it is to have": {"read", "alice", ""},
	} {
		t.Run(name, func(t *testing.T) {
			sub := newSubscriber(t, bus.Config{Brokers: []string{b.Addr()}, Username: "alice", Password: "alice-secret"}, bus.SubscriberConfig{Group: c.group})
			must(sub.Subscribe(t.Context(), c.topic))
			var err error
			eventually(t, "its standing is known: "+c.want, func() bool {
				err = sub.Ready(t.Context())
				return err == nil && c.want == "" || err != nil && c.want != "" && strings.Contains(err.Error(), c.want)
			})
		})
	}
}

// A broker whose data is gone, or older than what its readers have seen, is no reason to be silent.
func TestAReaderThatIsFurtherThanItsTopicIsNotReady(t *testing.T) {
	t.Parallel()
	start := func(port int) *broker.Broker {
		return must(broker.Start(broker.Config{Dir: t.TempDir(), Port: port, Topics: []broker.Topic{{Name: "t", Partitions: 1}}}))
	}
	b := start(0)
	_, port, _ := strings.Cut(b.Addr(), ":")
	cfg := bus.Config{Brokers: []string{b.Addr()}}
	sub := newSubscriber(t, cfg, bus.SubscriberConfig{})
	messages := must(sub.Subscribe(t.Context(), "t"))
	publish(t, newPublisher(t, cfg), numbered("t", 3)...)
	for range 3 {
		(<-messages).Ack()
	}
	b.Close()
	b = start(must(strconv.Atoi(port)))
	defer b.Close()
	eventually(t, "the loss is told", func() bool {
		err := sub.Ready(t.Context())
		return errors.Is(err, bus.ErrNotReading) && strings.Contains(err.Error(), "up to offset 3, and the topic ends at 0")
	})
}

// Attack 7: to ask whether a reader goes on makes no room for what somebody only says to have written.
func TestReadinessBelievesNoBatch(t *testing.T) {
	cfg := careless(t)
	topic := newTopic(t, cfg, 1)
	sub := newSubscriber(t, cfg, bus.SubscriberConfig{StuckAfter: time.Nanosecond})
	messages := must(sub.Subscribe(t.Context(), topic))
	produceRaw(t, cfg, topic, 0, 1<<28, recordbatchtest.Record(0, 1, 0, []byte("v"), nil))
	m := <-messages // of which more are said to come
	const most = 256 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := sub.Ready(t.Context()); !errors.Is(err, bus.ErrNotReading) {
		t.Errorf("the record is not acked: %v", err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes were allocated", n)
	}
	m.Ack()
}
