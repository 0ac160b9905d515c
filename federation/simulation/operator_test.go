package simulation

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// publishRegistry writes what is new in the operator's registry to its topic, entry by entry.
func (w *world) publishRegistry() {
	w.t.Helper()
	records, err := provision.Entries(w.federation())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range records[w.published:] {
		if err := w.border.out.PublishRecords(context.Background(), r); err != nil {
			w.t.Fatalf("the operator cannot publish: %v", err)
		}
	}
	w.published = len(records)
}

// list changes the status of a site in the registry.
func (w *world) list(site, status, reason string) {
	w.t.Helper()
	if _, err := provision.SetStatus(w.federation(), site, status, reason); err != nil {
		w.t.Fatal(err)
	}
	w.publishRegistry()
}

// suspendSite lets the operator suspend a site, and take it back some time later.
func (w *world) suspendSite() {
	p := pick(w.fate, w.places)
	if w.suspended[p.name] || w.hub.broker == nil {
		return
	}
	w.suspended[p.name] = true
	w.list(p.name, registry.Suspended, "incident")
	w.later(w.fate.between(time.Minute, 4*24*time.Hour), func() {
		w.list(p.name, registry.Active, "")
		w.suspended[p.name] = false
	})
}

// rotateKeys gives a site new keys while it works: those that sign across the border are in use once they are listed.
func (w *world) rotateKeys() {
	p := pick(w.fate, w.places)
	if w.rotating[p.name] || w.hub.broker == nil {
		return
	}
	w.rotating[p.name] = true
	if _, err := provision.RotateKeys(p.dir, provision.Rotation{}); err != nil {
		w.t.Fatal(err)
	}
	w.later(w.soon(), func() {
		join, err := os.ReadFile(filepath.Join(p.dir, setup.JoinFile))
		if err != nil {
			w.t.Fatal(err)
		}
		if w.rotating[p.name] {
			if _, _, err := provision.Rotate(w.federation(), join); err != nil {
				w.t.Fatal(err)
			}
		}
		w.rotating[p.name] = false
		w.publishRegistry()
		admission, err := os.ReadFile(provision.AdmissionFile(w.federation(), p.name))
		if err == nil {
			_, err = provision.Join(p.dir, admission)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	})
}
