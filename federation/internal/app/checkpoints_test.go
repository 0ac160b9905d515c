package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// witnessing is two gateways, of which the host's is asked from inside.
type witnessing struct {
	*two
	at *gateway
}

// witnesses are two gateways whose audit logs are signed, each a witness of the other.
func witnesses(t *testing.T) (f *witnessing, published func() federation.CheckpointPublished) {
	t.Helper()
	f = &witnessing{two: &two{T: t, carried: map[string]bool{}}}
	gatewayOf := func(site string) *runtest.Bench {
		return runtest.New(t, "federation", func(s *run.Service) {
			g := register(s, runtest.Members(t, site, s.Env().Trust))
			if err := g.followRegistry(t.Context()); err != nil {
				t.Error(err)
			}
			if site == host {
				f.at = g
			}
		}, runtest.Site(site))
	}
	f.host, f.data = gatewayOf(host), gatewayOf(data)
	for _, b := range []*runtest.Bench{f.host, f.data} {
		runtest.Await[federation.PolicyPublished](b, 1)
	}
	r := runtest.NewFederation(t)
	for _, site := range runtest.Sites { // proofs are of the second minor, which is said to whom it is known to read it
		f.list(r.Entry(site, func(p *registry.Participant) { p.Reads = border.Readings() }))
	}
	return f, func() federation.CheckpointPublished {
		t.Helper()
		if err := f.at.publishCheckpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := runtest.Sent[federation.CheckpointPublished](f.host)
		for i := len(sent) - 1; i >= 0; i-- {
			if sent[i].Witnesses[0] == data {
				return sent[i]
			}
		}
		t.Fatal("no checkpoint was shown")
		return federation.CheckpointPublished{}
	}
}

func TestASiteCosignsALogThatGoesOnFromWhatItSaw(t *testing.T) {
	f, published := witnesses(t)
	first := published()
	f.carry()
	f.carry()
	second := published()
	if second.Size <= first.Size || second.OldSize != first.Size || first.OldSize != 0 {
		t.Fatalf("sizes %d, then %d from %d; refused %+v %+v; cosigned %+v", first.Size, second.Size, second.OldSize, runtest.Sent[federation.BorderRefused](f.host), runtest.Sent[federation.BorderRefused](f.data), runtest.Sent[federation.CheckpointCosigned](f.data))
	}
	f.carry()
	f.carry()
	if cosigned := runtest.Sent[federation.CheckpointCosigned](f.data); len(cosigned) != 2 || cosigned[1].Size != second.Size || count[federation.BorderRefused](f.host)+count[federation.BorderRefused](f.data) != 0 {
		t.Fatalf("cosigned %+v, refused %+v", cosigned, runtest.Sent[federation.BorderRefused](f.data))
	}
	kept, err := os.ReadFile(filepath.Join(f.host.Env.Dir, setup.StateDir, setup.CosignedDir, data))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := audit.OpenCheckpoint(kept, f.host.Env.Audit.Verifier); err != nil || c.Size != second.Size {
		t.Fatalf("kept %+v, %v", c, err)
	}
}

func TestALogThatWasRolledBackOrForkedIsNotCosigned(t *testing.T) {
	f, published := witnesses(t)
	first := published()
	f.carry()
	f.carry()
	second := published()
	f.carry()
	seen := runtest.Last[federation.CheckpointCosigned](f.data)
	// sign lets the host's log say another state of itself, as its owner could
	sign := func(size int64, root audit.Hash) federation.CheckpointPublished {
		t.Helper()
		note, err := audit.Checkpoint{Origin: audit.Origin(host, topics.Gateway), Size: size, Root: root}.Sign(f.host.Env.Audit.Signer)
		if err != nil {
			t.Fatal(err)
		}
		return federation.CheckpointPublished{CheckpointID: f.data.NewID(), Site: host, Service: "federation", Size: size, Root: root[:], Note: string(note),
			Witnesses: []string{data}, OldSize: second.Size, Proof: second.Proof}
	}
	invalid := second
	invalid.CheckpointID, invalid.Size = f.data.NewID(), second.Size+1
	for _, c := range []struct {
		reason string
		shown  federation.CheckpointPublished
	}{
		{border.CheckpointRollback, sign(first.Size, audit.Hash(first.Root))},
		{border.CheckpointFork, sign(second.Size, audit.LeafHash([]byte("another")))},
		{border.CheckpointFork, sign(second.Size+5, audit.LeafHash([]byte("another")))},
		{border.CheckpointInvalid, invalid},
	} {
		f.data.Deliver("/sites/"+host+"/gateway", c.shown)
		refusedFor(t, f.data, in, c.reason)
		if last := runtest.Last[federation.CheckpointCosigned](f.data); last.Note != seen.Note {
			t.Fatalf("cosigned what was refused for %s: %+v", c.reason, last)
		}
	}
	elsewhere := sign(second.Size+5, audit.LeafHash([]byte("on")))
	elsewhere.OldSize = first.Size
	f.data.Deliver("/sites/"+host+"/gateway", elsewhere)
	if last := runtest.Last[federation.CheckpointCosigned](f.data); last.Size != second.Size {
		t.Fatalf("cosigned %+v, whose proof begins elsewhere than at what was seen last", last)
	}
	f.carry()
	third := published()
	f.data.Deliver("/sites/"+host+"/gateway", third)
	if last := runtest.Last[federation.CheckpointCosigned](f.data); last.Size != third.Size {
		t.Fatalf("after the refusals the true log is not cosigned: %+v", last)
	}
}

