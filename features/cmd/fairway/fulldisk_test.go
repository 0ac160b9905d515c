//go:build linux

package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	json "github.com/go-json-experiment/json"
)

// post sends JSON to the door of a site.
func post(t *testing.T, site, path, body string) (status int, answer string) {
	t.Helper()
	addr := strings.TrimSpace(readText(t, filepath.Join(site, "run", "identity.http")))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func registers(t *testing.T, site, name string) (status int, answer string) {
	t.Helper()
	return post(t, site, "/people", `{"email":"`+name+`@example.org","name":"`+name+`","password":"the long word of `+name+`"}`)
}

// signsIn returns the id of a person, who must be able to sign in.
func signsIn(t *testing.T, site, name string) string {
	t.Helper()
	status, answer := post(t, site, "/sessions", `{"email":"`+name+`@example.org","password":"the long word of `+name+`"}`)
	var session struct {
		PersonID string `json:"personId"`
	}
	if err := json.Unmarshal([]byte(answer), &session); err != nil || status != http.StatusCreated || session.PersonID == "" {
		t.Errorf("%s cannot sign in: %d %s", name, status, answer)
	}
	return session.PersonID
}

func TestASiteOnAFullDiskSaysSoLosesNothingAndGoesOnByItselfOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the short form mounts no file system")
	}
	dir := t.TempDir()
	small := filepath.Join(dir, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("fairway-test", small, "tmpfs", 0, "size=64m,mode=0700"); err != nil {
		t.Skipf("a small file system cannot be mounted here (needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	federation, site, filler := filepath.Join(dir, "fed"), filepath.Join(small, "molgenis"), filepath.Join(small, "filler")
	works(t, "federation", "init", "--dir", federation)
	works(t, "site", "init", "--dir", site, "--profile", "molgenis", "--federation", federation)
	broker := start(t, "federation", "broker", "--dir", federation)
	p := startSite(t, site, "--min-disk-free", "32")
	p.awaits(site, "identity", "is ready", healthReport.ready)
	if status, answer := registers(t, site, "before"); status != http.StatusCreated {
		t.Fatalf("%d %s", status, answer)
	}

	fill(t, filler)
	for _, service := range everyService {
		h := p.awaits(site, service, "is not ready", func(h healthReport) bool { detail, _ := h.failing("disk"); return detail != "" })
		if detail, advice := h.failing("disk"); h.ready() || !strings.Contains(detail, "MiB are free") || !strings.Contains(advice, "make room") {
			t.Errorf("%s says %q and %q", service, detail, advice)
		}
	}
	if status, answer := registers(t, site, "meanwhile"); status != http.StatusServiceUnavailable || !strings.Contains(answer, `"reason"`) {
		t.Errorf("a registration on a full disk: %d %s", status, answer)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for _, service := range everyService {
		p.awaits(site, service, "is ready again", healthReport.ready)
	}
	for _, name := range []string{"meanwhile", "after"} { // the first was not taken, so it may come again
		if status, answer := registers(t, site, name); status != http.StatusCreated {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	people := map[string]string{}
	for _, name := range []string{"before", "meanwhile", "after"} {
		people[name] = signsIn(t, site, name)
	}
	p.stop()

	fill(t, filler)
	refuses(t, 1, []string{site, "no space left", "make room"}, "site", "run", "--dir", site)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	p = startSite(t, site, "--min-disk-free", "32")
	p.awaits(site, "identity", "is ready", healthReport.ready)
	for name, id := range people {
		if again := signsIn(t, site, name); again != id {
			t.Errorf("%s was %s and is %s", name, id, again)
		}
	}
	p.stop()
	broker.stop()
}

// fill writes a file until there is no room.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is full
	for block := make([]byte, 64<<10); len(block) > 0; {
		_, err := f.Write(block)
		if errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
