package external_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/external"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// cluster runs scripts/kafka/cluster.sh on one folder.
type cluster struct {
	t           *testing.T
	script, dir string
}

func (c cluster) do(verb string, more ...string) string {
	c.t.Helper()
	out, err := exec.Command(c.script, append([]string{verb, c.dir}, more...)...).Output()
	if err != nil {
		c.t.Fatalf("cluster %s: %v", verb, err)
	}
	return strings.TrimSpace(string(out))
}

// leader is the address of the broker that leads partition 0 of a topic; empty while there is none.
func leader(ctx context.Context, cfg bus.Config, topic string) string {
	mechanism, err := scram.Mechanism(scram.SHA512, cfg.Username, cfg.Password)
	if err != nil {
		return ""
	}
	transport := &kafkago.Transport{TLS: cfg.TLS, SASL: mechanism}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(cfg.Brokers...), Transport: transport, Timeout: 5 * time.Second}
	md, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return ""
	}
	for _, t := range md.Topics {
		for _, p := range t.Partitions {
			if p.ID == 0 && p.Leader.Host != "" {
				return fmt.Sprintf("%s:%d", p.Leader.Host, p.Leader.Port)
			}
		}
	}
	return ""
}

// TestNothingAcknowledgedIsLostWhenLeadersAreKilled publishes one by one as a service of a site, whose rights are those
// of the topic table, to three brokers of which the leader is killed twice, while a group reads.
func TestNothingAcknowledgedIsLostWhenLeadersAreKilled(t *testing.T) {
	script := os.Getenv("FAIRWAY_KAFKA_CLUSTER")
	if script == "" {
		t.Skip("FAIRWAY_KAFKA_CLUSTER names no scripts/kafka/cluster.sh: make real runs this")
	}
	const records, keys = 1500, 5
	c := cluster{t, script, filepath.Join(together(t), "molgenis")}
	addrs := c.do("start")
	t.Cleanup(func() { exec.Command(script, "stop", c.dir).Run() }) //nolint:errcheck // cleaning up
	if err := external.Provision(t.Context(), c.dir, addrs); err != nil {
		t.Fatal(err)
	}
	topic := "molgenis.airlock.events.v1"
	as := func(user string) bus.Config {
		cfg := client(t, c.dir, addrs, user, filepath.Join(c.dir, user, setup.PasswordFile))
		cfg.Brokers, cfg.Timeout = strings.Split(addrs, ","), time.Minute
		return cfg
	}
	if ok, err := denied(t, as(topics.Catalog), topic); !ok {
		t.Fatalf("another's topic: %v", err)
	}
	seen := follow(t, as(topics.Observer), topic)
	publisher, err := bus.NewPublisher(as(topics.Airlock))
	if err != nil {
		t.Fatal(err)
	}
	defer publisher.Close()
	var killed []string
	var longest time.Duration
	for i := range records {
		if i == records/3 || i == 2*records/3 {
			if len(killed) > 0 {
				c.do("revive", killed[len(killed)-1])
			}
			now := leader(t.Context(), as(topics.Observer), topic)
			if now == "" {
				t.Fatal("no leader is known")
			}
			c.do("kill", now)
			killed = append(killed, now)
		}
		began := time.Now()
		key, value := fmt.Sprintf("k%d", i%keys), fmt.Sprintf("%06d", i)
		if err := publisher.PublishRecords(t.Context(), envelope.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		longest = max(longest, time.Since(began))
	}
	duplicates := judge(t, seen, records)
	t.Logf("%d acknowledged one by one, leaders killed: %d, all seen, %d twice, order per key kept, longest wait for an acknowledgement %.1f s",
		records, len(killed), duplicates, longest.Seconds())
}

type sighting struct{ key, value string }

func follow(t *testing.T, cfg bus.Config, topic string) <-chan sighting {
	t.Helper()
	sub, err := bus.NewSubscriber(cfg, bus.SubscriberConfig{Group: "observer.killed-leaders"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sub.Close() })
	messages, err := sub.Subscribe(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan sighting, 10_000)
	go func() {
		for m := range messages {
			r, _ := bus.RecordOf(m)
			seen <- sighting{string(r.Key), string(r.Value)}
			m.Ack()
		}
	}()
	return seen
}

// judge waits until all records were seen and counts those seen again. The first sightings of a key are in order.
func judge(t *testing.T, seen <-chan sighting, records int) (duplicates int) {
	t.Helper()
	known, last := map[string]bool{}, map[string]string{}
	deadline := time.After(time.Minute)
	for len(known) < records {
		select {
		case s := <-seen:
			if known[s.value] {
				duplicates++
				continue
			}
			if s.value <= last[s.key] {
				t.Errorf("%s of %s came first after %s", s.value, s.key, last[s.key])
			}
			known[s.value], last[s.key] = true, s.value
		case <-deadline:
			t.Fatalf("%d of %d acknowledged records were seen", len(known), records)
		}
	}
	return duplicates
}
