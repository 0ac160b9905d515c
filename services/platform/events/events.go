// Package events shows an operator what is said at a site, what its services could not take, and lets a service take a
// record again. It reads as the observer, who may write nothing.
package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Site is a site whose events are looked at.
type Site struct {
	Name string
	Dir  string

	bus   bus.Config
	trust signing.Keys
}

// Open reads from a site's folder how to sign in as the observer, and whom the site believes. The broker must run.
func Open(dir string) (*Site, error) {
	name, cfg, trust, err := setup.Observe(dir)
	if err != nil {
		return nil, err
	}
	return &Site{Name: name, Dir: dir, bus: cfg, trust: trust}, nil
}

// Filter chooses events; what is empty chooses all.
type Filter struct {
	Service string // that said the event or is asked by the act, as in its topic
	Type    string // exact, or a part of it between dots: release.approved
	Subject string // exact, or all below it where it ends in a slash
	Since   time.Time
	Follow  bool // go on until the context ends
}

// Seen is one record as it is shown: the attributes of a signed event, and data as far as its contract knows it. What
// nobody here has a contract for may be anything, personal data too. Of a record that nobody vouches for, what it says
// is what somebody says.
type Seen struct {
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	Verified  bool      `json:"verified"`
	Problem   string    `json:"problem,omitzero"` // reason code, where it does not verify or may not be acted on
	ID        string    `json:"id,omitzero"`
	Time      time.Time `json:"time,omitzero"`
	Type      string    `json:"type,omitzero"`
	Source    string    `json:"source,omitzero"`
	Subject   string    `json:"subject,omitzero"`
	Sequence  uint64    `json:"sequence,omitzero"`
	Cause     string    `json:"cause,omitzero"`
	Reason    string    `json:"reason,omitzero"`
	Data      []byte    `json:"-"`
	Withheld  string    `json:"withheld,omitzero"` // why the data is not shown
	Newer     string    `json:"newer,omitzero"`    // its schema, of a minor that is not known here
	NotShown  int       `json:"notShown,omitzero"` // members and values of the data that only that minor knows
	TraceID   string    `json:"traceId,omitzero"`
}

// Tail calls show with each event that the filter chooses. Without Follow they come sorted by time, then Tail ends.
func (s *Site) Tail(ctx context.Context, f Filter, show func(Seen) error) error {
	names, err := s.topics(f.Service, func(c topics.Contract) bool { return c.Kind != topics.KindDead })
	if err != nil {
		return err
	}
	return s.read(ctx, names, f, show)
}

// topics lists those of a service, or of all, whose contracts are wanted.
func (s *Site) topics(service string, wanted func(topics.Contract) bool) ([]string, error) {
	var names []string
	for _, c := range topics.All() {
		if name := c.At(s.Name); wanted(c) && (service == "" || strings.HasPrefix(name, s.Name+"."+service+".")) && strings.HasPrefix(name, s.Name+".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return nil, fmt.Errorf("%s has no topics of a service %q: give identity, approval, catalog, workspace, airlock or federation", s.Name, service)
	}
	return names, nil
}

func (s *Site) read(ctx context.Context, names []string, f Filter, show func(Seen) error) error {
	var kept []Seen
	err := bus.Scan(ctx, s.bus, names, f.Since, f.Follow, func(at bus.Position, r envelope.Record) error {
		one := s.look(at, r)
		switch {
		case !f.chooses(one):
			return nil
		case f.Follow:
			return show(one)
		}
		kept = append(kept, one)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(kept, func(a, b Seen) int { return a.Time.Compare(b.Time) })
	for _, one := range kept {
		if err := show(one); err != nil {
			return err
		}
	}
	return nil
}

func (f Filter) chooses(s Seen) bool {
	kind := f.Type == "" || s.Type == f.Type || strings.Contains("."+s.Type+".", "."+f.Type+".")
	subject := f.Subject == "" || s.Subject == f.Subject || strings.HasSuffix(f.Subject, "/") && strings.HasPrefix(s.Subject, f.Subject)
	return kind && subject
}

// look reads a record as a consumer would, and judges its data in the closed view before any of it is shown.
func (s *Site) look(at bus.Position, r envelope.Record) Seen {
	now := time.Now() // an event of the past is judged as it was when it came
	if at.Time.Before(now) {
		now = at.Time
	}
	e, err := envelope.Open(r, s.trust, now)
	out := Seen{Topic: at.Topic, Partition: at.Partition, Offset: at.Offset, Verified: e.Signed, Problem: problem(err),
		ID: e.ID, Time: e.Time, Type: e.Type, Source: e.Source, Subject: e.Subject, Sequence: e.Sequence, Cause: e.CausationID}
	if out.Time.IsZero() {
		out.Time = at.Time.UTC()
	}
	if err != nil {
		out.Withheld = "the event may not be acted on"
		return out
	}
	if newerMinor(e) {
		out.Newer = e.DataSchema
		out.Data, out.NotShown, err = envelope.Known(e)
	} else {
		out.Data = e.Data
		_, err = envelope.OpenBorder(r, s.trust, now)
	}
	if err != nil {
		out.Data, out.Withheld = nil, "its data has what no contract here knows"
		return out
	}
	if _, id, ok := strings.Cut(e.TraceParent, "-"); ok {
		out.TraceID, _, _ = strings.Cut(id, "-")
	}
	var with struct {
		Reason string `json:"reason"`
	}
	if strict.DecodeOpen(out.Data, &with) == nil {
		out.Reason = with.Reason
	}
	return out
}

// newerMinor reports whether an event of a known major was made by a minor that is not known here.
func newerMinor(e envelope.Event) bool {
	c, known := topics.Lookup(e.Type)
	return known && !slices.ContainsFunc(c.Versions, func(v string) bool { return c.SchemaName(v) == e.DataSchema })
}

func problem(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, envelope.ErrForeign):
		return "foreign"
	}
	if code := envelope.CodeOf(err); code != "" {
		return code
	}
	return envelope.CodeMalformed
}
