package provision_test

import (
	"path/filepath"
	"testing"

	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// entriesAre holds the operator's list against the entries as they are published.
func entriesAre(t *testing.T, federation string) {
	t.Helper()
	r, err := provision.Participants(federation)
	if err != nil {
		t.Fatal(err)
	}
	records, err := provision.Entries(federation)
	if err != nil || len(records) != len(r.Entries) || int64(len(records)) != r.Serial {
		t.Fatalf("%d entries, the list with serial %d tells of %d (%v)", len(records), r.Serial, len(r.Entries), err)
	}
	for i, record := range records {
		if got := objects.Digest(record.Value); got != r.Entries[i] {
			t.Errorf("entry %d is %s, by the list %s", i+1, got, r.Entries[i])
		}
	}
}

func TestTheListTellsTheDigestOfEachEntryAlsoOneThatDidNotBefore(t *testing.T) {
	dir, _ := together(t)
	federation := filepath.Join(dir, provision.FederationDir)
	entriesAre(t, federation)
	r, err := provision.Participants(federation)
	if err != nil {
		t.Fatal(err)
	}
	operator, err := setup.ReadPrivateKey(federation, setup.RootDir, "operator.key")
	if err != nil {
		t.Fatal(err)
	}
	r.Entries = nil
	text, err := r.Seal(operator)
	if err != nil {
		t.Fatal(err)
	}
	if err := setup.WriteAtomic(filepath.Join(federation, setup.RegistryFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := provision.SetStatus(federation, "denbi", registry.Suspended, "incident")
	if err != nil {
		t.Fatal(err)
	}
	entriesAre(t, federation)
	if r, err = provision.Participants(federation); err != nil || p.Previous == "" || p.Serial != r.Serial {
		t.Fatalf("%+v, %v", p, err)
	}
}
