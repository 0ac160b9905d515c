package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sumdb "golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// seenOf is a state of a log: as a witness saw it last, or as it was last proven to one.
type seenOf struct {
	Size int64
	Root audit.Hash
	Note string // the checkpoint, cosigned by the witness
}

// checkpoints exchanges checkpoints of the gateways' audit logs with the other sites, each of which is a witness of this
// one: a log that was rolled back or forked after it was seen is found out by others than its owner.
func (g *gateway) checkpoints() {
	incoming(g, func(p federation.CheckpointPublished) string { return p.Site }, g.witness)
	incoming(g, func(p federation.CheckpointCosigned) string { return p.Witness }, g.takeCosigned)
	run.HandleTimer(g.s, showAgain, func(tx *run.Tx, _ string, _ struct{}) error {
		tx.After(g.sending.Now)
		return nil
	})
	g.s.Check(health.Check{Name: "witnesses", Advice: "stop the site and restore the newest backup of its whole folder; where there is none, other sites take no result of it any more: see Backup in OPERATING.md",
		Ready: g.remembered})
	every := g.s.Env().Profile.Audit.Witnessed.Std()
	if every <= 0 {
		return
	}
	g.s.Worker("checkpoints", func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-g.s.Env().Clock.After(every):
			}
			if err := g.publishCheckpoint(ctx); err != nil && ctx.Err() == nil {
				g.s.Env().Log.Warn("the checkpoint is shown to the other sites next time", "error", err.Error())
			}
		}
	})
}

// publishCheckpoint shows each other site the state of the log, with the proof that it goes on from what that site saw.
func (g *gateway) publishCheckpoint(ctx context.Context) (err error) {
	for _, site := range g.directory.Sites() {
		if p, _ := g.directory.Participant(site); site != g.site && p.Takes() {
			err = errors.Join(err, g.showTo(ctx, site))
		}
	}
	return err
}

// showTo shows one site the state of the log, unless the answer about an earlier state is still on its way: the proof
// must begin at what that site will have seen by then.
func (g *gateway) showTo(ctx context.Context, witness string) error {
	signed, err := g.s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := audit.OpenCheckpoint(signed, g.s.Env().Audit.Verifier)
	if err != nil || c.Size == 0 {
		return err
	}
	return g.s.Update(ctx, func(tx *run.Tx) error {
		asked, waits, err := shown.Get(tx.Tx, witness)
		if err != nil || waits && tx.Now().Before(asked.Add(patienceForWitness)) {
			return err
		}
		if err := shown.Put(tx.Tx, witness, tx.Now()); err != nil {
			return err
		}
		if err := tx.Alarm(showAgain, witness, tx.Now().Add(patienceForWitness), struct{}{}); err != nil {
			return err
		}
		return g.showCheckpoint(tx, witness, c, signed)
	})
}

func (g *gateway) showCheckpoint(tx *run.Tx, witness string, c audit.Checkpoint, signed []byte) error {
	last, _, err := cosignedBy.Get(tx.Tx, witness)
	if err != nil || last.Size == c.Size {
		return err
	}
	p := federation.CheckpointPublished{CheckpointID: tx.NewID(), Site: g.site, Service: topics.ServiceOf(topics.Gateway), Size: c.Size, Root: c.Root[:],
		Note: string(signed), Witnesses: []string{witness}, OldSize: last.Size}
	if last.Size > 0 {
		proof, err := audit.ProveConsistency(last.Size, c.Size, tx.AuditNodes())
		if err != nil {
			return err
		}
		for _, h := range proof {
			p.Proof = append(p.Proof, h[:])
		}
	}
	return g.tell(tx, witness, "checkpoint/"+p.CheckpointID, p)
}

// witness cosigns another site's checkpoint, if its log only grew since this site saw it last.
//
// c2sp.org/tlog-witness: the witness must verify the signature, the consistency proof, and that the old size is the last
// one that it cosigned; if it is another, the witness answers with the last one.
func (g *gateway) witness(tx *run.Tx, e envelope.Event, p federation.CheckpointPublished) error {
	log, err := g.logOf(p.Site, p.Service)
	if err != nil {
		return err
	}
	c, err := audit.OpenCheckpoint([]byte(p.Note), log)
	if err != nil || c.Size != p.Size || string(c.Root[:]) != string(p.Root) {
		return run.Refuse(border.CheckpointInvalid, "the note is not signed by the log of %s, or says something else than the event", p.Site)
	}
	key := p.Site + "/" + p.Service
	last, _, err := witnessed.Get(tx.Tx, key)
	if err != nil {
		return err
	}
	switch err := goesOn(last, c, p); {
	case errors.Is(err, errElsewhere):
		return g.cosigned(tx, e, p, last)
	case err != nil:
		return err
	}
	text, err := audit.Cosign([]byte(p.Note), log, g.s.Env().Audit.Witness)
	if err != nil {
		return err
	}
	now := seenOf{c.Size, c.Root, string(text)}
	if err := witnessed.Put(tx.Tx, key, now); err != nil {
		return err
	}
	return g.cosigned(tx, e, p, now)
}

