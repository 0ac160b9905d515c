package bus_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// TestBatchesAreCompressedByZstd looks at what lies on the broker, by a client that is not ours.
func TestBatchesAreCompressedByZstd(t *testing.T) {
	t.Parallel()
	if testConfig.TLS != nil {
		t.Skip("this look at the wire signs in to no broker; the embedded one shows it")
	}
	topic := newTopic(t, testConfig, 1)
	text := strings.Repeat("the same again ", 1000)
	publish(t, newPublisher(t, testConfig), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(text)})
	client := must(kgo.NewClient(kgo.SeedBrokers(testConfig.Brokers...)))
	defer client.Close()
	id := kmsg.NewPtrMetadataRequest()
	id.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	md := must(id.RequestWith(t.Context(), client))
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.MinBytes, req.MaxWaitMillis = 1<<20, 1, 1000
	req.Topics = []kmsg.FetchRequestTopic{{Topic: topic, TopicID: md.Topics[0].TopicID, Partitions: []kmsg.FetchRequestTopicPartition{
		{CurrentLeaderEpoch: -1, LastFetchedEpoch: -1, LogStartOffset: -1, PartitionMaxBytes: 1 << 20}}}}
	resp := must(req.RequestWith(t.Context(), client))
	raw := resp.Topics[0].Partitions[0].RecordBatches
	// Kafka's record batch, version 2: the attributes are at byte 21, the codec is their lowest three bits, 4 is zstd
	const attributes, codec, zstd = 21, 0x07, 4
	if len(raw) < attributes+2 {
		t.Fatalf("the broker gave %d bytes", len(raw))
	}
	if got := binary.BigEndian.Uint16(raw[attributes:]) & codec; got != zstd {
		t.Errorf("codec %d", got)
	}
	if len(raw) > len(text)/10 {
		t.Errorf("%d bytes on the broker for %d of text", len(raw), len(text))
	}
}
