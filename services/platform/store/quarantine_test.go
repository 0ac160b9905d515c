package store

import (
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// whole reports whether the record at a position is kept, and fails if it is not known at all.
func whole(t *testing.T, s *Store, topic string, partition int, offset int64) (kept bool) {
	t.Helper()
	view(t, s, func(tx *Tx) (err error) {
		var n int
		_, err = tx.row("count", `select count(*) from quarantine where topic = $1 and part = $2 and pos = $3`, []any{topic, partition, offset}, &n)
		if n != 1 {
			t.Errorf("%d rows for offset %d", n, offset)
		}
		_, found, readErr := tx.FromQuarantine(topic, partition, offset)
		kept = found
		return errors.Join(err, readErr)
	})
	return kept
}

func TestOfALargeRecordTheQuarantineKeepsTheDigestOnly(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		large, key := make([]byte, maxBody+1), []byte("k")
		for offset, r := range []envelope.Record{
			{Key: key, Value: large[1:]},
			{Key: key, Value: large},
			{Key: key, Headers: []envelope.Header{{Key: "x", Value: large}}},
		} {
			update(t, s, func(tx *Tx) error {
				_, err := tx.Quarantine(Quarantined{Topic: "t", Offset: int64(offset), Digest: "d", Record: r})
				return err
			})
			if kept := whole(t, s, "t", 0, int64(offset)); kept != (offset == 0) {
				t.Errorf("record %d is kept whole: %v", offset, kept)
			}
		}
		update(t, s, func(tx *Tx) error {
			fresh, err := tx.Quarantine(Quarantined{Topic: "t", Offset: 1, Digest: "d"})
			if fresh {
				t.Error("a large record is fresh a second time")
			}
			return err
		})
	})
}

func TestTheOldestOfTooManyRefusedRecordsLoseTheirBodies(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		put := func(tx *Tx, partition int, offset int64) error {
			_, err := tx.Quarantine(Quarantined{Topic: "t", Partition: partition, Offset: offset, Digest: "d", Record: envelope.Record{Value: []byte("v")}})
			return err
		}
		update(t, s, func(tx *Tx) error {
			err := put(tx, 1, 7)
			for offset := range int64(maxBodies + 2) {
				err = errors.Join(err, put(tx, 0, offset+10))
			}
			return errors.Join(err, put(tx, 0, 3)) // waited long for a fact
		})
		for offset, want := range map[int64]bool{3: false, 10: false, 11: false, 12: true, maxBodies + 11: true} {
			if kept := whole(t, s, "t", 0, offset); kept != want {
				t.Errorf("offset %d is kept whole: %v", offset, kept)
			}
		}
		if !whole(t, s, "t", 1, 7) {
			t.Error("another partition's record lost its body")
		}
	})
}
