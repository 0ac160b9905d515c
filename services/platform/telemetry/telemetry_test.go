package telemetry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

var resource = telemetry.Resource{Site: "molgenis", Service: "airlock", Version: "test"}

func TestTracesGoToTheCollectorThatIsConfigured(t *testing.T) {
	var told atomic.Value
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path == "/v1/traces" {
			told.Store(string(body))
		}
	}))
	defer collector.Close()
	tracer, end, err := telemetry.Start(t.Context(), collector.URL, resource, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	telemetry.Send(t.Context(), tracer, telemetry.Event{ID: "an-id", Type: "a.type", Topic: "a.topic"}).End()
	end()
	text, _ := told.Load().(string)
	for _, want := range []string{"send a.topic", "messaging.destination.name", "airlock", "molgenis"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q was not told to the collector", want)
		}
	}
}

func TestWithoutACollectorNoSpanIsMade(t *testing.T) {
	tracer, end, err := telemetry.Start(t.Context(), "", resource, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	span := telemetry.Send(t.Context(), tracer, telemetry.Event{Topic: "a.topic"})
	if span.IsRecording() || telemetry.TraceParent(t.Context()) != "" {
		t.Error("a span was made")
	}
}

func TestACollectorElsewhereIsReachedByTLSOnly(t *testing.T) {
	for _, endpoint := range []string{"collector:4318", "http://192.0.2.7:4318", "http://collector.example", "ftp://127.0.0.1", "http://"} {
		if _, _, err := telemetry.Start(context.Background(), endpoint, resource, nil); !errors.Is(err, telemetry.ErrEndpoint) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
