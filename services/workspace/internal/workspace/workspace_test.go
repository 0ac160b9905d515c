package workspace

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestAJobTakesOnlyTheStepsOfItsTable(t *testing.T) {
	all := []State{Queued, Initializing, Running, Complete, ExecutorError, SystemError, Canceled}
	allowed := map[State][]State{
		"":           {Queued},
		Queued:       {Initializing, Canceled},
		Initializing: {Running, Canceled},
		Running:      {Complete, ExecutorError, SystemError, Canceled},
	}
	for _, from := range append(all, "") {
		for _, to := range all {
			got, err := from.Become(to)
			if ok := slices.Contains(allowed[from], to); ok != (err == nil) || ok && got != to || !ok && (got != from || !errors.Is(err, ErrTransition)) {
				t.Errorf("%q to %q: %q, %v", from, to, got, err)
			}
		}
		if want := len(allowed[from]) == 0; from.Final() != want {
			t.Errorf("%q is final: %v", from, from.Final())
		}
	}
}

func TestAWorkspaceEndsStepByStepAndNeverComesBack(t *testing.T) {
	all := []Status{Provisioned, Frozen, Closed, Deleting, Deleted}
	allowed := map[Status][]Status{"": {Provisioned}, Provisioned: {Frozen, Closed}, Frozen: {Closed}, Closed: {Deleting}, Deleting: {Deleted}}
	for _, from := range append(all, "") {
		for _, to := range all {
			if got, err := from.Become(to); slices.Contains(allowed[from], to) != (err == nil) || err != nil && got != from {
				t.Errorf("%q to %q: %q, %v", from, to, got, err)
			}
		}
	}
}

func TestAPermitHoldsUntilItEndsOrItsTimeHasCome(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ended Ending
		now   time.Time
		want  error
	}{
		"before":          {"", end.Add(-time.Second), nil},
		"at the time":     {"", end, ErrExpired},
		"expired":         {Expired, end.Add(-time.Second), ErrExpired},
		"revoked":         {Revoked, end.Add(-time.Second), ErrRevoked},
		"revoked, passed": {Revoked, end.Add(time.Second), ErrRevoked},
		"given up":        {Given, end.Add(-time.Second), ErrClosed},
	} {
		if err := (Permit{ExpiresAt: end, Ended: c.ended}).Holds(c.now); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPermitEndsAtItsTimeAtTheLatest(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for now, want := range map[time.Time]time.Time{end.Add(-time.Hour): end.Add(-time.Hour), end: end, end.Add(time.Hour): end} {
		if got := (Permit{ExpiresAt: end}).End(now); !got.Equal(want) {
			t.Errorf("at %s: %s", now, got)
		}
	}
}

func TestAPermitReachesNoFurtherThanItSays(t *testing.T) {
	p := Permit{Host: "molgenis", Persons: []string{"a"}, Datasets: []string{"d"}, Concepts: []string{"sex", "age"}, Kinds: []string{"count"}}
	good := func() Request {
		return Request{Person: "a", Dataset: "d", Host: "molgenis", Study: true, Concepts: []string{"sex"}, Kinds: []string{"count"}}
	}
	if err := p.Allows(good()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Request)
		want   error
	}{
		"another person":   {func(r *Request) { r.Person = "b" }, ErrPerson},
		"another dataset":  {func(r *Request) { r.Dataset = "e" }, ErrBeyond},
		"another host":     {func(r *Request) { r.Host = "denbi" }, ErrBeyond},
		"another concept":  {func(r *Request) { r.Concepts = []string{"sex", "institution"} }, ErrBeyond},
		"another analysis": {func(r *Request) { r.Kinds = []string{"log-rank"} }, ErrBeyond},
		"person first":     {func(r *Request) { r.Person, r.Dataset = "b", "e" }, ErrPerson},
	} {
		r := good()
		c.change(&r)
		if err := p.Allows(r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnImportComesInOnce(t *testing.T) {
	allowed := map[ImportStatus][]ImportStatus{"": {ImportAsked}, ImportAsked: {ImportTaken, ImportGone}, ImportTaken: {ImportGone}}
	all := []ImportStatus{"", ImportAsked, ImportTaken, ImportGone}
	for _, from := range all {
		for _, to := range all {
			if _, err := from.Become(to); slices.Contains(allowed[from], to) != (err == nil) {
				t.Errorf("%q to %q: %v", from, to, err)
			}
		}
	}
}
