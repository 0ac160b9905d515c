package broker

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// week is Kafka's retention where nobody sets another.
	week = 7 * 24 * time.Hour
	// forgetEvery is how often records go that are older than their topic keeps them.
	forgetEvery = 24 * time.Hour
	// forgetBytes are read at once; one batch comes whole, however long.
	forgetBytes = 64 << 10
	// lengthAt is where a batch says how long it is from there on, after its first offset.
	lengthAt = 8
)

// forgetDaily forgets until Close. What fails is done a day later.
func (b *Broker) forgetDaily(cfg Config) {
	daily := time.NewTicker(forgetEvery)
	defer daily.Stop()
	for {
		select {
		case <-b.closing:
			return
		case <-daily.C:
			_ = b.inside(cfg, func(ctx context.Context, cl *kgo.Client) error { return b.forget(ctx, cl, cfg.Topics) })
		}
	}
}

// forget removes the records that are older than their topic keeps them, but never the newest of a partition: the
// broker's own retention would, and a partition that is empty when the broker stops begins at offset 0 when it starts
// again, where no reader looks that has been further.
func (b *Broker) forget(ctx context.Context, cl *kgo.Client, topics []Topic) error {
	for _, t := range topics {
		if t.Retention < 0 {
			continue
		}
		keeps := week
		if t.Retention > 0 {
			keeps = t.Retention
		}
		for p := range t.Partitions {
			if err := b.forgetBefore(ctx, cl, t.Name, int32(p), time.Now().Add(-keeps)); err != nil {
				return fmt.Errorf("remove old records of topic %s, partition %d: %w", t.Name, p, err)
			}
		}
	}
	return nil
}

// forgetBefore removes the batches of a partition, from its first on, whose newest record is from before a time.
func (b *Broker) forgetBefore(ctx context.Context, cl *kgo.Client, topic string, partition int32, limit time.Time) error {
	at := b.cluster.PartitionInfo(topic, partition)
	first, newest := at.LogStartOffset, at.HighWatermark-1
	for first < newest {
		next, err := b.endOfOld(ctx, cl, topic, partition, first, limit)
		if err != nil {
			return err
		}
		if next == first {
			break
		}
		first = min(next, newest)
	}
	if first <= at.LogStartOffset {
		return nil
	}
	return b.cluster.DeleteRecords(topic, partition, first)
}

// endOfOld reads batches from an offset on and returns that of the first from after the limit, or of what it has not
// read. It looks at the heads of batches alone.
func (b *Broker) endOfOld(ctx context.Context, cl *kgo.Client, topic string, partition int32, from int64, limit time.Time) (int64, error) {
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.MaxBytes = -1, forgetBytes
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.TopicID = topic, b.cluster.TopicInfo(topic).TopicID
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = partition, from, forgetBytes
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return 0, err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return 0, err
			}
			from = pastOld(p.RecordBatches, from, limit)
		}
	}
	return from, nil
}

// pastOld goes over whole batches, of which the last may be cut off, and returns the offset after those that are old.
func pastOld(raw []byte, from int64, limit time.Time) int64 {
	for len(raw) >= lengthAt+4 {
		size := lengthAt + 4 + int(binary.BigEndian.Uint32(raw[lengthAt:]))
		var batch kmsg.RecordBatch
		if size > len(raw) || batch.ReadFrom(raw[:size]) != nil || !time.UnixMilli(batch.MaxTimestamp).Before(limit) {
			break
		}
		from = batch.FirstOffset + int64(batch.LastOffsetDelta) + 1
		raw = raw[size:]
	}
	return from
}
