package store

import (
	"bytes"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// FuzzQuarantineGivesARecordBackWhole quarantines a record as a stranger could write it: of what is small enough it keeps
// every byte, of what is not, that it was there, and nothing of it lies readable in the database.
func FuzzQuarantineGivesARecordBackWhole(f *testing.F) {
	f.Add([]byte("k"), []byte("v"), "ce_id", []byte("1"), "ce_id", []byte("2"))
	f.Add([]byte(nil), []byte(nil), "", []byte(nil), "\xff\xfe", []byte{0xff})
	f.Add([]byte{0}, []byte(`{"a":1}`), "a\x00b", []byte{}, "é", []byte("x"))
	f.Add([]byte("k"), make([]byte, maxBody+1), "", []byte{}, "", []byte{})
	s, err := Open(f.Context(), f.TempDir(), at())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	offset := int64(0)
	f.Fuzz(func(t *testing.T, key, value []byte, first string, a []byte, second string, b []byte) {
		r := envelope.Record{Topic: "t", Key: key, Value: value, Headers: []envelope.Header{{Key: first, Value: a}, {Key: second, Value: b}}}
		offset++
		update(t, s, func(tx *Tx) error {
			_, err := tx.Quarantine(Quarantined{Topic: "t", Offset: offset, Digest: "d", Record: r})
			return err
		})
		view(t, s, func(tx *Tx) error {
			got, found, err := tx.FromQuarantine("t", 0, offset)
			if found != small(r) {
				t.Errorf("kept: %v, small: %v", found, small(r))
			}
			if found && !sameRecord(got, r) {
				t.Errorf("%q came back as %q", r, got)
			}
			var sealed []byte
			if _, err := tx.row("look", `select sealed from quarantine where pos = $1`, []any{offset}, &sealed); err != nil {
				return err
			}
			if len(value) > 8 && bytes.Contains(sealed, value) {
				t.Error("the value lies readable")
			}
			return err
		})
	})
}

func sameRecord(a, b envelope.Record) bool {
	return a.Topic == b.Topic && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) &&
		slices.EqualFunc(a.Headers, b.Headers, func(x, y envelope.Header) bool { return x.Key == y.Key && bytes.Equal(x.Value, y.Value) })
}

// FuzzSealedBytes alters what lies in quarantine: it is refused, never read as something else.
func FuzzSealedBytes(f *testing.F) {
	seal, err := openSealer(f.TempDir() + "/key")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("record"), uint16(0), byte(1))
	f.Add([]byte{}, uint16(27), byte(0))
	f.Fuzz(func(t *testing.T, plain []byte, at uint16, flip byte) {
		sealed := seal.seal(plain)
		if flip != 0 {
			sealed[int(at)%len(sealed)] ^= flip
		}
		got, err := seal.open(sealed)
		if (err == nil) != (flip == 0) || err == nil && !bytes.Equal(got, plain) {
			t.Fatalf("%q after %d at %d: %v", got, flip, at, err)
		}
		if _, err := seal.open(plain); err == nil {
			t.Fatal("what nobody sealed is opened")
		}
	})
}
