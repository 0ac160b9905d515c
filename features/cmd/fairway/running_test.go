package main

import (
	"bytes"
	"compress/gzip"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func TestAFederationAndTwoSitesRunAsTheReadmeSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	federation := filepath.Join(dir, "fed")
	works(t, "federation", "init", "--dir", federation)
	for _, name := range []string{"molgenis", "denbi"} {
		said := works(t, "site", "init", "--dir", filepath.Join(dir, name), "--profile", name, "--federation", federation)
		if !strings.Contains(said, "enrolment-code") {
			t.Errorf("how the first officer registers is not told:\n%s", said)
		}
	}
	broker := start(t, "federation", "broker", "--dir", federation)
	sites := map[string]*process{}
	for _, name := range []string{"molgenis", "denbi"} {
		sites[name] = startSite(t, filepath.Join(dir, name))
	}
	for name, p := range sites {
		for _, service := range everyService {
			p.awaits(filepath.Join(dir, name), service, "is ready", healthReport.ready)
		}
	}
	for _, p := range sites {
		p.stop()
	}
	broker.stop()
}

func TestAPortInUseIsNamed(t *testing.T) {
	t.Parallel()
	federation, site := federated(t)
	file, err := setup.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	ofSite := occupy(t, file.Broker)
	parts := []string{file.Broker, "port in use", "stop the other program"}
	refuses(t, 1, parts, "site", "run", "--dir", site)
	refuses(t, 1, parts, "site", "broker", "--dir", site)
	ofSite.Close() //nolint:errcheck // a test's
	runs(t, site)
	ofFederation := occupy(t, file.Federation.Broker)
	refuses(t, 1, []string{file.Federation.Broker, "port in use", "stop the other program"}, "federation", "broker", "--dir", federation)
	ofFederation.Close() //nolint:errcheck // a test's
}

func occupy(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // it may be closed
	return l
}

func TestOneFolderIsRunByOneProcess(t *testing.T) {
	heavy(t)
	t.Parallel()
	federation, site := federated(t)
	first := startSite(t, site)
	for _, service := range everyService {
		first.awaits(site, service, "is alive", func(h healthReport) bool { return h.Site != "" })
	}
	refuses(t, 1, []string{site, "in use by another", "stop that one"}, "site", "run", "--dir", site)
	refuses(t, 1, []string{site, "in use by another", "stop that one"}, "site", "broker", "--dir", site)
	for _, service := range everyService {
		refuses(t, 1, []string{filepath.Join(site, service), "runs already", "stop the other process"}, "service", service, "--dir", site)
	}
	refuses(t, 1, []string{"site profile", "runs already", "stop the other process"}, "site", "profile", "molgenis", "--dir", site)
	first.stop()
	runs(t, site)
	broker := start(t, "federation", "broker", "--dir", federation)
	p := startSite(t, site)
	p.awaits(site, "gateway", "is ready", healthReport.ready)
	refuses(t, 1, []string{federation, "in use by another"}, "federation", "broker", "--dir", federation)
	p.stop()
	broker.stop()
}

func TestAGatewayWaitsForTheFederationsBrokerAndFindsIt(t *testing.T) {
	heavy(t)
	t.Parallel()
	federation, site := federated(t)
	p := startSite(t, site)
	h := p.awaits(site, "gateway", "tells what it waits for", func(h healthReport) bool {
		detail, _ := h.failing("reading")
		return strings.Contains(detail, "connection refused")
	})
	if _, advice := h.failing("reading"); h.ready() || !strings.Contains(advice, "broker") {
		t.Errorf("%+v", h)
	}
	p.awaits(site, "identity", "is ready without the federation", healthReport.ready)
	broker := start(t, "federation", "broker", "--dir", federation)
	p.awaits(site, "gateway", "is ready", healthReport.ready)
	broker.stop()
	p.awaits(site, "gateway", "tells that the broker is gone", func(h healthReport) bool { return !h.ready() })
	broker = start(t, "federation", "broker", "--dir", federation)
	p.awaits(site, "gateway", "is ready again", healthReport.ready)
	p.stop()
	broker.stop()
}

func TestASiteThatIsKilledWhileItStartsStartsAgain(t *testing.T) {
	heavy(t)
	t.Parallel()
	_, site := federated(t)
	for _, reached := range []string{
		filepath.Join("broker", "data", "FAIRWAY-BROKER"), filepath.Join("run", "broker.addr"),
		filepath.Join("catalog", "state", "state.db"), filepath.Join("run", "catalog.http"),
	} {
		_ = os.Remove(filepath.Join(site, "run", "broker.addr")) // it is written anew
		p := startSite(t, site)
		p.awaitsFile(filepath.Join(site, reached))
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		p.wait()
	}
	runs(t, site)
}