// cosigned tells a log's gateway what this site has seen of it last.
func (g *gateway) cosigned(tx *run.Tx, e envelope.Event, p federation.CheckpointPublished, seen seenOf) error {
	return g.tell(tx, p.Site, e.Subject, federation.CheckpointCosigned{CheckpointID: p.CheckpointID, Site: p.Site, Service: p.Service, Size: seen.Size,
		Root: seen.Root[:], Witness: g.site, Note: seen.Note, CosignedAt: tx.Now()})
}

// errElsewhere says that a proof begins at another size than the one that was seen last: it was overtaken, or one of both
// sites has lost what it knew. A log can prove how it grew from any size.
var errElsewhere = errors.New("the proof begins at another size than the one that was seen last")

// goesOn refuses a checkpoint that does not follow from what was seen of the log. Errors: errElsewhere.
func goesOn(last seenOf, c audit.Checkpoint, p federation.CheckpointPublished) error {
	switch {
	case last.Size == 0:
		return nil
	case c.Size < last.Size:
		return run.Refuse(border.CheckpointRollback, "the log of %s had %d leaves before, and now has %d", p.Site, last.Size, c.Size)
	case c.Size == last.Size && c.Root == last.Root:
		return nil
	case c.Size == last.Size:
		return run.Refuse(border.CheckpointFork, "the log of %s shows two trees of %d leaves", p.Site, c.Size)
	case p.OldSize != last.Size:
		return errElsewhere
	}
	proof := make([]audit.Hash, len(p.Proof))
	for i, h := range p.Proof {
		copy(proof[i][:], h)
	}
	if err := audit.CheckConsistency(proof, last.Size, last.Root, c.Size, c.Root); err != nil {
		return run.Refuse(border.CheckpointFork, "the log of %s is not the one whose first %d leaves were seen", p.Site, last.Size)
	}
	return nil
}

// logOf verifies the checkpoints of a log of another site, by the audit key that the registry lists.
func (g *gateway) logOf(site, service string) (sumdb.Verifier, error) {
	p, _ := g.directory.Participant(site)
	principal := service
	if service == topics.ServiceOf(topics.Gateway) {
		principal = topics.Gateway
	}
	key, err := audit.VerifierKey(audit.Origin(site, principal), p.Audit)
	if err != nil {
		return nil, err
	}
	return audit.NewVerifier(key)
}

// takeCosigned keeps that another site has seen this log as it is.
func (g *gateway) takeCosigned(tx *run.Tx, _ envelope.Event, p federation.CheckpointCosigned) error {
	if p.Site != g.site || p.Service != topics.ServiceOf(topics.Gateway) {
		return run.Refuse(border.CheckpointInvalid, "this gateway publishes its own log alone")
	}
	log, err := g.shownTo(p.Witness, g.site)
	if err != nil {
		return err
	}
	c, err := audit.Cosigned([]byte(p.Note), log.Signed, log.Cosigned)
	if err != nil {
		return run.Refuse(border.CheckpointInvalid, "the note is not cosigned by %s", p.Witness)
	}
	switch goesOn, err := g.holds(tx, c); {
	case err != nil:
		return err
	case !goesOn:
		return g.setBack(tx, p.Witness, c)
	}
	last, _, err := cosignedBy.Get(tx.Tx, p.Witness)
	if err != nil || last.Size == c.Size {
		return err // nothing new: it is shown again later
	}
	// A smaller one comes from a witness that has lost what it saw: the log is proven to it from there.
	if err := errors.Join(cosignedBy.Put(tx.Tx, p.Witness, seenOf{c.Size, c.Root, p.Note}), shown.Delete(tx.Tx, p.Witness)); err != nil {
		return err
	}
	tx.After(g.sending.Now)
	if c.Size < last.Size {
		return nil
	}
	tx.After(func() {
		if err := g.keepCosigned(p.Witness, []byte(p.Note)); err != nil {
			g.s.Env().Log.Warn("a cosigned checkpoint is not kept as a file", "error", err.Error())
		}
	})
	return nil
}

