package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// officers lets an officer's act take effect only if two say yes: the role facts, read in the transaction of the act,
// and the relations, asked before it.
//
// The relations may be a Keto elsewhere, and no network call happens inside a transaction. So an act that the facts
// allow is parked; the worker asks, notes the answer and wakes the act, which then finds it. The facts are read again
// in that transaction: a role revoked meanwhile is not overlooked. Without an answer the act is refused.
// Questions and answers are not stored: after a restart the parked act asks again.
type officers struct {
	s         *run.Service
	relations *relations.Relations
	kick      run.Kick

	mu      sync.Mutex
	behind  bool // the relations may lack what the role facts say
	open    []question
	answers map[string]answer // by act
}

type question struct{ act, person string }

type answer struct {
	allowed bool
	err     error
	at      time.Time
}

const (
	// patience is longer than the relations' own timeout, also for a few acts at once.
	patience = 10 * time.Second
	// again is the pause before relations that could not be written are tried again.
	again = 5 * time.Second
)

func newOfficers(s *run.Service, rel *relations.Relations) *officers {
	return &officers{s: s, relations: rel, kick: run.NewKick(), behind: true, answers: map[string]answer{}}
}

// authorize refuses an act of who is no officer. It returns the person whom the act is about.
func (o *officers) authorize(tx *run.Tx, e envelope.Event, about string) (people.Person, error) {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{person.Officer}}); err != nil {
		return people.Person{}, err
	}
	p, err := known(tx, about)
	if err != nil {
		return people.Person{}, err
	}
	return p, o.consent(e)
}

func (o *officers) consent(e envelope.Event) error {
	a, asked := o.take(e.ID)
	switch {
	case !asked:
		// The store runs one transaction after another: the answer is noted after this act is parked.
		o.ask(question{e.ID, e.Actor})
		return &run.Await{Fact: answered(e.ID), Within: patience, Reason: ReasonRelationsNoAnswer}
	case a.err != nil:
		return run.Refuse(ReasonRelationsNoAnswer, "the relations of this site gave no answer, which counts as no; try again later")
	case !a.allowed:
		return run.Refuse(ReasonRelationMissing, "the relations of this site do not let this person enrol others")
	}
	return nil
}

func answered(act string) string { return "relations/" + act }

func (o *officers) ask(q question) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = append(o.open, q)
	o.kick.Now()
}

// changed says that a role fact was committed, which the relations lack.
func (o *officers) changed() {
	o.markBehind()
	o.kick.Now()
}

func (o *officers) take(act string) (answer, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a, ok := o.answers[act]
	delete(o.answers, act)
	return a, ok
}

// note keeps an answer; those that nobody fetched are forgotten.
func (o *officers) note(act string, a answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for other, old := range o.answers {
		if a.at.Sub(old.at) > 2*patience {
			delete(o.answers, other)
		}
	}
	o.answers[act] = a
}

// due takes what is to be done.
func (o *officers) due() (behind bool, open []question) {
	o.mu.Lock()
	defer o.mu.Unlock()
	behind, open = o.behind, o.open
	o.behind, o.open = false, nil
	return behind, open
}

// work brings the relations up to what the role facts say, and then asks them, so that a role just given counts.
func (o *officers) work(ctx context.Context) error {
	for ctx.Err() == nil {
		behind, open := o.due()
		var retry <-chan time.Time
		if behind {
			if err := o.reconcile(ctx); err != nil && ctx.Err() == nil {
				o.s.Env().Log.Warn("relations are tried again later", "error", err.Error())
				o.markBehind()
				retry = o.s.Env().Clock.After(again)
			}
		}
		for _, q := range open {
			if err := o.answer(ctx, q); err != nil && ctx.Err() == nil {
				return fmt.Errorf("wake an officer's act: %w", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-o.kick:
		case <-retry:
		}
	}
	return nil
}

func (o *officers) markBehind() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.behind = true
}

// answer asks the relations outside any transaction, and lets the act be tried again.
func (o *officers) answer(ctx context.Context, q question) error {
	allowed, err := o.relations.Check(ctx, MayEnrol(o.s.Env().Site, q.person))
	o.note(q.act, answer{allowed: allowed && err == nil, err: err, at: o.s.Env().Clock.Now()})
	return o.s.Update(ctx, func(tx *run.Tx) error {
		tx.Wake(answered(q.act))
		return nil
	})
}
