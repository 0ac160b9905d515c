package analysis

import (
	"context"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Survival names the concepts of a time-to-event question.
type Survival struct {
	Time, Event, Arm string
}

// person is one complete row.
type person struct {
	time    float64
	event   bool
	arm     int
	stratum int
}

// cohort is the complete rows of a question, sorted by time.
type cohort struct {
	people  []person
	levels  []string // labels of the arms
	dropped outputs.Dropped
}

func newCohort(table Table, q Survival, stratum string, threshold int) (cohort, error) {
	if threshold < 1 {
		return cohort{}, fmt.Errorf("%w: the threshold must be 1 or more", ErrRequest)
	}
	times, err := table.column(q.Time, Number)
	if err != nil {
		return cohort{}, err
	}
	events, err := table.column(q.Event, Event)
	if err != nil {
		return cohort{}, err
	}
	arms, err := table.column(q.Arm, Category)
	if err != nil {
		return cohort{}, err
	}
	needed, strata := []Column{times, events, arms}, Column{}
	if stratum != "" {
		if strata, err = table.column(stratum, Category); err != nil {
			return cohort{}, err
		}
		needed = append(needed, strata)
	}
	kept := complete(table.Rows(), needed...)
	c := cohort{levels: arms.Levels, dropped: table.droppedBeside(len(kept), threshold)}
	for _, row := range kept {
		p := person{time: times.Values[row].Number, event: events.Values[row].Number == 1, arm: int(arms.Values[row].Number)}
		if stratum != "" {
			p.stratum = int(strata.Values[row].Number)
		}
		// Also refuses NaN, which no comparison orders.
		if !(p.time >= 0) {
			return cohort{}, fmt.Errorf("%w: %s holds a time below zero", ErrRequest, q.Time)
		}
		c.people = append(c.people, p)
	}
	slices.SortStableFunc(c.people, func(a, b person) int {
		if a.time < b.time {
			return -1
		}
		if a.time > b.time {
			return 1
		}
		return 0
	})
	return c, nil
}

// point is the true curve at one time at which events happened.
type point struct {
	time     float64
	survival float64
	after    int // people whose time is later
	events   int // at this time
}

// curve is the product-limit estimator S(t) = Π (1 − d/n) of sorted people.
func curve(ctx context.Context, people []person) ([]point, error) {
	var points []point
	survival, atRisk := 1.0, len(people)
	for i := 0; i < len(people); {
		if err := stopped(ctx, len(points)); err != nil {
			return nil, err
		}
		now, events, leaving := people[i].time, 0, 0
		for ; i < len(people) && people[i].time == now; i++ {
			leaving++
			if people[i].event {
				events++
			}
		}
		if events > 0 {
			survival *= 1 - float64(events)/float64(atRisk)
			points = append(points, point{now, survival, atRisk - leaving, events})
		}
		atRisk -= leaving
	}
	return points, nil
}

// thin keeps the points that tell of enough people.
func thin(points []point, threshold int) []outputs.Step {
	steps, since := []outputs.Step{}, 0
	for _, p := range points {
		since += p.events
		// Decision 24: S(t) is published only where at least threshold events
		// lie since the last published step and at least threshold people
		// remain at risk.
		if since >= threshold && p.after >= threshold {
			steps = append(steps, outputs.Step{Time: p.time, Survival: p.survival, AtRisk: p.after, Events: since})
			since = 0
		}
	}
	// The events after the last step are total less published, and the total is
	// in the log-rank test beside: a small rest is a small cell, so the last
	// step joins it.
	if since > 0 && since < threshold && len(steps) > 0 {
		steps = steps[:len(steps)-1]
	}
	return steps
}

// KaplanMeier estimates the survival curve of each arm, thinned to the
// threshold. Arms in which nobody is are left out.
func KaplanMeier(ctx context.Context, table Table, q Survival, threshold int) (outputs.KaplanMeier, error) {
	c, err := newCohort(table, q, "", threshold)
	if err != nil {
		return outputs.KaplanMeier{}, fmt.Errorf("kaplan-meier: %w", err)
	}
	out := outputs.KaplanMeier{Time: q.Time, Event: q.Event, Arm: q.Arm, Threshold: threshold, Dropped: c.dropped}
	for arm, level := range c.levels {
		people := slices.DeleteFunc(slices.Clone(c.people), func(p person) bool { return p.arm != arm })
		if len(people) == 0 {
			continue
		}
		points, err := curve(ctx, people)
		if err != nil {
			return outputs.KaplanMeier{}, fmt.Errorf("kaplan-meier: %w", err)
		}
		out.Groups = append(out.Groups, outputs.Curve{Level: level, N: len(people), Steps: thin(points, threshold)})
	}
	if len(out.Groups) == 0 {
		return outputs.KaplanMeier{}, fmt.Errorf("kaplan-meier: %w: no complete row", ErrNoInformation)
	}
	return out, nil
}
