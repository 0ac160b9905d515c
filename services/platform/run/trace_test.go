package run_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// traced makes a service's spans come to memory.
func traced(memory *tracetest.InMemoryExporter) runtest.Option {
	return func(e *run.Env) {
		e.Tracer = telemetry.NewProvider(telemetry.Resource{Site: e.Site, Service: "test", Version: "0"}, sdk.WithSyncer(memory)).Tracer(telemetry.Scope)
	}
}

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestATraceGoesThroughAServiceFromWhatItReadsToWhatItSays(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	b := runtest.New(t, "catalog", echo, traced(memory))
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	memory.Reset()
	b.Deliver("workspace", count(id), func(d *envelope.Draft) { d.TraceParent = parent })
	spans := memory.GetSpans()
	if len(spans) != 1 || spans[0].Name != "process molgenis.workspace.events.v1" || spans[0].SpanKind != trace.SpanKindConsumer {
		t.Fatalf("spans %v", names(spans))
	}
	span := spans[0]
	if got := span.SpanContext.TraceID().String(); got != "0af7651916cd43dd8448eb211c80319c" || span.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("trace %s, parent %s", got, span.Parent.SpanID())
	}
	if len(span.Links) != 1 || span.Links[0].SpanContext.SpanID() != span.Parent.SpanID() {
		t.Errorf("links %v", span.Links)
	}
	all := b.Outbox()
	said := all[len(all)-1]
	if !strings.HasPrefix(said.TraceParent, "00-0af7651916cd43dd8448eb211c80319c-") || strings.Contains(said.TraceParent, span.SpanContext.SpanID().String()) {
		t.Errorf("the answer names %q: expected the same trace and a span of its own", said.TraceParent)
	}
	for _, a := range span.Attributes {
		if strings.Contains(fmt.Sprint(a.Value.AsInterface()), "question/") {
			t.Errorf("%s tells the subject", a.Key)
		}
	}
}

func TestWhoeverIsNotBelievedAddsToNoTrace(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	b := runtest.New(t, "catalog", echo, traced(memory))
	r := b.Sign("workspace", count(b.NewID()), func(d *envelope.Draft) { d.TraceParent = parent })
	r.Value = append(r.Value[:len(r.Value):len(r.Value)], ' ')
	b.DeliverRecord(r)
	spans := memory.GetSpans()
	if len(spans) != 1 || spans[0].Parent.IsValid() || len(spans[0].Links) != 0 {
		t.Fatalf("spans %v", names(spans))
	}
	told := map[string]string{}
	for _, a := range spans[0].Attributes {
		told[string(a.Key)] = fmt.Sprint(a.Value.AsInterface())
	}
	if told["error.type"] != envelope.CodeSignature || told["messaging.message.id"] != "" {
		t.Errorf("told %v", told)
	}
}

func TestATraceIsPassedOnAlsoWhereNoneIsRecorded(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	b.Deliver("workspace", count(id), func(d *envelope.Draft) { d.TraceParent = parent })
	all := b.Outbox()
	if got := all[len(all)-1].TraceParent; got != parent {
		t.Errorf("the answer names %q", got)
	}
}

func names(spans tracetest.SpanStubs) (out []string) {
	for _, s := range spans {
		out = append(out, s.Name)
	}
	return out
}

func TestOneTraceHoldsARequestAndAllThatFollowsFromIt(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	id := ""
	door := runtest.New(t, "catalog", func(s *run.Service) {
		s.Route("POST /ask", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := s.Update(r.Context(), func(tx *run.Tx) error { _, err := tx.Emit("question/"+id, asked(id)); return err })
			if err != nil {
				t.Error(err)
			}
		}))
		run.Handle(s, func(tx *run.Tx, e envelope.Event, c workspace.CountAnswered) error {
			_, err := tx.Emit(e.Subject, catalog.QuestionAnswered(c))
			return err
		})
	}, traced(memory))
	counting := runtest.New(t, "workspace", func(s *run.Service) {
		run.Handle(s, func(tx *run.Tx, e envelope.Event, q catalog.QuestionAsked) error {
			_, err := tx.Emit(e.Subject, count(q.QuestionID))
			return err
		})
	}, traced(memory))
	id = door.NewID()
	request := httptest.NewRequest("POST", "/ask", nil)
	request.Header.Set("traceparent", parent) // whoever asks has no say in our traces
	door.Service.Handler().ServeHTTP(httptest.NewRecorder(), request)
	counting.DeliverRecord(last(door).Record)
	door.DeliverRecord(last(counting).Record)
	if got := last(door).Type; got != catalog.TypeQuestionAnswered {
		t.Fatalf("said last: %s", got)
	}
	spans := memory.GetSpans()
	want := []string{"POST /ask", "process molgenis.catalog.events.v1", "process molgenis.workspace.events.v1"}
	if !slices.Equal(names(spans), want) {
		t.Fatalf("spans %v", names(spans))
	}
	for _, s := range spans {
		if s.SpanContext.TraceID() != spans[0].SpanContext.TraceID() {
			t.Errorf("%s is of another trace", s.Name)
		}
	}
	if spans[0].Parent.IsValid() || !strings.Contains(last(door).TraceParent, spans[0].SpanContext.TraceID().String()) {
		t.Errorf("the trace begins with %v and ends with %s", spans[0].Parent, last(door).TraceParent)
	}
}

func last(b *runtest.Bench) envelope.Event {
	all := b.Outbox()
	return all[len(all)-1]
}

func TestNoTraceCrossesTheBorder(t *testing.T) {
	memory := tracetest.NewInMemoryExporter()
	b := runtest.New(t, "federation", func(s *run.Service) {
		run.HandleBorder(s, func(tx *run.Tx, e envelope.Event, j federation.JobRefused) error {
			j.Site, j.HostSite = j.HostSite, j.Site
			_, err := tx.Emit(e.Subject, j, run.Via("federation"), run.To(topics.Inbox("denbi")),
				run.On(func(d *envelope.Draft) { d.BorderSequence, d.TraceParent = 1, parent }))
			return err
		})
	}, traced(memory))
	b.Deliver("/sites/denbi/gateway", federation.JobRefused{JobID: b.NewID(), StudyID: b.NewID(), Site: "denbi", HostSite: "molgenis",
		Reason: "no-permit", Detail: "none"}, func(d *envelope.Draft) { d.TraceParent = parent })
	spans := memory.GetSpans()
	if len(spans) != 1 || spans[0].Parent.IsValid() || len(spans[0].Links) != 0 || strings.Contains(parent, spans[0].SpanContext.TraceID().String()) {
		t.Fatalf("another site's trace was taken over: %v", spans)
	}
	if out := last(b); out.Type != federation.TypeJobRefused || out.TraceParent != "" {
		t.Errorf("%s leaves with trace %q", out.Type, out.TraceParent)
	}
}