func TestHoldingsThatAreWrongMakeTheWorkspaceNotReadyUntilTheyAreMended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, site := federated(t)
	file := filepath.Join(site, "holdings.yaml")
	write(t, file, "datasets: [this is, no list\n")
	p := startSite(t, site)
	for _, c := range []struct{ text, part string }{
		{"datasets: [this is, no list\n", "yaml"},
		{"datasets:\n  rotterdam:\n    file: x\n    warehouse: 3\n", "line 4"},
		{"datasets:\n  rotterdam: {}\n", "rotterdam"},
		{"", "at least one dataset"},
	} {
		write(t, file, c.text)
		h := p.awaits(site, "workspace", "tells of the holdings", func(h healthReport) bool {
			detail, _ := h.failing("holdings")
			return strings.Contains(detail, c.part)
		})
		if detail, advice := h.failing("holdings"); inside.MatchString(detail) || !strings.Contains(detail, file) || !strings.Contains(advice, "holdings.yaml") {
			t.Errorf("%q: %s", detail, advice)
		}
	}
	data := filepath.Join(dir, "people.csv.gz")
	write(t, file, "datasets:\n  rotterdam:\n    file: "+data+"\n")
	tells := func(part string) {
		t.Helper()
		h := p.awaits(site, "workspace", "tells of the dataset: "+part, func(h healthReport) bool {
			detail, _ := h.failing("holdings")
			return strings.Contains(detail, "rotterdam") && strings.Contains(detail, part)
		})
		if detail, _ := h.failing("holdings"); strings.Contains(detail, dir) {
			t.Errorf("where the data lie is told: %s", detail)
		}
	}
	tells("no such file")
	write(t, data, "a,b\n1,2\n")
	tells("not a gzip file")
	whole := zipped(t, "a,b\n"+strings.Repeat("1,2\n", 5000))
	write(t, data, whole[:len(whole)/2])
	tells("unexpected EOF")
	write(t, data, zipped(t, "a,b\n1,2,3\n"))
	tells("line 2")
	write(t, data, zipped(t, "a,a\n1,2\n"))
	tells("columns 1 and 2 have one name")
	write(t, data, whole)
	p.awaits(site, "workspace", "is ready again", healthReport.ready)
	p.stop()
}

func TestAHoldingsFileIsJudgedBeforeASiteIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, site := filepath.Join(dir, "mine.yaml"), filepath.Join(dir, "site")
	init := []string{"site", "init", "--dir", site, "--profile", "molgenis", "--holdings", file}
	write(t, file, "datasets: [this is, no list\n")
	refuses(t, 1, []string{file, "holdings", "line "}, init...)
	write(t, file, "datasets:\n  rotterdam:\n    file: x\n    warehouse: 3\n")
	refuses(t, 1, []string{file, "line 4", "warehouse"}, init...)
	write(t, file, "datasets:\n  rotterdam:\n    file: x\n")
	works(t, init...)
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestADictionaryThatNamesAColumnWhichTheDataDoNotHaveIsToldUntilTheyDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	federation, site := federated(t, "--tester")
	start(t, "federation", "broker", "--dir", federation)
	data := filepath.Join(dir, "people.csv")
	write(t, data, "age,died\n61,1\n")
	write(t, filepath.Join(site, "holdings.yaml"), "datasets:\n  elders:\n    file: "+data+"\n")
	p := startSite(t, site, "--allow-test-keys")
	p.awaits(site, "workspace", "is ready while nothing is described", healthReport.ready)
	say, enrol := stranger(t, site, catalog.DatasetPublished{DatasetID: "elders", Title: "a set", Holder: "molgenis", Version: "1", AccessRights: "RESTRICTED",
		Dictionary: []vocabulary.Variable{{Concept: "age", Column: "age", Type: "number"}, {Concept: "death", Column: "dead", Type: "event", EventValue: "1"}}})
	enrol()
	say()
	h := p.awaits(site, "workspace", "tells of the column", func(h healthReport) bool {
		detail, _ := h.failing("holdings")
		return strings.Contains(detail, `column "dead"`)
	})
	detail, advice := h.failing("holdings")
	for _, want := range []string{"elders", "death", "dictionary"} {
		if !strings.Contains(detail, want) {
			t.Errorf("%q is not told: %s", want, detail)
		}
	}
	if strings.Contains(detail, dir) || strings.Contains(detail, "61") || !strings.Contains(advice, "holdings.yaml") {
		t.Errorf("where the data lie or what they hold is told, or not what to do: %s; %s", detail, advice)
	}
	write(t, data, "age,dead\n61,1\n")
	p.awaits(site, "workspace", "is ready again", healthReport.ready)
	p.stop()
}
