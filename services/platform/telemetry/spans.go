package telemetry

import (
	"context"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Event is what a span tells of an event. Its subject and key are not among it: they may stand for a person.
type Event struct{ ID, Source, Type, Topic string }

// Place is where an event was read.
type Place struct {
	Group     string
	Partition int
	Offset    int64
}

// Send begins the span of an event that is being said. It belongs to the span that ctx carries; it ends when the broker
// has the event.
func Send(ctx context.Context, t trace.Tracer, e Event) trace.Span {
	_, span := t.Start(ctx, OperationSend+" "+e.Topic, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		MessagingSystem.String(SystemKafka), MessagingOperationName.String(OperationSend), MessagingOperationType.String(OperationSend),
		MessagingDestination.String(e.Topic), MessagingMessageID.String(e.ID),
		CloudEventsID.String(e.ID), CloudEventsSource.String(e.Source), CloudEventsType.String(e.Type), CloudEventsSpecVersion.String(cloudEventsSpecification)))
	return span
}

// Process begins the span of an event that is being processed. It belongs to, and has a link to, the span in which the
// event was said, which traceparent names; an empty one begins a new trace. What ctx carries is no parent: reading is
// not part of any trace.
func Process(ctx context.Context, t trace.Tracer, e Event, at Place, traceparent string) (context.Context, trace.Span) {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		MessagingSystem.String(SystemKafka), MessagingOperationName.String(OperationProcess), MessagingOperationType.String(OperationProcess),
		MessagingDestination.String(e.Topic), MessagingPartition.String(strconv.Itoa(at.Partition)), MessagingKafkaOffset.Int64(at.Offset),
		MessagingConsumerGroup.String(at.Group))}
	if e.ID != "" {
		options = append(options, trace.WithAttributes(MessagingMessageID.String(e.ID), CloudEventsID.String(e.ID),
			CloudEventsSource.String(e.Source), CloudEventsType.String(e.Type), CloudEventsSpecVersion.String(cloudEventsSpecification)))
	}
	creation := read(traceparent)
	ctx = trace.ContextWithSpanContext(ctx, creation)
	if creation.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: creation}))
	}
	return t.Start(ctx, OperationProcess+" "+e.Topic, options...)
}

// Refused marks the span of ctx as ended by a refusal, by its reason code alone.
func Refused(ctx context.Context, reason string) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(ErrorType.String(reason))
	span.SetStatus(codes.Error, reason)
}

// TraceParent names the span of ctx as W3C Trace Context 1 does; it is empty when there is none. tracestate and baggage
// are not passed on: they would carry anything.
func TraceParent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

func read(traceparent string) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	return trace.SpanContextFromContext(ctx)
}

// Handler begins a trace for each request to a route. What trace the client names is not taken over.
func Handler(t trace.Tracer, route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.Start(trace.ContextWithSpanContext(r.Context(), trace.SpanContext{}), r.Method+" "+pathOf(route),
			trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(HTTPRequestMethod.String(r.Method), HTTPRoute.String(pathOf(route))))
		defer span.End()
		status := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(status, r.WithContext(ctx))
		span.SetAttributes(HTTPResponseStatus.Int(status.code))
		if status.code >= http.StatusInternalServerError {
			Refused(ctx, strconv.Itoa(status.code))
		}
	})
}

// pathOf takes the method off a pattern of net/http.
func pathOf(pattern string) string {
	for i, c := range pattern {
		if c == '/' {
			return pattern[i:]
		}
	}
	return pattern
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController find what the writer beneath can do.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
