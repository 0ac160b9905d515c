// Package recordbatchtest makes record batches that no client would, and writes them.
package recordbatchtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Seal gives a batch that says to have a count of records its right length and checksum. The records are as they are in it.
func Seal(codec int16, count int32, records []byte) []byte {
	b := kmsg.RecordBatch{Magic: 2, Attributes: codec, LastOffsetDelta: count - 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
		PartitionLeaderEpoch: -1, NumRecords: count, Records: records}
	const toLength, toAttributes = 12, 21 // Kafka's record batch, version 2: what the length and the checksum cover
	b.Length = int32(len(b.AppendTo(nil)) - toLength)
	b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[toAttributes:], crc32.MakeTable(crc32.Castagnoli)))
	return b.AppendTo(nil)
}

// Record is a record of a number whose key is absent, whose value has said bytes and which has said headers. What is given
// besides is what lies there.
func Record(number, value, headers int64, text, tail []byte) []byte {
	body := binary.AppendVarint([]byte{0, 0}, number) // attributes, time
	body = binary.AppendVarint(body, -1)
	body = append(binary.AppendVarint(body, value), text...)
	body = append(binary.AppendVarint(body, headers), tail...)
	return append(binary.AppendVarint(nil, int64(len(body))), body...)
}

// Produce writes batches to partition 0 of a topic, in one request, and returns Kafka's error code for the partition.
func Produce(ctx context.Context, client *kgo.Client, topic string, raws ...[]byte) (int16, error) {
	about := kmsg.NewPtrMetadataRequest()
	about.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	known, err := about.RequestWith(ctx, client)
	if err != nil {
		return 0, fmt.Errorf("find topic %s: %w", topic, err)
	}
	to := kmsg.ProduceRequestTopic{Topic: topic, TopicID: known.Topics[0].TopicID}
	for _, raw := range raws {
		to.Partitions = append(to.Partitions, kmsg.ProduceRequestTopicPartition{Records: raw})
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 10_000
	req.Topics = []kmsg.ProduceRequestTopic{to}
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return 0, fmt.Errorf("produce to topic %s: %w", topic, err)
	}
	return resp.Topics[0].Partitions[0].ErrorCode, nil
}
