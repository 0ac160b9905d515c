package run

import (
	"cmp"
	"context"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// maxUnsent is how many spans of events wait for the broker; beyond that they end at once.
const maxUnsent = 10_000

// tracing makes the spans of a service: one for each event that it processes and one for each that it says, from the
// transaction until the broker has it.
type tracing struct {
	tracer trace.Tracer

	mu     sync.Mutex
	unsent map[string]trace.Span // by the event's id
}

func newTracing(t trace.Tracer) *tracing {
	if t == nil {
		t = telemetry.Off()
	}
	return &tracing{tracer: t, unsent: map[string]trace.Span{}}
}

// processing begins the span of a record. The trace that it names is taken over only where its signature vouches for it
// and it comes from this site: what another site wrote there is not read.
func (s *Service) processing(ctx context.Context, in incoming, e envelope.Event) (context.Context, trace.Span) {
	about, parent := telemetry.Event{Topic: in.record.Topic}, ""
	if e.Signed {
		about.ID, about.Source, about.Type = e.ID, e.Source, e.Type
		if in.link == "" {
			parent = e.TraceParent
		}
	}
	at := telemetry.Place{Group: s.group(in.link, in.record.Topic), Partition: in.at.Partition, Offset: in.at.Offset}
	return telemetry.Process(ctx, s.tracing.tracer, about, at, parent)
}

// group is the consumer group by which a topic is read: where the service's position is kept, so never rename it.
func (s *Service) group(link, topic string) string {
	name, user := s.principal, s.env.Bus.Username
	if link != "" { // where others are that are called the same
		name, user = s.env.Site+"."+s.principal, s.env.Links[link].Bus.Username
	}
	return cmp.Or(user, name) + "." + topic
}

// saying begins the span of an event that the transaction says, and names it in the event; it ends once the broker has
// the event, and was never there when the transaction fails.
//
// An event to another site names no trace: it would carry anything out.
func (tx *Tx) saying(d *envelope.Draft, kind string) {
	t := tx.s.tracing
	span := telemetry.Send(tx.Context(), t.tracer, telemetry.Event{ID: d.ID, Source: d.Source, Type: kind, Topic: d.Topic})
	d.TraceParent = ""
	if _, inbox := topics.InboxOwner(d.Topic); !inbox {
		d.TraceParent = telemetry.TraceParent(trace.ContextWithSpan(context.Background(), span))
	}
	if id := d.ID; span.IsRecording() {
		tx.After(func() { t.keep(id, span) })
	}
}

func (t *tracing) keep(id string, span trace.Span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.unsent) >= maxUnsent {
		span.End()
		return
	}
	t.unsent[id] = span
}

// sent ends the spans of records that the broker has. Of those that an earlier process said there is none.
func (t *tracing) sent(records []envelope.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.unsent) == 0 {
		return
	}
	for _, r := range records {
		for _, h := range r.Headers {
			if h.Key != "ce_id" {
				continue
			}
			if span, ok := t.unsent[string(h.Value)]; ok {
				span.End()
				delete(t.unsent, string(h.Value))
			}
		}
	}
}
