package store

import "time"

// Retention is how long a service keeps what it needs no more for its work. What is not named here is kept for ever:
// documents, the audit log, counters; how far each subject was seen, for it refuses as stale an event whose mark in
// the inbox is gone; and the marks of events that crossed a border, which are few.
type Retention struct {
	Site        string        // whose own events are internal
	Internal    time.Duration // marks of internal events: at least how long topics keep them and 30 days
	Quarantined time.Duration // refused records: as long as people may want to replay them
}

// Pruned counts what Prune removed.
type Pruned struct{ Marks, Quarantined int64 }

// Prune removes what is older than the rules say. Events that wait need no rule: each has its deadline.
func (tx *Tx) Prune(r Retention) (p Pruned, err error) {
	own := "/sites/" + r.Site + "/"
	p.Marks, err = tx.exec("prune the inbox", `delete from inbox where at < $1 and substr(source, 1, $2) = $3`,
		toStamp(tx.now.Add(-r.Internal)), len(own), own)
	if err != nil {
		return Pruned{}, err
	}
	p.Quarantined, err = tx.exec("prune the quarantine", `delete from quarantine where at < $1`, toStamp(tx.now.Add(-r.Quarantined)))
	return p, err
}
