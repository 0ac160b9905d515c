package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fairway-tre/fairway/services/platform/health"
)

func get(t *testing.T, path string, metrics *health.Metrics, checks ...health.Check) (int, string) {
	t.Helper()
	mux := http.NewServeMux()
	info := health.Info{Site: "molgenis", Service: "airlock", Version: "test", Flags: []string{"allow-test-keys"}, Engines: map[string]string{"relations": "embedded"}}
	health.Mount(mux, info, metrics, checks...)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

func ready(context.Context) error { return nil }

func TestReadyNamesWhatFailsAndWhatToDo(t *testing.T) {
	broken := health.Check{Name: "broker", Ready: func(context.Context) error { return errors.New("no answer from 127.0.0.1:9092") }, Advice: "start the site's broker"}
	code, body := get(t, "/readyz", &health.Metrics{}, health.Check{Name: "database", Ready: ready}, broken)
	var got struct {
		Status string
		Flags  []string
		Checks []struct {
			Name, Detail, Advice string
			OK                   bool
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if code != 503 || got.Status != "not ready" || !got.Checks[0].OK || got.Checks[1].OK ||
		got.Checks[1].Detail != "no answer from 127.0.0.1:9092" || got.Checks[1].Advice != "start the site's broker" {
		t.Fatalf("%d %s", code, body)
	}
	if len(got.Flags) != 1 || !strings.Contains(body, `"relations": "embedded"`) {
		t.Fatalf("flags and engines are not shown: %s", body)
	}
}

func TestReadyIsOKWhenEveryCheckPasses(t *testing.T) {
	if code, body := get(t, "/readyz", &health.Metrics{}, health.Check{Name: "database", Ready: ready}); code != 200 {
		t.Fatalf("%d %s", code, body)
	}
}

func TestAHangingCheckIsNotReadyAndDoesNotHangTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		hang := health.Check{Name: "database", Ready: func(context.Context) error { <-never; return nil }}
		code, body := get(t, "/readyz", &health.Metrics{}, hang)
		if code != 503 || !strings.Contains(body, "no answer within") {
			t.Errorf("%d %s", code, body)
		}
		close(never)
	})
}

func TestAliveDoesNotDependOnChecks(t *testing.T) {
	fail := health.Check{Name: "database", Ready: func(context.Context) error { return errors.New("locked") }}
	if code, body := get(t, "/livez", &health.Metrics{}, fail); code != 200 || !strings.Contains(body, "allow-test-keys") {
		t.Fatalf("%d %s", code, body)
	}
}

func TestMetricsAreInPrometheusTextFormat(t *testing.T) {
	var m health.Metrics
	m.Counter(health.DeadLetters, "Records given up.", "reason").Add(2, "unknown\"major\n")
	m.CounterFunc(health.InboxDuplicates, "Events seen before.", func() float64 { return 0 })
	m.GaugeFunc(health.KeyExpires, "Not known yet.", math.NaN)
	m.GaugeFunc(health.AuditSize, "Leaves.", func() float64 { return 7 })
	m.GaugeFunc(health.OutboxPending, "Rows to send.", func() float64 { return 1.5 })
	_, body := get(t, "/metrics", &m)
	want := `# HELP tre_audit_size Leaves.
# TYPE tre_audit_size gauge
tre_audit_size 7
# HELP tre_dlq_messages_total Records given up.
# TYPE tre_dlq_messages_total counter
tre_dlq_messages_total{reason="unknown\"major\n"} 2
# HELP tre_inbox_duplicates_total Events seen before.
# TYPE tre_inbox_duplicates_total counter
tre_inbox_duplicates_total 0
# HELP tre_key_expires_seconds Not known yet.
# TYPE tre_key_expires_seconds gauge
# HELP tre_outbox_pending Rows to send.
# TYPE tre_outbox_pending gauge
tre_outbox_pending 1.5
`
	if body != want {
		t.Fatalf("got\n%s\nwant\n%s", body, want)
	}
}

func TestALabelWithoutBoundEndsInOther(t *testing.T) {
	var m health.Metrics
	c := m.Counter("tre_test_total", "Test.", "reason")
	for i := range 1000 {
		c.Add(1, strings.Repeat("x", i))
	}
	var b strings.Builder
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 210 || !strings.Contains(b.String(), `{reason="other"} 800`) {
		t.Fatalf("%d lines\n%s", n, b.String()[max(0, b.Len()-200):])
	}
}

func TestOnlyALoopbackAddressIsListenedOn(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "example.org:80", "localhost:0"} {
		if l, err := health.Listen(t.Context(), addr); !errors.Is(err, health.ErrNotLoopback) {
			t.Errorf("%s: %v, %v", addr, l, err)
		}
	}
}

func TestAPortInUseIsSaidSo(t *testing.T) {
	l, err := health.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = health.Listen(t.Context(), l.Addr().String())
	if !errors.Is(err, health.ErrPortInUse) || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Fatalf("got %v", err)
	}
}

func TestServeFinishesARunningRequestAtTheEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	l, err := health.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		_, _ = io.WriteString(w, "finished")
	})
	served := make(chan error, 1)
	go func() { served <- health.Serve(ctx, l, handler) }()
	response, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "finished" {
		t.Fatalf("%q, %v", body, err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
}

// Attack 39: a request that never ends its headers, or comes byte by byte, holds up nobody and is cut off.
func TestARequestThatIsNeverFinishedIsCutOff(t *testing.T) {
	t.Parallel()
	l, err := health.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- health.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answered") }))
	}()
	var slow []net.Conn
	for range 50 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow"); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	response, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "answered" {
		t.Errorf("beside them somebody got %q, %v", body, err)
	}
	response.Body.Close()
	for _, c := range slow {
		if _, err := io.Copy(io.Discard, c); err != nil { // ends when the server closes it
			t.Error(err)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
