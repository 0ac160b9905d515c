// Package telemetry makes the spans by which the way of an event through a site can be followed, and sends them to a
// collector where one is configured. Nothing personal is in a span, and no trace crosses the border of a site.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Scope is the name of the tracer whose spans these are.
const Scope = "github.com/fairway-tre/fairway/services/platform"

// ErrEndpoint says that the address of a collector cannot be used.
var ErrEndpoint = errors.New("address of the collector of traces")

// Resource is what all spans of a process say.
type Resource struct{ Site, Service, Version string }

// closeTimeout bounds how long the end of a process waits for its last spans.
const closeTimeout = 2 * time.Second

// Off makes no spans and passes on the trace that it is given.
func Off() trace.Tracer { return noop.NewTracerProvider().Tracer(Scope) }

// Start returns a tracer that sends its spans by OTLP over HTTP to endpoint, such as http://127.0.0.1:4318, and the
// function that sends the last ones and ends it. With an empty endpoint it is off: no span is made and no connection
// opened. Without a path in it, endpoint means /v1/traces there. Plain HTTP is for a collector on the same machine only.
// What the collector does not take is lost, told to log, and holds nothing up. Errors: ErrEndpoint.
func Start(ctx context.Context, endpoint string, r Resource, log *slog.Logger) (trace.Tracer, func(), error) {
	if endpoint == "" {
		return Off(), func() {}, nil
	}
	u, err := checkEndpoint(endpoint)
	if err != nil {
		return nil, nil, err
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, nil, fmt.Errorf("%w %q: %w", ErrEndpoint, endpoint, err)
	}
	provider := NewProvider(r, sdk.WithBatcher(forgiving{exporter, log}))
	end := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		provider.Shutdown(ctx) //nolint:errcheck // what the collector does not take now is lost, and nothing else
	}
	return provider.Tracer(Scope), end, nil
}

// NewProvider makes tracers whose spans go where the options say.
func NewProvider(r Resource, options ...sdk.TracerProviderOption) *sdk.TracerProvider {
	who := resource.NewWithAttributes(schemaURL, ServiceName.String(r.Service), ServiceNamespace.String(r.Site), ServiceVersion.String(r.Version))
	return sdk.NewTracerProvider(append(options, sdk.WithResource(who))...)
}

// forgiving tells the log of what was lost, instead of OpenTelemetry's own way to standard error.
type forgiving struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans implements sdk.SpanExporter.
func (f forgiving) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := f.SpanExporter.ExportSpans(ctx, spans); err != nil {
		f.log.Warn("the collector did not take traces", "count", len(spans), "error", err.Error())
	}
	return nil
}

func checkEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w %.80q: expected a URL such as http://127.0.0.1:4318", ErrEndpoint, endpoint)
	}
	if u.Scheme == "http" && !loopback(u.Host) {
		return nil, fmt.Errorf("%w %.80q: plain HTTP leaves this machine: use https, or a collector on this machine", ErrEndpoint, endpoint)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	return u, nil
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
