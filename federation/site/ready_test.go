package site

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAServiceIsReadyOnlyIfItSaysSoItself(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	status, answer := http.StatusOK, `{"lacks":"broker"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		w.Write([]byte(answer))
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	if err := os.WriteFile(filepath.Join(dir, "run", "catalog.http"), []byte(addr+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Ready(t.Context(), dir, "catalog"); err != nil {
		t.Error(err)
	}
	if err := Ready(t.Context(), dir); !errors.Is(err, ErrNotReady) || strings.Contains(err.Error(), "catalog") || !strings.Contains(err.Error(), "gateway") {
		t.Errorf("all: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := Ready(t.Context(), dir, "catalog"); !errors.Is(err, ErrNotReady) || !strings.Contains(err.Error(), `"lacks":"broker"`) {
		t.Errorf("not ready: %v", err)
	}
	answer = `{"status": "not ready", "checks": [{"name": "disk", "ok": true}, {"name": "broker", "ok": false, "detail": "one\ntwo", "advice": "start it"}]}`
	if err := Ready(t.Context(), dir, "catalog"); err == nil || !strings.HasSuffix(err.Error(), "503 Service Unavailable\n  broker: one; two: start it") {
		t.Errorf("what it lacks: %v", err)
	}
	server.Close()
	if err := Ready(t.Context(), dir, "catalog"); !errors.Is(err, ErrNotReady) {
		t.Errorf("ended: %v", err)
	}
}
