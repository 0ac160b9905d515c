package setup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/run"
)

func TestMainTellsAMistakeInOneSentenceAndItsExitCode(t *testing.T) {
	never := func(context.Context, run.Env) error {
		t.Error("the service was started")
		return nil
	}
	for name, c := range map[string]struct {
		environ []string
		code    int
		want    string
	}{
		"nothing configured": {nil, 2, "FAIRWAY_SITE_DIR is missing"},
		"a typing mistake":   {[]string{"FAIRWAY_SITE_DIR=x", "FAIRWAY_BROKR=y"}, 2, "FAIRWAY_BROKR is unknown"},
		"no site there":      {[]string{"FAIRWAY_SITE_DIR=" + t.TempDir(), "FAIRWAY_BIN=/bin/fairway"}, 1, "site init"},
		"no such file":       {[]string{"FAIRWAY_CONFIG=" + filepath.Join(t.TempDir(), "none.yaml")}, 2, "none.yaml"},
	} {
		var stderr bytes.Buffer
		code := runMain(t.Context(), "airlock", never, c.environ, &stderr)
		if code != c.code || !strings.HasPrefix(stderr.String(), "airlock: ") || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: exit code %d, %s", name, code, stderr.String())
		}
	}
}

func TestAnAddressIsAnnouncedAtOnceAndReplaced(t *testing.T) {
	dir := t.TempDir()
	for _, addr := range []string{"127.0.0.1:4001", "127.0.0.1:4002"} {
		if err := errors.Join(Announce(dir, "airlock", addr), AnnounceBroker(dir, addr)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, RunDir, "airlock.http"))
		if err != nil || string(text) != addr+"\n" {
			t.Fatalf("%q, %v", text, err)
		}
		if got, err := announcedBroker(dir); err != nil || got != addr {
			t.Fatalf("%q, %v", got, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, RunDir))
	if err != nil || len(left) != 2 {
		t.Fatalf("left %v, %v", left, err)
	}
}

func TestABrokerKeepsItsPortOverARestart(t *testing.T) {
	dir := t.TempDir()
	port := func(addr string) int {
		p, err := brokerPort(dir, addr)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := port("127.0.0.1:0"); p != 0 {
		t.Fatalf("first start on %d", p)
	}
	if err := AnnounceBroker(dir, "127.0.0.1:4001"); err != nil {
		t.Fatal(err)
	}
	if p := port("127.0.0.1:0"); p != 4001 {
		t.Fatalf("second start on %d", p)
	}
	if p := port("127.0.0.1:9092"); p != 9092 {
		t.Fatalf("configured port gave %d", p)
	}
	if _, err := brokerPort(dir, "9092"); err == nil {
		t.Fatal("an address without host was taken")
	}
}

func TestAFailedWriteKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "sub", "file")
	if err := WriteAtomic(name, []byte("x"), 0o600); err == nil || !strings.Contains(err.Error(), name) {
		t.Fatalf("got %v", err)
	}
	name = filepath.Join(dir, "file")
	if err := errors.Join(WriteAtomic(name, []byte("old"), 0o644), WriteAtomic(name, []byte("new"), 0o600)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 3 {
		t.Fatalf("%v, %v", info, err)
	}
}
