// Package upheld is each service's own view of which permits of holders elsewhere, whose data are hosted here, the holder
// affirmed lately. Nothing is computed or released under another one: a holder that revoked it and cannot be heard is as
// silent as one that did not.
package upheld

import (
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

const (
	// ReasonSilent is why something is not done until the holder is heard again.
	ReasonSilent = "holder-silent"

	// upheld is until when each permit may be gone by, by Name.
	upheld store.Kind[time.Time] = "upheld"
)

// Register keeps the view up to date with what the gateway hears of holders.
func Register(s *run.Service) {
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p federation.PermitsUpheld) error {
		return Keep(tx, p.Holder, p.Permits, p.Until)
	})
}

// Name is how a permit is named together with its holder, so that nobody can affirm another site's.
func Name(holder, permit string) string { return holder + ":" + permit }

// Keep takes a holder's word for some of its permits. One that came later than a newer word changes nothing.
func Keep(tx *run.Tx, holder string, permits []string, until time.Time) error {
	for _, id := range permits {
		name := Name(holder, id)
		before, _, err := upheld.Get(tx.Tx, name)
		if err != nil {
			return err
		}
		if !until.After(before) {
			continue
		}
		if err := upheld.Put(tx.Tx, name, until); err != nil {
			return err
		}
		tx.Wake(fact(name))
	}
	return nil
}

// Silent names the first of some permits that was not affirmed lately; none if all were.
func Silent(tx *run.Tx, names ...string) (name string, err error) {
	for _, name := range names {
		until, _, err := upheld.Get(tx.Tx, name)
		if err != nil {
			return "", err
		}
		if !tx.Now().Before(until) {
			return name, nil
		}
	}
	return "", nil
}

// Await lets an act wait a moment for the holder of a permit, whose word may be on its way; else it is refused for
// ReasonSilent.
func Await(name string) error { return run.AwaitFact(fact(name), ReasonSilent) }

// Check is nil while all of some permits were affirmed lately, and else waits as Await does.
func Check(tx *run.Tx, names ...string) error {
	name, err := Silent(tx, names...)
	if err != nil || name == "" {
		return err
	}
	return Await(name)
}

func fact(name string) string { return "upheld/" + name }
