package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/features/harness"
)

// What can be found of a judged service that does not say what it owes. Every other error is about the judge, or about a
// service that is built in.
var (
	ErrOtherwise  = errors.New("it said something else than it owes")
	ErrPassedOver = errors.New("it passed this over in silence, and answered what it was asked after that")
	ErrEnded      = errors.New("its program ended by itself")
	ErrLate       = errors.New("it said so, after its time budget")
	ErrSilent     = errors.New("it said nothing more")
)

// Finding is an error that is about the judged service: what was found, and how to tell it.
type Finding struct {
	Kind error // ErrOtherwise, ErrPassedOver, ErrEnded, ErrLate or ErrSilent
	Told error
}

func (f *Finding) Error() string   { return f.Told.Error() }
func (f *Finding) Unwrap() []error { return []error{f.Kind, f.Told} }

func otherwise(format string, args ...any) error {
	return &Finding{Kind: ErrOtherwise, Told: fmt.Errorf(format, args...)}
}

// judgedSays waits for a fact of the judged service, within its budget. An error is a *Finding.
func (w *World) judgedSays(ctx context.Context, f harness.Fact) (harness.Seen, error) {
	j := w.judged
	j.trial.Expected = f.What
	if j.silent {
		return harness.Seen{}, &Finding{ErrSilent, fmt.Errorf("waiting for %s: %w: it has not answered what it was asked first", f.What, harness.ErrNotSeen)}
	}
	match, unless := f.Match, f.Unless
	f.Match = func(s harness.Seen) bool { return w.bySubject(s) && match(s) }
	if unless != nil {
		f.Unless = func(s harness.Seen) bool { return w.bySubject(s) && unless(s) }
	}
	f.About = append(f.About, j.about...)
	seen, err := w.awaitJudged(ctx, f)
	if errors.Is(err, harness.ErrNotSeen) {
		j.trial.Events = append(j.trial.Events, w.tap().Find(func(s harness.Seen) bool { return s.N >= j.from && slices.Contains(j.about, s.Event.ID) })...)
		return seen, w.whyNotSeen(ctx, f, err)
	}
	j.answered, j.starting = true, false
	j.trial.Events = append(j.trial.Events, seen)
	if err != nil {
		return seen, &Finding{ErrOtherwise, err}
	}
	return seen, w.believed(seen)
}

// believed holds a record against the rules by which every service of the site takes it: what is said under a wrong key, or
// at a wrong time, is said to nobody.
func (w *World) believed(s harness.Seen) error {
	trust, err := w.judged.site.Trust()
	if err != nil {
		return err
	}
	if _, err := envelope.Open(s.Record, trust, s.Time); err != nil {
		return otherwise("it came, but no reader may take it: %w", err)
	}
	return nil
}

// errNoMore ends a wait for a program that has ended.
var errNoMore = errors.New("nothing more can come")

// awaitJudged waits until the budget is over, or the program of the service has ended and all that it wrote was seen.
func (w *World) awaitJudged(ctx context.Context, f harness.Fact) (harness.Seen, error) {
	j := w.judged
	budget := j.Answer
	if j.starting || !j.answered {
		budget = max(budget, j.Start)
	}
	within, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	within, end := context.WithCancelCause(within)
	defer end(nil)
	go func() {
		select {
		case <-j.site.Ended():
			_ = w.tap().Catch(within) // what cannot be read is told by the wait
			end(errNoMore)
		case <-within.Done():
		}
	}()
	return w.tap().Await(within, f)
}

// whyNotSeen tells silence of a service that is not there from silence about one thing alone, which is no lack of time:
// what is there at all must answer what it is asked next.
func (w *World) whyNotSeen(ctx context.Context, f harness.Fact, err error) error {
	j := w.judged
	if gone := j.site.Gone(); gone != nil {
		kind := ErrEnded
		if !j.answered { // it may never have begun, for a reason that is not its own
			kind, j.silent = ErrSilent, true
		}
		return &Finding{kind, fmt.Errorf("%w: %w", gone, err)}
	}
	if !j.answered && !w.hasAnswered() {
		j.silent = true
	}
	there := w.stillThere(ctx)
	late := w.tap().Find(func(s harness.Seen) bool { return s.N >= f.From && f.Match(s) })
	switch {
	case len(late) > 0:
		j.trial.Events = append(j.trial.Events, late...)
		return &Finding{ErrLate, fmt.Errorf("%w: %w", ErrLate, err)}
	case there:
		return &Finding{ErrPassedOver, fmt.Errorf("%w: %w", ErrPassedOver, err)}
	}
	return &Finding{ErrSilent, err}
}

// stillThere asks a service that was silent about something else.
func (w *World) stillThere(ctx context.Context) bool {
	j := w.judged
	if j.probing || j.silent || ctx.Err() != nil {
		return false
	}
	present := *j
	defer func() { *j = present }()
	j.probing, j.trial = true, &Trial{}
	var err error
	if j.table, err = w.seal(ctx, judgedProject, notTooSmall); err != nil {
		return false
	}
	if err = w.demands(ctx, j.researcher, j.table.request()); err == nil {
		err = w.isRequested(ctx)
	}
	present.trial.Events = append(present.trial.Events, j.trial.Events...)
	return err == nil
}

// revive starts a service again that ended by itself, as whoever runs it would, so that the next scenario can be judged.
func (j *judged) revive(ctx context.Context) error {
	if j.site == nil || !j.answered || j.site.Gone() == nil {
		return nil
	}
	j.starting = true
	return j.site.Restart(ctx, j.Foreign.Principal)
}
