package provision_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func envOf(t *testing.T, dir, principal string) run.Env {
	t.Helper()
	env, err := setup.Load(t.Context(), dir, principal, setup.Options{Clock: &later{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Objects.Close() })
	return env
}

// later is a clock in which every look is two seconds after the one before, so that nothing is believed for having been
// looked at a moment ago.
type later struct{ looks time.Duration }

func (c *later) Now() time.Time {
	c.looks += 2 * time.Second
	return time.Now().Add(c.looks).UTC()
}
func (c *later) After(d time.Duration) <-chan time.Time { return time.After(d) }

func TestNewKeysOfAServiceAreUsedAndBelievedWithoutARestart(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	airlock, workspace := envOf(t, site, topics.Airlock), envOf(t, site, topics.Workspace)
	old := workspace.Signer.KeyID()
	done, err := provision.RotateKeys(site, provision.Rotation{Principals: []string{topics.Workspace}})
	if err != nil || !slices.Equal(done.InUse, []string{topics.Workspace}) || len(done.Waiting) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	fresh := workspace.Signer.KeyID()
	if fresh == old {
		t.Fatal("the running service signs with its old key")
	}
	k, ok := airlock.Trust.Lookup(fresh)
	if !ok || k.Source != topics.Source("molgenis", topics.Workspace) {
		t.Fatalf("the other service knows %+v", k)
	}
	if k, ok = airlock.Trust.Lookup(old); !ok || !k.RevokedAt.IsZero() || time.Until(k.NotAfter) > provision.Overlap+time.Minute {
		t.Fatalf("the old key: %+v", k)
	}
	if _, err := provision.RotateKeys(site, provision.Rotation{Principals: []string{topics.Workspace}, Revoke: true}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{old, fresh} {
		if k, ok = airlock.Trust.Lookup(id); !ok || k.RevokedAt.IsZero() {
			t.Errorf("a key that was revoked: %+v", k)
		}
	}
	if _, err := provision.RotateKeys(site, provision.Rotation{Principals: []string{"nobody"}}); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("keys of nobody: %v", err)
	}
}

func TestAnOlderTrustFileDoesNotBringARevokedKeyBack(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	airlock, workspace := envOf(t, site, topics.Airlock), envOf(t, site, topics.Workspace)
	before, id := read(t, site, setup.TrustFile), workspace.Signer.KeyID()
	if _, err := provision.RotateKeys(site, provision.Rotation{Principals: []string{topics.Workspace}, Revoke: true}); err != nil {
		t.Fatal(err)
	}
	airlock.Trust.Lookup(id)
	if err := setup.WriteAtomic(filepath.Join(site, setup.TrustFile), before, 0o644); err != nil {
		t.Fatal(err)
	}
	if k, ok := airlock.Trust.Lookup(id); !ok || k.RevokedAt.IsZero() {
		t.Fatalf("the revoked key is believed again: %+v", k)
	}
}

func TestANewKeyAtTheBorderSignsWhenTheOperatorHasListedIt(t *testing.T) {
	dir, _ := together(t)
	site, federation := filepath.Join(dir, "molgenis"), filepath.Join(dir, provision.FederationDir)
	gateway := envOf(t, site, topics.Gateway)
	old := gateway.Signer.KeyID()
	join := read(t, site, setup.JoinFile)
	done, err := provision.RotateKeys(site, provision.Rotation{})
	if err != nil || !slices.Equal(done.Waiting, []string{topics.Airlock, topics.Gateway}) {
		t.Fatalf("%+v, %v", done, err)
	}
	if gateway.Signer.KeyID() != old {
		t.Fatal("the gateway signs with a key that no other site can know")
	}
	stale := read(t, provision.AdmissionFile(federation, "molgenis"))
	if _, err := provision.Join(site, stale); err != nil || gateway.Signer.KeyID() != old {
		t.Fatalf("an answer without the new keys: %v, signs with %s", err, gateway.Signer.KeyID())
	}
	p, change, err := provision.Rotate(federation, read(t, site, setup.JoinFile))
	if err != nil || len(change.Added) != 2 || len(change.Retired) != 2 || len(change.Revoked) != 0 {
		t.Fatalf("%+v, %v", change, err)
	}
	if _, err := provision.Join(site, read(t, provision.AdmissionFile(federation, "molgenis"))); err != nil {
		t.Fatal(err)
	}
	listed, err := p.Trust()
	if err != nil {
		t.Fatal(err)
	}
	if _, known := listed.Lookup(gateway.Signer.KeyID()); !known || gateway.Signer.KeyID() == old {
		t.Fatalf("signs with %s, listed %v", gateway.Signer.KeyID(), known)
	}
	// neither comes back: the join file of before, nor the keys again
	if _, _, err := provision.Rotate(federation, join); !errors.Is(err, registry.ErrRollback) {
		t.Errorf("the join file of before: %v", err)
	}
	if _, _, err := provision.Rotate(federation, read(t, site, setup.JoinFile)); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("the same keys again: %v", err)
	}
}

