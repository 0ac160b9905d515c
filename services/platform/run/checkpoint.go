package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// CheckpointFile is where a service publishes its newest signed checkpoint, in its state folder.
const CheckpointFile = "checkpoint"

// ErrLogChanged says that the audit log is not a continuation of what was signed before: somebody altered it, or an
// old copy of the database was restored. Nothing is signed until it is put right.
var ErrLogChanged = errors.New("the audit log does not go on from its last signed checkpoint: run fairway audit verify, and restore the newest backup of the database")

// AuditKey signs and verifies the checkpoints of one service's audit log.
type AuditKey struct {
	Signer   note.Signer
	Verifier note.Verifier
	Witness  note.Signer // cosigns checkpoints of other sites; nil where none are
}

// checkpoints signs the audit log of one service. Its zero value has nothing checked yet.
type checkpoints struct {
	mu      sync.Mutex
	checked bool // all that lies below last was verified leaf by leaf
	last    audit.Checkpoint
	signed  []byte
	grown   Kick
	trouble trouble
}

// Checkpoint signs the audit log as it is, if it has grown, and publishes it. It returns the newest signed checkpoint.
// The first call verifies the whole log. Errors: ErrLogChanged.
func (s *Service) Checkpoint(ctx context.Context) (signed []byte, err error) {
	c := &s.audit
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.trouble.set(err) }()
	if !c.checked {
		if err := s.recall(ctx); err != nil {
			return nil, err
		}
		c.checked = true
	}
	now := audit.Checkpoint{Origin: audit.Origin(s.env.Site, s.principal)}
	err = s.store.View(ctx, func(tx *store.Tx) (err error) {
		now.Size, now.Root, err = goesOn(tx, c.last)
		return err
	})
	if err != nil || now == c.last && c.signed != nil {
		return c.signed, err
	}
	if signed, err = now.Sign(s.env.Audit.Signer); err != nil {
		return nil, err
	}
	if err := writeCheckpoint(s.checkpointFile(), signed); err != nil {
		return nil, err
	}
	c.last, c.signed = now, signed
	return signed, nil
}

// goesOn returns size and root of a log whose beginning is still the one that was signed.
func goesOn(tx *store.Tx, last audit.Checkpoint) (size int64, root audit.Hash, err error) {
	if size, err = tx.NextLeaf(); err != nil {
		return 0, root, err
	}
	if size < last.Size {
		return 0, root, fmt.Errorf("%w: it has %d leaves, signed were %d", ErrLogChanged, size, last.Size)
	}
	tree := tx.AuditNodes()
	before, err := audit.Root(last.Size, tree)
	if err != nil {
		return 0, root, fmt.Errorf("%w: %w", ErrLogChanged, err)
	}
	if before != last.Root && last.Origin != "" {
		return 0, root, fmt.Errorf("%w: another tree of %d leaves was signed", ErrLogChanged, last.Size)
	}
	root, err = audit.Root(size, tree)
	return size, root, err
}

func (s *Service) checkpointFile() string { return filepath.Join(s.env.Dir, "state", CheckpointFile) }

// recall reads what was signed before, and verifies every leaf of the log against it.
func (s *Service) recall(ctx context.Context) error {
	c := &s.audit
	signed, err := os.ReadFile(s.checkpointFile())
	var known []audit.Checkpoint
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the last checkpoint: %w", err)
	default:
		if c.last, err = audit.OpenCheckpoint(signed, s.env.Audit.Verifier); err != nil {
			return fmt.Errorf("%s: %w: restore it from a backup", s.checkpointFile(), err)
		}
		c.signed, known = signed, []audit.Checkpoint{c.last}
	}
	a := audit.NewAuditor(known...)
	err = s.store.View(ctx, func(tx *store.Tx) error {
		return tx.Leaves(0, func(l audit.Leaf) error { a.Leaf(l); return ctx.Err() })
	})
	if err != nil {
		return err
	}
	if r := a.Report(); !r.Clean() {
		return fmt.Errorf("%w: %d faults in %d leaves", ErrLogChanged, len(r.Faults), r.Leaves)
	}
	return nil
}

// signCheckpoints publishes a checkpoint soon after the log has grown, at most one in a while, and a last one when the
// service stops.
func (s *Service) signCheckpoints(ctx context.Context) error {
	const while, farewell = time.Second, 5 * time.Second
	for {
		_, err := s.Checkpoint(ctx)
		if err != nil && ctx.Err() == nil {
			s.env.Log.Error("no checkpoint of the audit log was signed", "error", err.Error())
		}
		// What the machine made fail is tried again; a log that was changed stays so until somebody acts.
		again := err != nil && !errors.Is(err, ErrLogChanged)
		if s.sleep(ctx, while) && !again {
			select {
			case <-ctx.Done():
			case <-s.audit.grown:
			case <-s.others():
			}
		}
		if ctx.Err() != nil {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
			defer cancel()
			_, err := s.Checkpoint(last)
			return err
		}
	}
}

func (s *Service) watchAudit() {
	s.Check(health.Check{Name: "audit", Advice: "nothing is signed meanwhile: make room if the disk is full; if the log is in doubt, run fairway audit verify on the site's folder",
		Ready: func(context.Context) error { return s.audit.trouble.get() }})
}

// writeCheckpoint replaces the file at once: a reader finds one checkpoint or the other.
func writeCheckpoint(path string, signed []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+CheckpointFile+".*")
	if err != nil {
		return fmt.Errorf("publish a checkpoint: %w", err)
	}
	_, err = f.Write(signed)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("publish a checkpoint: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
