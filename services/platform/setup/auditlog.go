package setup

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// AuditKey reads the site's audit key for the log of one service. Errors: ErrKey, ErrMissing, ErrPermissions.
func AuditKey(siteDir, site, service string) (run.AuditKey, error) {
	key, _, err := auditKey(siteDir, audit.Origin(site, service))
	return key, err
}

func auditKey(siteDir, origin string) (key run.AuditKey, public string, err error) {
	private, err := ReadPrivateKey(siteDir, Audit, SigningKeyFile)
	if err != nil {
		return key, "", err
	}
	if key.Signer, err = audit.NewSigner(origin, private); err != nil {
		return key, "", err
	}
	site, _, _ := strings.Cut(origin, "/")
	key.Witness = audit.NewCosigner(audit.Witness(site), private, time.Now)
	if public, err = audit.VerifierKey(origin, private.Public().(ed25519.PublicKey)); err != nil {
		return key, "", err
	}
	key.Verifier, err = audit.NewVerifier(public)
	return key, public, err
}

// AuditLog is the log of one service as it lies in a site's folder, open for reading. Close it.
type AuditLog struct {
	Origin string
	Key    run.AuditKey
	Public string // the verifier's key as text
	Signed []byte // the newest published checkpoint; nil where none was published yet
	// Cosigned are the newest checkpoints that other sites cosigned, as the gateway has them; of its own log alone.
	Cosigned [][]byte
	*store.Store
}

// OpenAuditLog opens the log of a service for reading, while the service runs or not.
// Errors: ErrNotSite, ErrKey, ErrMissing, ErrDatabase.
func OpenAuditLog(ctx context.Context, siteDir, service string) (*AuditLog, error) {
	if !slices.Contains(Services(), service) {
		return nil, fmt.Errorf("audit log in %s: %q is no service: expected one of %s", siteDir, service, strings.Join(Services(), ", "))
	}
	site, err := ReadFile(siteDir)
	if err != nil {
		return nil, err
	}
	l := &AuditLog{Origin: audit.Origin(site.Site, service)}
	if l.Key, l.Public, err = auditKey(siteDir, l.Origin); err != nil {
		return nil, err
	}
	state := filepath.Join(siteDir, service, StateDir)
	if l.Signed, err = os.ReadFile(filepath.Join(state, run.CheckpointFile)); err != nil && !missing(err) {
		return nil, fmt.Errorf("read the checkpoint of %s: %w", l.Origin, err)
	}
	if l.Cosigned, err = cosigned(filepath.Join(state, CosignedDir)); err != nil {
		return nil, fmt.Errorf("read the cosigned checkpoints of %s: %w", l.Origin, err)
	}
	dsn, err := Database(siteDir, site, service)
	if err != nil {
		return nil, err
	}
	if l.Store, err = store.OpenReadOnly(ctx, dsn, state); err != nil {
		return nil, errors.Join(fmt.Errorf("audit log of %s", l.Origin), err)
	}
	return l, nil
}

func cosigned(dir string) (all [][]byte, err error) {
	files, err := os.ReadDir(dir)
	if missing(err) {
		return nil, nil
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, err
}

// Checkpoint is the newest published one. Errors: audit.ErrCheckpoint.
func (l *AuditLog) Checkpoint() (audit.Checkpoint, error) {
	if l.Signed == nil {
		return audit.Checkpoint{}, fmt.Errorf("%w: %s has not published one yet", audit.ErrCheckpoint, l.Origin)
	}
	return audit.OpenCheckpoint(l.Signed, l.Key.Verifier)
}

// Leaves calls fn with every stored leaf, in order.
func (l *AuditLog) Leaves(ctx context.Context, fn func(audit.Leaf) error) error {
	return l.View(ctx, func(tx *store.Tx) error { return tx.Leaves(0, fn) })
}
