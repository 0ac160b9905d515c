package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// Quarantined is a record that could not be accepted, with where it lay and why.
type Quarantined struct {
	Topic     string
	Partition int
	Offset    int64
	Digest    string
	Reason    string
	Record    envelope.Record
}

// What the quarantine keeps of records at most, so that whoever may write to a topic cannot fill the disk with what is
// refused. Of others it keeps that they were there, with their digest; the dead letter tells their size.
const (
	maxBody   = strict.MaxSize // of a value, and of key and headers together: no contract allows more
	maxBodies = 1000           // in a partition; the oldest go first
)

// Quarantine keeps a refused record, encrypted under the service's own key, within the limits above. It reports false
// when the record at this position was quarantined before.
func (tx *Tx) Quarantine(q Quarantined) (fresh bool, err error) {
	sealed := []byte{}
	if small(q.Record) {
		raw, err := json.Marshal(keep(q.Record))
		if err != nil {
			return false, fmt.Errorf("encode a record for quarantine: %w", err)
		}
		sealed = tx.seal.seal(raw)
	}
	n, err := tx.exec("quarantine a record", `insert into quarantine (topic, part, pos, digest, reason, at, sealed)
		values ($1, $2, $3, $4, $5, $6, $7) on conflict (topic, part, pos) do nothing`,
		q.Topic, q.Partition, q.Offset, q.Digest, q.Reason, toStamp(tx.now), sealed)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.exec("empty the oldest of the quarantine", `update quarantine set sealed = ''
		where topic = $1 and part = $2 and length(sealed) > 0 and pos <= (select pos from quarantine
			where topic = $1 and part = $2 and length(sealed) > 0 order by pos desc limit 1 offset $3)`,
		q.Topic, q.Partition, maxBodies)
	return true, err
}

func small(r envelope.Record) bool {
	beside := len(r.Key)
	for _, h := range r.Headers {
		beside += len(h.Key) + len(h.Value)
	}
	return len(r.Value) <= maxBody && beside <= maxBody
}

// FromQuarantine returns the record kept from a position; found is false when none is, or only its digest.
func (tx *Tx) FromQuarantine(topic string, partition int, offset int64) (r envelope.Record, found bool, err error) {
	var sealed []byte
	found, err = tx.row("read the quarantine", `select sealed from quarantine where topic = $1 and part = $2 and pos = $3`,
		[]any{topic, partition, offset}, &sealed)
	if err != nil || !found || len(sealed) == 0 {
		return r, false, err
	}
	raw, err := tx.seal.open(sealed)
	if err != nil {
		return r, false, err
	}
	var k kept
	if err := json.Unmarshal(raw, &k); err != nil {
		return r, false, fmt.Errorf("understand a quarantined record: %w", err)
	}
	return k.record(), true, nil
}

// kept is a record as it lies in quarantine: of its headers, not even the names need be text.
type kept struct {
	Topic      string
	Key, Value []byte
	Headers    [][2][]byte
}

func keep(r envelope.Record) kept {
	k := kept{Topic: r.Topic, Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		k.Headers = append(k.Headers, [2][]byte{[]byte(h.Key), h.Value})
	}
	return k
}

func (k kept) record() envelope.Record {
	r := envelope.Record{Topic: k.Topic, Key: k.Key, Value: k.Value}
	for _, h := range k.Headers {
		r.Headers = append(r.Headers, envelope.Header{Key: string(h[0]), Value: h[1]})
	}
	return r
}

// sealer encrypts what lies in quarantine with AES-256-GCM.
type sealer struct{ aead cipher.AEAD }

func openSealer(path string) (sealer, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		rand.Read(key) //nolint:errcheck // crypto/rand.Read never fails
		err = os.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return sealer{}, fmt.Errorf("open the quarantine key %s: %w", path, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("the quarantine key %s is damaged (restore it from a backup): %w", path, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

func (s sealer) seal(plain []byte) []byte { return s.aead.Seal(nil, nil, plain, nil) }

func (s sealer) open(sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt a quarantined record: %w", err)
	}
	return plain, nil
}
