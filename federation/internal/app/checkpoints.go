package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	sumdb "golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// seenOf is a state of a log: as a witness saw it last, or as it was last proven to one.
type seenOf struct {
	Size int64
	Root audit.Hash
}

// checkpoints exchanges checkpoints of the gateways' audit logs with the other sites, each of which is a witness of this
// one: a log that was rolled back or forked after it was seen is found out by others than its owner.
func (g *gateway) checkpoints() {
	incoming(g, func(p federation.CheckpointPublished) string { return p.Site }, g.witness)
	incoming(g, func(p federation.CheckpointCosigned) string { return p.Witness }, g.takeCosigned)
	every := g.s.Env().Profile.Audit.Witnessed.Std()
	if g.s.Env().Audit.Signer == nil || every <= 0 {
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
func (g *gateway) publishCheckpoint(ctx context.Context) error {
	signed, err := g.s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := audit.OpenCheckpoint(signed, g.s.Env().Audit.Verifier)
	if err != nil || c.Size == 0 {
		return err
	}
	for _, site := range g.directory.Sites() {
		if p, _ := g.directory.Participant(site); site == g.site || !p.Takes() {
			continue
		}
		err = errors.Join(err, g.s.Update(ctx, func(tx *run.Tx) error { return g.showCheckpoint(tx, site, c, signed) }))
	}
	return err
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
// one that it cosigned.
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
	if err := goesOn(last, c, p); err != nil {
		return err
	}
	if err := witnessed.Put(tx.Tx, key, seenOf{c.Size, c.Root}); err != nil {
		return err
	}
	if g.s.Env().Audit.Witness == nil {
		return nil
	}
	text, err := audit.Cosign([]byte(p.Note), log, g.s.Env().Audit.Witness)
	if err != nil {
		return err
	}
	return g.tell(tx, p.Site, e.Subject, federation.CheckpointCosigned{CheckpointID: p.CheckpointID, Site: p.Site, Service: p.Service, Size: p.Size,
		Root: p.Root, Witness: g.site, Note: string(text), CosignedAt: tx.Now()})
}

// goesOn refuses a checkpoint that does not follow from what was seen of the log.
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
		return run.Refuse(border.CheckpointUnproven, "the proof begins at %d leaves; seen last were %d", p.OldSize, last.Size)
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
	if p.Site != g.site || p.Service != topics.ServiceOf(topics.Gateway) || g.s.Env().Audit.Signer == nil {
		return run.Refuse(border.CheckpointInvalid, "this gateway publishes its own log alone")
	}
	w, _ := g.directory.Participant(p.Witness)
	c, err := audit.Cosigned([]byte(p.Note), g.s.Env().Audit.Verifier, audit.NewCosignatureVerifier(audit.Witness(p.Witness), w.Audit))
	if err != nil {
		return run.Refuse(border.CheckpointInvalid, "the note is not cosigned by %s", p.Witness)
	}
	last, _, err := cosignedBy.Get(tx.Tx, p.Witness)
	if err != nil || c.Size < last.Size {
		return err // an answer that was overtaken
	}
	if err := cosignedBy.Put(tx.Tx, p.Witness, seenOf{c.Size, c.Root}); err != nil {
		return err
	}
	tx.After(func() {
		if err := g.keepCosigned(p.Witness, []byte(p.Note)); err != nil {
			g.s.Env().Log.Warn("a cosigned checkpoint is not kept as a file", "error", err.Error())
		}
	})
	return nil
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

// Where the exchange of checkpoints stands.
const (
	witnessed  store.Kind[seenOf] = "witnessed"   // by site/service: other sites' logs as they were seen last
	cosignedBy store.Kind[seenOf] = "cosigned-by" // by site: this log as that site cosigned it last
)
