package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program that runs a service alone lets an operator choose its address.
func TestAnAddressThatAServiceCannotHaveIsNamed(t *testing.T) {
	t.Parallel()
	_, site := federated(t)
	binary := filepath.Join(t.TempDir(), "airlock")
	build := exec.Command("go", "build", "-o", binary, "github.com/fairway-tre/fairway/services/airlock/cmd/airlock")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // a test's
	for addr, parts := range map[string][]string{
		taken.Addr().String(): {"port in use", "stop the other program", "port 0"},
		"0.0.0.0:0":           {"not a loopback address", "127.0.0.1"},
		"nonsense":            {"expected an address like 127.0.0.1:8080"},
	} {
		c := exec.Command(binary)
		c.Env = append(os.Environ(), "FAIRWAY_SITE_DIR="+site, "FAIRWAY_HTTP="+addr)
		var told strings.Builder
		c.Stderr = &told
		err := c.Run()
		if c.ProcessState.ExitCode() != 1 {
			t.Errorf("%s: %v, not status 1", addr, err)
		}
		lines := strings.Split(strings.TrimSpace(told.String()), "\n")
		for _, part := range append(parts, addr) {
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, "airlock: ") || !strings.Contains(last, part) {
				t.Errorf("%s: %q is not told:\n%s", addr, part, last)
			}
		}
	}
	runs(t, site)
}

// A proxy before the door, or a probe, needs an address that stays.
func TestTheDoorOfASiteHasTheAddressThatItIsGiven(t *testing.T) {
	t.Parallel()
	_, site := federated(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := taken.Addr().String()
	refuses(t, 1, []string{addr, "port in use", "identity of molgenis"}, "site", "run", "--dir", site, "--http", addr)
	refuses(t, 1, []string{"0.0.0.0:80", "not a loopback address"}, "service", "airlock", "--dir", site, "--http", "0.0.0.0:80")
	taken.Close() //nolint:errcheck // a test's
	p := startSite(t, site, "--http", addr)
	for _, service := range everyService {
		p.awaits(site, service, "is alive", func(h healthReport) bool { return h.Site != "" })
		if at := strings.TrimSpace(readText(t, filepath.Join(site, "run", service+".http"))); (at == addr) != (service == "identity") {
			t.Errorf("%s is at %s", service, at)
		}
	}
	p.stop()
}