// holds reports whether this log goes on from a checkpoint of itself.
func (g *gateway) holds(tx *run.Tx, c audit.Checkpoint) (bool, error) {
	size, err := tx.NextLeaf()
	if err != nil || size < c.Size {
		return false, err
	}
	root, err := audit.Root(c.Size, tx.AuditNodes())
	return root == c.Root, err
}

// setBack keeps that another site has seen a state of this log which it does not go on from: this gateway signed it, and
// has forgotten it, as a database does that was restored from an older backup.
func (g *gateway) setBack(tx *run.Tx, witness string, c audit.Checkpoint) error {
	tx.After(func() { g.s.Env().Log.Error(errSetBack.Error(), "source", witness, "leaf", c.Size) })
	return forgotten.Put(tx.Tx, witness, c.Size)
}

// errSetBack is what this gateway is told by another's memory.
var errSetBack = errors.New("the audit log does not go on from a state that another site has cosigned: an older backup was restored")

// remembered fails once another site has shown that it remembers more of this log than there is. Only the newest backup
// ends that: what the others have seen cannot be taken back.
func (g *gateway) remembered(ctx context.Context) error {
	return g.s.View(ctx, func(tx *run.Tx) error {
		return forgotten.Each(tx.Tx, func(witness string, size int64) error {
			return fmt.Errorf("%w; %s has cosigned %d leaves", errSetBack, witness, size)
		})
	})
}

// remind tells a log's gateway, whose checkpoint was refused, what this site has seen of it last: it may have forgotten.
func (g *gateway) remind(tx *run.Tx, e envelope.Event, r run.Refusal) error {
	if r.Reason != border.CheckpointRollback && r.Reason != border.CheckpointFork {
		return nil
	}
	p, err := envelope.Decode[federation.CheckpointPublished](e)
	if err != nil {
		return err
	}
	last, _, err := witnessed.Get(tx.Tx, p.Site+"/"+p.Service)
	if err != nil {
		return err
	}
	if err := g.cosigned(tx, e, p, last); err != nil && !permanent(err) {
		return err
	}
	return nil // whoever reads no answer is not reminded
}

// keepCosigned keeps, below the gateway's state, the newest checkpoint of its log that each other site cosigned, for audit
// verify.
func (g *gateway) keepCosigned(witness string, text []byte) error {
	dir := filepath.Join(g.s.Env().Dir, setup.StateDir, setup.CosignedDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep a cosigned checkpoint: %w", err)
	}
	return setup.WriteAtomic(filepath.Join(dir, witness), text, 0o644)
}

// errUnseen says that the other site has not cosigned a checkpoint that has the leaf.
var errUnseen = errors.New("the other site has not seen so much of the audit log yet")

// logged proves to another site that the log has a leaf, by the checkpoint that it cosigned last. Errors: errUnseen.
func (g *gateway) logged(tx *run.Tx, witness string, index int64) (p vocabulary.LogProof, err error) {
	seen, _, err := cosignedBy.Get(tx.Tx, witness)
	if err != nil {
		return p, err
	}
	if seen.Size <= index || seen.Note == "" {
		return p, errUnseen
	}
	leaf, err := tx.Leaf(index)
	if err != nil {
		return p, err
	}
	path, err := audit.ProveInclusion(index, seen.Size, tx.AuditNodes())
	proof := audit.Proof{Index: index, Path: path, Checkpoint: []byte(seen.Note)}
	return vocabulary.LogProof{Leaf: leaf.Data, Inclusion: string(proof.Marshal())}, err
}

// shownTo is the log of a site's gateway as the witness has cosigned it.
func (g *gateway) shownTo(witness, site string) (border.Log, error) {
	log, err := g.logOf(site, topics.ServiceOf(topics.Gateway))
	w, _ := g.directory.Participant(witness)
	return border.Log{Signed: log, Cosigned: audit.NewCosignatureVerifier(audit.Witness(witness), w.Audit)}, err
}

// patienceForWitness is how long the answer to a checkpoint may take before the next is shown.
const patienceForWitness = time.Hour

// showAgain is the timer that ends it.
const showAgain = "show-checkpoint-again"

// Where the exchange of checkpoints stands.
const (
	witnessed  store.Kind[seenOf]    = "witnessed"   // by site/service: other sites' logs as they were seen last
	cosignedBy store.Kind[seenOf]    = "cosigned-by" // by site: this log as that site cosigned it last
	forgotten  store.Kind[int64]     = "forgotten"   // by site: how much of this log it has cosigned that is not in it
	shown      store.Kind[time.Time] = "shown"       // by site: since when its answer to a checkpoint is awaited
)
