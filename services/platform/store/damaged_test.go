package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A page of a table is looked at when it is asked for, not when the database is opened.
func TestAPageThatIsDamagedIsToldByFileWithItsRemedyAndTheDatabaseIsNotReady(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Open(ctx, dir, at())
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		for n := range 500 {
			if err := notes.Put(tx, fmt.Sprint(n), note{strings.Repeat("canary", 50)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, sqliteFile)
	damagePages(t, name, []byte("canary"))
	if s, err = Open(ctx, dir, at()); err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	if err := s.Ping(ctx); err != nil {
		t.Fatalf("before anybody looked: %v", err)
	}
	all := func(tx *Tx) error { return notes.Each(tx, func(string, note) error { return nil }) }
	for what, err := range map[string]error{"view": s.View(ctx, all), "update": s.Update(ctx, all), "ping": s.Ping(ctx)} {
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) || strings.Count(err.Error(), mendDamage) != 1 {
			t.Errorf("%s: %v", what, err)
		}
		if strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s tells what is stored: %v", what, err)
		}
	}
}

// damagePages spoils each page of a database that holds the text.
func damagePages(t *testing.T, name string, text []byte) {
	t.Helper()
	const page = 4096
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := 0
	for at := 0; at+page <= len(content); at += page {
		if bytes.Contains(content[at:at+page], text) {
			copy(content[at:at+page], bytes.Repeat([]byte{0xff}, page))
			spoilt++
		}
	}
	if spoilt == 0 {
		t.Fatal("no page holds the text")
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
