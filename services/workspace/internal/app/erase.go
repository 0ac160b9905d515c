package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// erased is the failpoint between the deletion and the event that says so.
const erased = "workspace/erased"

// The kinds of what is deleted.
const (
	sealedOutput = "output"
	evidenceOf   = "evidence"
	intermediate = "intermediate"
	broughtIn    = "import"
	pseudonymKey = "pseudonym-key"
)

// erasure is a deletion that was decided and is not said yet: the same list whether it is carried out once or, after a
// crash, again.
type erasure struct {
	Objects []doomed `json:"objects"`
	Keys    int      `json:"keys"` // pseudonym keys, deleted as this was decided
	Cause   string   `json:"cause"`
}

type doomed struct {
	Kind   string        `json:"kind"`
	Class  objects.Class `json:"class"`
	Digest string        `json:"digest"`
}

// erase carries out the deletions that were decided, until ctx ends; also those in the middle of which the service stopped.
func (w *workspace) erase(ctx context.Context) error {
	return w.service.Tend(ctx, "a deletion", w.erasing, w.eraseAll)
}

func (w *workspace) eraseAll(ctx context.Context) error {
	open := map[string]erasure{}
	err := w.service.View(ctx, func(tx *run.Tx) error {
		return erasures.Each(tx.Tx, func(permitID string, e erasure) error {
			open[permitID] = e
			return nil
		})
	})
	for permitID, e := range open {
		err = errors.Join(err, w.eraseOne(ctx, permitID, e))
	}
	return err
}

// eraseOne removes the objects first and says so then: a crash between the two leaves the list, by which it is done again
// without effect, and said.
func (w *workspace) eraseOne(ctx context.Context, permitID string, e erasure) error {
	for _, o := range e.Objects {
		if err := w.objects.Remove(ctx, o.Class, o.Digest); err != nil {
			return fmt.Errorf("delete what was left under permit %s: %w", permitID, err)
		}
	}
	if err := w.failpoints.Hit(ctx, erased); err != nil {
		return err
	}
	r, err := w.room(ctx, permitID)
	if err != nil {
		return err
	}
	var made record
	if !r.Retention.KeepUntil.IsZero() {
		if made, err = w.archived(ctx, permitID); err != nil {
			return err
		}
	}
	return w.service.UpdateFor(ctx, e.Cause, r.Retention.Thread, func(tx *run.Tx) error { return certify(tx, permitID, made) })
}

func (w *workspace) room(ctx context.Context, permitID string) (r room, err error) {
	err = w.service.View(ctx, func(tx *run.Tx) (err error) {
		r, _, err = rooms.Get(tx.Tx, permitID)
		return err
	})
	return r, err
}

// certify says that what was left under a permit is gone, and where what is kept of it lies; once, whoever removed it.
func certify(tx *run.Tx, permitID string, archive record) error {
	e, found, err := erasures.Get(tx.Tx, permitID)
	if err != nil || !found {
		return err
	}
	for _, o := range e.Objects {
		if err := kept.Delete(tx.Tx, o.Digest); err != nil {
			return err
		}
	}
	r, _, err := rooms.Get(tx.Tx, permitID)
	if err != nil {
		return err
	}
	if r.Status, err = r.Status.Become(domain.Deleted); err != nil {
		return err
	}
	p, _, err := permits.Get(tx.Tx, permitID)
	if err != nil {
		return err
	}
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	_, said := tx.Emit("workspace/"+r.ID, events.DataDeleted{WorkspaceID: r.ID, PermitID: permitID, ProjectID: p.Project, DatasetIDs: r.Datasets,
		Certificate: e.certificate(tx, r.Retention), AuditLeaf: leaf}, run.InProject(p.Project))
	return errors.Join(said, archive.say(tx, r, p.Project), rooms.Put(tx.Tx, permitID, r), erasures.Delete(tx.Tx, permitID))
}

func (e erasure) certificate(tx *run.Tx, rule retention) vocabulary.DeletionCertificate {
	c := vocabulary.DeletionCertificate{CertificateID: tx.NewID(), Objects: int64(len(e.Objects) + e.Keys), Kinds: []vocabulary.DeletedKind{},
		DeleteAfter: rule.DeleteAfter, ProfileDigest: rule.Profile, DeletedAt: tx.Now()}
	counts := map[string]int{pseudonymKey: e.Keys}
	var digests []string
	for _, o := range e.Objects {
		counts[o.Kind]++
		digests = append(digests, o.Digest+"\n")
	}
	for _, kind := range []string{sealedOutput, evidenceOf, intermediate, broughtIn, pseudonymKey} {
		if counts[kind] == 0 {
			continue
		}
		method := "overwritten"
		if kind == pseudonymKey {
			method = "removed"
		}
		c.Kinds = append(c.Kinds, vocabulary.DeletedKind{Kind: kind, Objects: int64(counts[kind]), Method: method})
	}
	slices.Sort(digests)
	c.Digest = objects.Digest([]byte(strings.Join(digests, "")))
	return c
}
