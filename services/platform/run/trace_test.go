package run_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/fairway-tre/fairway/contracts/envelope"
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
	if all := b.Outbox(); len(all) == 0 {
		t.Fatal("nothing said")
	}
}

func names(spans tracetest.SpanStubs) (out []string) {
	for _, s := range spans {
		out = append(out, s.Name)
	}
	return out
}
