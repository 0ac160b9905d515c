package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Seen is one record as the harness saw it, and what its attributes say.
type Seen struct {
	N         int    // its place in the transcript, from 0
	Broker    string // a site's name, or FederationBroker
	Partition int
	Offset    int64
	Time      time.Time // of the record, by the broker
	Record    envelope.Record
	Digest    string         // sha256: and the hash of the value
	Event     envelope.Event // what could be read; no signature was verified
	Err       error          // why the attributes could not be read
}

// Is reports whether the record is readable and of one of the types.
func (s Seen) Is(types ...string) bool {
	for _, t := range types {
		if s.Err == nil && s.Event.Type == t {
			return true
		}
	}
	return false
}

// Site is the site of the event's source.
func (s Seen) Site() string {
	site, _, _ := topics.ParseSource(s.Event.Source)
	return site
}

// Payload decodes the data of a record of the payload's type; false for any other record.
func Payload[T envelope.Payload](s Seen) (T, bool) {
	var none T
	if !s.Is(none.EventType()) {
		return none, false
	}
	payload, err := envelope.Decode[T](s.Event)
	return payload, err == nil
}

// line is one record in the transcript's file. Hash covers Previous and all other members.
type line struct {
	N         int           `json:"n"`
	Broker    string        `json:"broker"`
	Topic     string        `json:"topic"`
	Partition int           `json:"partition"`
	Offset    int64         `json:"offset"`
	Time      time.Time     `json:"time"`
	Key       []byte        `json:"key"`
	Headers   []namedHeader `json:"headers"`
	Value     []byte        `json:"value"`
	Digest    string        `json:"digest"`
	Previous  string        `json:"previous"`
	Hash      string        `json:"hash,omitzero"`
}

type namedHeader struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// Transcript is every record seen, in the order seen, in memory and in a file of one JSON object a line. Each line
// holds the hash of the one before, so that nothing can be taken out or put in later.
type Transcript struct {
	mu       sync.Mutex
	file     *os.File
	previous string
	seen     []Seen
	changed  chan struct{} // closed, and replaced, when a record is added
}

// newTranscript starts a file.
func newTranscript(name string) (*Transcript, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start the transcript: %w", err)
	}
	return &Transcript{file: file, changed: make(chan struct{})}, nil
}

func (t *Transcript) add(s Seen) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.N = len(t.seen)
	s.Digest = digest(s.Record.Value)
	s.Event, s.Err = envelope.Read(s.Record)
	l := lineOf(s, t.previous)
	hash, err := l.hash()
	if err != nil {
		return err
	}
	l.Hash = hash
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write the transcript: %w", err)
	}
	if _, err := t.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write the transcript: %w", err)
	}
	t.previous = hash
	t.seen = append(t.seen, s)
	close(t.changed)
	t.changed = make(chan struct{})
	return nil
}

func lineOf(s Seen, previous string) line {
	l := line{N: s.N, Broker: s.Broker, Topic: s.Record.Topic, Partition: s.Partition, Offset: s.Offset, Time: s.Time.UTC(),
		Key: s.Record.Key, Value: s.Record.Value, Digest: s.Digest, Previous: previous}
	for _, h := range s.Record.Headers {
		l.Headers = append(l.Headers, namedHeader{h.Key, h.Value})
	}
	return l
}

func (l line) hash() (string, error) {
	l.Hash = ""
	text, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("write the transcript: %w", err)
	}
	return digest(text), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// All is everything seen so far. The slice must not be changed.
func (t *Transcript) All() []Seen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[:len(t.seen):len(t.seen)]
}

// since is what was seen from n on, and what to wait on for more.
func (t *Transcript) since(n int) ([]Seen, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[n:len(t.seen):len(t.seen)], t.changed
}

// close ends the file.
func (t *Transcript) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.file.Close(); err != nil {
		return fmt.Errorf("end the transcript: %w", err)
	}
	return nil
}

// LoadTranscript reads a transcript's file and verifies its chain.
func LoadTranscript(name string) ([]Seen, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("load the transcript: %w", err)
	}
	var all []Seen
	previous := ""
	for raw := range strings.Lines(string(text)) {
		var l line
		if err := json.Unmarshal([]byte(raw), &l, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("load the transcript: line %d: %w", len(all)+1, err)
		}
		hash, err := l.hash()
		if err != nil {
			return nil, err
		}
		if l.N != len(all) || l.Previous != previous || l.Hash != hash || l.Digest != digest(l.Value) {
			return nil, fmt.Errorf("load the transcript: line %d does not continue the chain: it was changed, or one before it was taken out", len(all)+1)
		}
		previous = hash
		all = append(all, l.seen())
	}
	return all, nil
}

func (l line) seen() Seen {
	s := Seen{N: l.N, Broker: l.Broker, Partition: l.Partition, Offset: l.Offset, Time: l.Time, Digest: l.Digest,
		Record: envelope.Record{Topic: l.Topic, Key: l.Key, Value: l.Value}}
	for _, h := range l.Headers {
		s.Record.Headers = append(s.Record.Headers, envelope.Header{Key: h.Key, Value: h.Value})
	}
	s.Event, s.Err = envelope.Read(s.Record)
	return s
}
