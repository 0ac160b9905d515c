package store

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// Applied returns the digest under which (source, id) was applied before, or "" when it never was.
func (tx *Tx) Applied(source, id string) (digest string, err error) {
	_, err = tx.row("look in the inbox", `select digest from inbox where source = $1 and id = $2`, []any{source, id}, &digest)
	return digest, err
}

// MarkApplied remembers for ever that (source, id) with this content took effect.
func (tx *Tx) MarkApplied(source, id, digest string) error {
	return tx.later("mark the inbox", `insert into inbox (source, id, digest, at) values ($1, $2, $3, $4)`,
		source, id, digest, toStamp(tx.now))
}

// Seen returns how far the subject of a source has been seen on a topic: 0 is never.
func (tx *Tx) Seen(topic, source, subject string) (sequence uint64, err error) {
	_, err = tx.row("read what was seen", `select sequence from seen where topic = $1 and source = $2 and subject = $3`,
		[]any{topic, source, subject}, &sequence)
	return sequence, err
}

// SeenFact reports whether what a source announced about a subject has been seen up to a number, on its events topic.
func (tx *Tx) SeenFact(source, subject string, sequence uint64) (bool, error) {
	return tx.row("look for a fact", `select 1 from seen where source = $1 and subject = $2 and sequence >= $3
		and topic like '%.events.v1'`, []any{source, subject, sequence}, new(int))
}

// MarkSeen moves the mark of a subject forward.
func (tx *Tx) MarkSeen(topic, source, subject string, sequence uint64) error {
	return tx.later("mark what was seen", `insert into seen (topic, source, subject, sequence) values ($1, $2, $3, $4)
		on conflict (topic, source, subject) do update set sequence =
		case when excluded.sequence > seen.sequence then excluded.sequence else seen.sequence end`,
		topic, source, subject, sequence)
}

// reader stands, among what was seen, for the one who reads a topic; it is no source.
const reader = ""

// MarkRead remembers that a partition of a topic was read up to next, by the time this transaction is committed.
func (tx *Tx) MarkRead(topic string, partition int, next int64) error {
	return tx.MarkSeen(topic, reader, strconv.Itoa(partition), uint64(next))
}

// ReadUpTo is the last mark of a partition; 0 where there is none.
func (tx *Tx) ReadUpTo(topic string, partition int) (next int64, err error) {
	n, err := tx.Seen(topic, reader, strconv.Itoa(partition))
	return int64(n), err
}

// Next allocates the next sequence number of what this service says about a subject on a topic, from 1.
func (tx *Tx) Next(topic, source, subject string) (n uint64, err error) {
	_, err = tx.row("allocate a sequence number", `insert into counter (topic, source, subject, last) values ($1, $2, $3, 1)
		on conflict (topic, source, subject) do update set last = counter.last + 1 returning last`,
		[]any{topic, source, subject}, &n)
	return n, err
}

// Last is the number that Next gave last, 0 if none.
func (tx *Tx) Last(topic, source, subject string) (n uint64, err error) {
	_, err = tx.row("read a sequence number", `select last from counter where topic = $1 and source = $2 and subject = $3`,
		[]any{topic, source, subject}, &n)
	return n, err
}

// Send puts a record in the outbox: it goes to the link's broker once the transaction is durable, in this order.
func (tx *Tx) Send(link string, r envelope.Record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode a record for the outbox: %w", err)
	}
	return tx.later("write the outbox", `insert into outbox (link, at, record) values ($1, $2, $3)`, link, toStamp(tx.now), raw)
}

// Outgoing is one row of the outbox.
type Outgoing struct {
	ID     int64
	Record envelope.Record
}

// Outbox returns the oldest rows of a link's outbox, at most limit.
func (tx *Tx) Outbox(link string, limit int) (out []Outgoing, err error) {
	return tx.outboxAfter(link, 0, limit)
}

// outboxAfter returns the oldest rows after one.
func (tx *Tx) outboxAfter(link string, id int64, limit int) (out []Outgoing, err error) {
	err = tx.rows("read the outbox", `select id, record from outbox where link = $1 and id > $2 order by id limit $3`, []any{link, id, limit},
		func(r scanner) error {
			var o Outgoing
			var raw []byte
			if err := r.Scan(&o.ID, &raw); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &o.Record); err != nil {
				return err
			}
			out = append(out, o)
			return nil
		})
	return out, err
}

// outboxHolds reports whether a row up to one is still there.
func (tx *Tx) outboxHolds(link string, id int64) (bool, error) {
	return tx.row("look at the outbox", `select 1 from outbox where link = $1 and id <= $2 limit 1`, []any{link, id}, new(int))
}

