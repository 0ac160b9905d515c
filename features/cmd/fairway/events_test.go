package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func get(dir, service, path string) (int, string) {
	addr, err := os.ReadFile(filepath.Join(dir, setup.RunDir, service+".http"))
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.Get("http://" + strings.TrimSpace(string(addr)) + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func waitFor(t *testing.T, what string, fact func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-deadline:
			t.Fatalf("waited for %s", what)
		case <-tick.C:
		}
	}
}

// stranger is one who can say that a dataset is published, under a key that nobody believes until it is enrolled.
func stranger(t *testing.T, dir string, published catalog.DatasetPublished) (say, enrol func()) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := signing.NewSigner("/sites/molgenis/catalog", private)
	d := envelope.Draft{ID: ulid.Make().String(), Source: signer.Source(), Time: time.Now(), Attributes: envelope.Attributes{Sequence: 1}}
	r, err := envelope.New(signer, d, published)
	if err != nil {
		t.Fatal(err)
	}
	say = func() {
		if err := (&harness.Site{Name: "molgenis", Dir: dir}).Forge().Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	enrol = func() {
		text, err := json.Marshal(setup.TestKey{Source: signer.Source(), Types: []string{catalog.TypeDatasetPublished}, Public: public})
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(dir, setup.TestKeysDir)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := setup.WriteAtomic(filepath.Join(folder, "late.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return say, enrol
}

// collecting is a collector of traces and what it was told at the path that is usual for it.
func collecting(t *testing.T) (url string, told func() string) {
	t.Helper()
	var mu sync.Mutex
	var all strings.Builder
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && r.URL.Path == "/v1/traces" {
			all.Write(body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

func TestAnOperatorSeesWhatWasRefusedAndHasItTakenAgain(t *testing.T) {
	t.Parallel()
	federation, dir := federated(t, "--tester")
	start(t, "federation", "broker", "--dir", federation)
	collector, traces := collecting(t)
	p := startSite(t, dir, "--allow-test-keys", "--otlp", collector)
	p.awaits(dir, "workspace", "is ready", healthReport.ready)
	say, enrol := stranger(t, dir, catalog.DatasetPublished{DatasetID: "later", Title: "a set", Holder: "molgenis", Version: "1",
		AccessRights: "RESTRICTED", Dictionary: []vocabulary.Variable{}})
	say()
	var letter struct {
		RecordID, Topic, Reason string
		Partition, Offset       int64
		AuditLeaf               int64
		Verified                bool
	}
	waitFor(t, "the dead letter", func() bool {
		_, out := call(t, "events", "dead", "--dir", dir, "--service", "workspace", "--json")
		return out != "" && json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &letter) == nil
	})
	if letter.Reason != envelope.CodeUnknownKey || !letter.Verified || letter.Topic != "molgenis.catalog.events.v1" {
		t.Fatalf("letter %+v", letter)
	}
	expect(t, 0, "NOT-BELIEVED=unknown-key", "events", "tail", "--dir", dir, "--service", "catalog")
	if _, out := call(t, "events", "tail", "--dir", dir, "--service", "catalog", "--json"); strings.Contains(out, "a set") {
		t.Errorf("data of a stranger is shown: %s", out)
	}
	expect(t, 0, "fairway.federation.policy.published.v1", "events", "tail", "--dir", dir, "--type", "policy.published", "--json")
	replay := []string{"events", "replay", "--dir", dir, "--service", "workspace", "--record", letter.RecordID}
	expect(t, 1, "refused (unknown-key)", replay...)
	enrol()
	expect(t, 0, "applied [audit leaf", replay...)
	expect(t, 0, "already", replay...)
	expect(t, 1, "no such dead letter", "events", "replay", "--dir", dir, "--service", "workspace", "--record", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
	expect(t, 1, "unknown: no refused record", "events", "replay", "--dir", dir, "--service", "workspace", "--record", "molgenis.catalog.events.v1/0/999")
	expect(t, 2, "since", "events", "tail", "--dir", dir, "--since", "yesterday")
	for _, span := range []string{"send molgenis.federation.events.v1", "process molgenis.federation.events.v1"} {
		waitFor(t, span, func() bool { return strings.Contains(traces(), span) })
	}
	_, metrics := get(dir, "workspace", "/metrics")
	for _, want := range []string{`tre_dlq_messages_total{reason="unknown-key"} 1`, `tre_signature_failures_total{reason="unknown-key"} 1`,
		`tre_consumer_lag{topic="molgenis.catalog.events.v1"} 0`, "tre_outbox_oldest_seconds 0", "tre_key_expires_seconds ", "tre_audit_age_seconds "} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
}
