//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestASiteOnAFullDiskSaysSoAndGoesOnByItselfOnceThereIsRoom(t *testing.T) {
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
	federation, site := filepath.Join(dir, "fed"), filepath.Join(small, "molgenis")
	works(t, "federation", "init", "--dir", federation)
	works(t, "site", "init", "--dir", site, "--profile", "molgenis", "--federation", federation)
	broker := start(t, "federation", "broker", "--dir", federation)
	p := startSite(t, site)
	for _, service := range everyService {
		p.awaits(site, service, "is ready", healthReport.ready)
	}
	filler := filepath.Join(small, "filler")
	fill(t, filler)
	h := p.awaits(site, "identity", "tells that the disk is full", func(h healthReport) bool { return !h.ready() })
	t.Logf("%+v", h)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for _, service := range everyService {
		p.awaits(site, service, "is ready again", healthReport.ready)
	}
	p.stop()
	broker.stop()
	runs(t, site)
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