// sentUpTo removes all rows of a link up to one.
func (tx *Tx) sentUpTo(link string, id int64) error {
	_, err := tx.exec("clear the outbox", `delete from outbox where link = $1 and id <= $2`, link, id)
	return err
}

// sent removes exactly these rows from the outbox: the broker has acknowledged them.
func (tx *Tx) sent(rows []Outgoing) error {
	for _, o := range rows {
		if err := tx.later("clear the outbox", `delete from outbox where id = $1`, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// Unsent counts the rows that wait in the outbox, over all links.
func (tx *Tx) Unsent() (n int, err error) {
	_, err = tx.row("count the outbox", `select count(*) from outbox`, nil, &n)
	return n, err
}

// OldestUnsent is when the oldest row that waits in the outbox was committed; any is false when none waits.
func (tx *Tx) OldestUnsent() (at time.Time, any bool, err error) {
	var text string
	any, err = tx.row("look at the outbox", `select at from outbox order by id limit 1`, nil, &text)
	if err != nil || !any {
		return time.Time{}, false, err
	}
	at, err = fromStamp(text)
	return at, err == nil, err
}

// Parked is an event that waits for a fact, up to a deadline.
type Parked struct {
	Link     string          // where the record came from
	Source   string          // with EventID: which event
	EventID  string          //
	Awaits   string          // the fact it waits for
	Deadline time.Time       // when waiting ends
	Reason   string          // the reason code it is then refused with
	Record   envelope.Record // the event itself

	Partition int   // where it lay on its topic
	Offset    int64 //
}

// MaxWaiting is how many events of one source may wait at once.
const MaxWaiting = 4096

// ErrTooManyWaiting says that MaxWaiting other events of the source wait already.
var ErrTooManyWaiting = errors.New("too many events of this source wait already")

// Park keeps an event until its fact comes. An event that is parked already keeps its first deadline.
func (tx *Tx) Park(p Parked) error {
	var others int
	if _, err := tx.row("count waiting events", `select count(*) from waiting where source = $1 and event_id <> $2`,
		[]any{p.Source, p.EventID}, &others); err != nil {
		return err
	}
	if others >= MaxWaiting {
		return ErrTooManyWaiting
	}
	raw, err := json.Marshal(p.Record)
	if err != nil {
		return fmt.Errorf("encode a waiting record: %w", err)
	}
	return tx.later("park an event", `insert into waiting (link, source, event_id, awaits, deadline, reason, record, part, pos)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (source, event_id) do update set awaits = excluded.awaits, reason = excluded.reason`,
		p.Link, p.Source, p.EventID, p.Awaits, toStamp(p.Deadline), p.Reason, raw, p.Partition, p.Offset)
}

// Unpark removes an event from the waiting ones; removing what does not wait is no error.
func (tx *Tx) Unpark(source, eventID string) error {
	return tx.later("unpark an event", `delete from waiting where source = $1 and event_id = $2`, source, eventID)
}

// Waits reports whether an event is parked.
func (tx *Tx) Waits(source, eventID string) (bool, error) {
	return tx.row("look for a waiting event", `select 1 from waiting where source = $1 and event_id = $2`, []any{source, eventID}, new(int))
}

// Waiting returns the events that wait for one of some facts, oldest first; an empty fact means all of them.
func (tx *Tx) Waiting(facts ...string) ([]Parked, error) {
	if slices.Contains(facts, "") {
		return tx.parked(`true`)
	}
	places, args := make([]string, len(facts)), make([]any, len(facts))
	for i, fact := range facts {
		places[i], args[i] = fmt.Sprint("$", i+1), fact
	}
	return tx.parked(`awaits in (`+strings.Join(places, ", ")+`)`, args...)
}

// Overdue returns the waiting events whose deadline has passed, oldest first.
func (tx *Tx) Overdue() ([]Parked, error) { return tx.parked(`deadline <= $1`, toStamp(tx.now)) }

func (tx *Tx) parked(where string, args ...any) (out []Parked, err error) {
	err = tx.rows("list waiting events", `select link, source, event_id, awaits, deadline, reason, record, part, pos from waiting where `+
		where+` order by id`, args, func(r scanner) error {
		var p Parked
		var deadline string
		var raw []byte
		if err := r.Scan(&p.Link, &p.Source, &p.EventID, &p.Awaits, &deadline, &p.Reason, &raw, &p.Partition, &p.Offset); err != nil {
			return err
		}
		if p.Deadline, err = fromStamp(deadline); err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &p.Record); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	return out, err
}