func TestASiteIsSuspendedReinstatedAndLeavesForGood(t *testing.T) {
	dir, _ := together(t)
	federation := filepath.Join(dir, provision.FederationDir)
	set := func(status, reason string) error {
		_, err := provision.SetStatus(federation, "denbi", status, reason)
		return err
	}
	for _, step := range []struct {
		status, reason, refused string
	}{
		{registry.Active, "", "already"},
		{registry.Suspended, "Because of him!", "no code"},
		{registry.Suspended, "incident", ""},
		{registry.Active, "", ""},
		{registry.Left, "agreement-ended", ""},
		{registry.Active, "", "final"},
	} {
		err := set(step.status, step.reason)
		if step.refused == "" && err != nil || step.refused != "" && (!errors.Is(err, provision.ErrRefused) || !strings.Contains(err.Error(), step.refused)) {
			t.Fatalf("%+v: %v", step, err)
		}
	}
	if _, err := provision.Admit(federation, read(t, dir, "denbi", setup.JoinFile), ""); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("a site that has left is admitted: %v", err)
	}
	if _, err := provision.Join(filepath.Join(dir, "denbi"), read(t, provision.AdmissionFile(federation, "denbi"))); err != nil {
		t.Errorf("the answer of before: %v", err)
	}
	users, err := setup.ReadUsers(federation)
	if err != nil || slices.ContainsFunc(users.Users, func(u setup.User) bool { return u.Name == topics.GatewayOf("denbi") }) {
		t.Errorf("the broker still lets in who has left (%v)", err)
	}
}

func TestTheEntriesOfTheRegistryAreAChainSignedByTheOperator(t *testing.T) {
	dir, _ := together(t)
	federation := filepath.Join(dir, provision.FederationDir)
	if _, err := provision.SetStatus(federation, "denbi", registry.Suspended, "incident"); err != nil {
		t.Fatal(err)
	}
	site := filepath.Join(dir, "molgenis")
	own := envOf(t, site, topics.Gateway)
	directory, err := setup.Directory(site, own.Trust)
	if err != nil {
		t.Fatal(err)
	}
	records, err := provision.Entries(federation)
	if err != nil || len(records) != 3 {
		t.Fatalf("%d entries, %v", len(records), err)
	}
	var serial int64
	for _, r := range records {
		e, err := envelope.OpenBorder(r, directory, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		p, err := participantOf(e)
		if err != nil || p.Serial <= serial || r.Topic != topics.Registry {
			t.Fatalf("%s: serial %d after %d, %v", r.Topic, p.Serial, serial, err)
		}
		serial = p.Serial
	}
	nobody := envOf(t, site, topics.Airlock).Trust
	if _, err := envelope.OpenBorder(records[0], nobody, time.Now()); envelope.CodeOf(err) != envelope.CodeUnknownKey {
		t.Fatalf("a service that is no gateway believes the operator: %v", err)
	}
}

func participantOf(e envelope.Event) (registry.Participant, error) {
	listed, err := envelope.Decode[federation.ParticipantListed](e)
	if err != nil {
		return registry.Participant{}, err
	}
	return registry.FromEntry(listed)
}
