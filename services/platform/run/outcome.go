package run

import (
	"fmt"
	"time"
)

// Refusal is the permanent outcome of an act or event that may not take effect. It is a fact: it is announced,
// audited and never retried.
type Refusal struct {
	Reason string // reason code: lower case, words joined by hyphens
	Detail string // one sentence for people: what is wrong and what to do; names no person and no value of data
}

func (r *Refusal) Error() string { return r.Reason + ": " + r.Detail }

// Refuse makes a Refusal.
func Refuse(reason, format string, args ...any) error {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// OrRefuse passes a technical error on, which is tried again, and refuses when there is none: for a lookup that failed
// or did not find what it should.
func OrRefuse(err error, reason, detail string) error {
	if err != nil {
		return err
	}
	return Refuse(reason, "%s", detail)
}

// Await says that an act or event rests on a fact not seen yet. It is parked, its partition goes on, and it is
// tried again when the fact comes. After the time it is refused with the reason.
//
// A partition is paused only for infrastructure errors, never for a missing fact.
type Await struct {
	Fact   string        // the subject whose next event, or the key whose Wake, ends the waiting
	Within time.Duration // how long a fact may take
	Reason string        // reason code of the refusal when it does not come
}

func (a *Await) Error() string { return fmt.Sprintf("waits for %s (else %s)", a.Fact, a.Reason) }

// settle is how long an act waits for a fact that another service of the same site is just about to announce.
const settle = 3 * time.Second

// AwaitFact makes an Await with the usual patience for facts of the same site.
func AwaitFact(fact, reason string) error { return &Await{Fact: fact, Within: settle, Reason: reason} }