// A gateway whose database is an older copy has nothing by which to know; the other sites have.
func TestALogThatWasSetBackIsRemindedByItsWitnessAndItsSiteIsNotReady(t *testing.T) {
	f, published := witnesses(t)
	published()
	f.carry()
	f.carry()
	published()
	f.carry()
	f.carry()
	if err := f.at.remembered(t.Context()); err != nil {
		t.Fatalf("a log that goes on: %v", err)
	}
	seen := runtest.Last[federation.CheckpointCosigned](f.data)
	forgot := audit.Checkpoint{Origin: audit.Origin(host, topics.Gateway), Size: seen.Size + 100, Root: audit.LeafHash([]byte("what the copy has not"))}
	note, err := forgot.Sign(f.host.Env.Audit.Signer)
	if err != nil {
		t.Fatal(err)
	}
	note, err = audit.Cosign(note, f.host.Env.Audit.Verifier, f.data.Env.Audit.Witness)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.data.Service.Update(t.Context(), func(tx *run.Tx) error {
		return witnessed.Put(tx.Tx, host+"/federation", seenOf{forgot.Size, forgot.Root, string(note)})
	}); err != nil {
		t.Fatal(err)
	}
	published()
	f.carry()
	refusedFor(t, f.data, in, border.CheckpointRollback)
	f.carry()
	err = f.at.remembered(t.Context())
	if err == nil || !strings.Contains(err.Error(), "an older backup was restored") || !strings.Contains(err.Error(), data) {
		t.Fatalf("the host is told %v", err)
	}
}

// Attack 40: what has left is in a log that its host has seen, before it leaves.
func TestAResultLeavesOnceItsHostHasCosignedTheLogThatTellsOfItsDecision(t *testing.T) {
	f := federated(t)
	f.answer(f.data, result(t, 2))
	shown := runtest.Await[federation.CheckpointPublished](f.data, 1)
	f.data.Advance(patienceForWitness / 2)
	f.host.Advance(patienceForWitness / 2)
	if n := count[federation.ResultPart](f.data) + len(runtest.Sent[federation.CheckpointPublished](f.data)) - len(shown); n != 0 {
		t.Fatalf("%d events left before the host answered", n)
	}
	part := f.partsFrom(1)[0]
	leaf, err := audit.Decode(part.Proof.Leaf)
	if err != nil || leaf.Type != airlock.TypeReleaseApproved || leaf.Digest != outputs.Digest(part.Decision.Value) {
		t.Errorf("the leaf tells %+v, %v", leaf, err)
	}
	f.carry()
	if n := count[federation.ResultReceived](f.host); n != 1 {
		t.Errorf("received %d times, refused %+v", n, runtest.Sent[federation.BorderRefused](f.host))
	}
}

func TestAHostThatDoesNotAnswerIsShownTheLogAgain(t *testing.T) {
	f := federated(t)
	f.answer(f.data, result(t, 2))
	runtest.Await[federation.CheckpointPublished](f.data, 1)
	f.data.Advance(patienceForWitness)
	f.host.Advance(patienceForWitness)
	runtest.Await[federation.CheckpointPublished](f.data, 2)
	f.partsFrom(1)
}

// A witness whose database is an old copy has forgotten what it saw; what it hears then is proven from there.
func TestAWitnessThatForgotIsProvenTheLogFromWhatItRemembers(t *testing.T) {
	f, published := witnesses(t)
	first := published()
	f.carry()
	f.carry()
	var before seenOf
	f.data.View(func(tx *run.Tx) (err error) {
		before, _, err = witnessed.Get(tx.Tx, host+"/federation")
		return err
	})
	published()
	f.carry()
	f.carry()
	if err := f.data.Service.Update(t.Context(), func(tx *run.Tx) error { return witnessed.Put(tx.Tx, host+"/federation", before) }); err != nil {
		t.Fatal(err)
	}
	if third := published(); third.OldSize == first.Size {
		t.Fatal("the host knows already that the witness has forgotten")
	}
	f.carry()
	f.carry()
	if fourth := published(); fourth.OldSize != first.Size {
		t.Fatalf("proven from %d, the witness remembers %d", fourth.OldSize, first.Size)
	}
	f.carry()
	f.carry()
	if n := count[federation.CheckpointCosigned](f.data); n != 4 || count[federation.BorderRefused](f.data) != 0 {
		t.Errorf("answered %d times, refused %+v", n, runtest.Sent[federation.BorderRefused](f.data))
	}
}
