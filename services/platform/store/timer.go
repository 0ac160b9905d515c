package store

import (
	"database/sql"
	"time"
)

// Timer is a durable alarm. Its cause is the event that set it.
type Timer struct {
	Name        string    // which handler it wakes
	Subject     string    // with Name: its identity; setting it again moves it
	Due         time.Time // not fired before
	Data        []byte    // for the handler
	Cause       string    // id of the event that set it
	Correlation string    // correlation of that event
}

// SetTimer sets or moves a timer.
func (tx *Tx) SetTimer(t Timer) error {
	return tx.later("set a timer", `insert into timer (name, subject, due, data, cause, correlation) values ($1, $2, $3, $4, $5, $6)
		on conflict (name, subject) do update set due = excluded.due, data = excluded.data, cause = excluded.cause,
		correlation = excluded.correlation`, t.Name, t.Subject, toStamp(t.Due), t.Data, t.Cause, t.Correlation)
}

// StartTimer sets a timer that is not set yet, and leaves one that is as it is.
func (tx *Tx) StartTimer(t Timer) error {
	return tx.later("start a timer", `insert into timer (name, subject, due, data, cause, correlation) values ($1, $2, $3, $4, $5, $6)
		on conflict (name, subject) do nothing`, t.Name, t.Subject, toStamp(t.Due), t.Data, t.Cause, t.Correlation)
}

// ClearTimer removes a timer; clearing one that is not set is no error.
func (tx *Tx) ClearTimer(name, subject string) error {
	return tx.later("clear a timer", `delete from timer where name = $1 and subject = $2`, name, subject)
}

// TakeTimer removes a timer that is to fire now; it reports false when the timer was cleared or moved meanwhile.
func (tx *Tx) TakeTimer(t Timer) (taken bool, err error) {
	n, err := tx.exec("take a timer", `delete from timer where name = $1 and subject = $2 and due = $3`, t.Name, t.Subject, toStamp(t.Due))
	return n == 1, err
}

// DueTimers returns the timers that are due, earliest first.
func (tx *Tx) DueTimers() (out []Timer, err error) {
	err = tx.rows("list due timers", `select name, subject, due, data, cause, correlation from timer where due <= $1
		order by due, name, subject`, []any{toStamp(tx.now)}, func(r scanner) error {
		var t Timer
		var due string
		if err := r.Scan(&t.Name, &t.Subject, &due, &t.Data, &t.Cause, &t.Correlation); err != nil {
			return err
		}
		if t.Due, err = fromStamp(due); err != nil {
			return err
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

// NextDue is when the next timer or waiting event is due; ok is false when there is none.
func (tx *Tx) NextDue() (due time.Time, ok bool, err error) {
	var at sql.NullString
	_, err = tx.row("find the next timer", `select min(due) from (select due from timer union all select deadline from waiting) as awaited`,
		nil, &at)
	if err != nil || !at.Valid {
		return time.Time{}, false, err
	}
	due, err = fromStamp(at.String)
	return due, err == nil, err
}
