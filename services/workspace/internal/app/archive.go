package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// archive is what is kept of a workspace whose data are deleted: by it the work can be understood, and be done again where
// the data still are. It holds no data and names no person.
//
// SATRE 3.1.14, 1.4.06: outputs and code of a project are archived when it ends.
type archive struct {
	Workspace string            `json:"workspaceId"`
	Permit    string            `json:"permitId"`
	Project   string            `json:"projectId"`
	Concepts  []string          `json:"concepts"`
	Jobs      []archivedJob     `json:"jobs"`     // in the order in which they were taken
	Released  map[string]string `json:"released"` // output -> digest of its bytes, which stay in the store
}

// archivedJob is what was asked, and of what.
type archivedJob struct {
	ID       string                   `json:"jobId"`
	State    domain.State             `json:"state"`
	Lineage  vocabulary.Lineage       `json:"lineage"`
	Prepare  []vocabulary.Preparation `json:"prepare"`
	Analyses []vocabulary.Analysis    `json:"analyses"`
	Tools    []string                 `json:"tools"` // digests of what computed them, as published
	Output   string                   `json:"outputId,omitzero"`
	at       time.Time
}

// record is where an archive lies; the zero record is of none.
type record struct {
	digest string
	size   int64
}

// archived makes the archive of a workspace and stores it; the same bytes however often.
func (w *workspace) archived(ctx context.Context, permitID string) (record, error) {
	var text []byte
	err := w.service.View(ctx, func(tx *run.Tx) error {
		a, err := archiveOf(tx, permitID)
		if err == nil {
			text, err = json.Marshal(a, json.Deterministic(true))
		}
		return err
	})
	if err != nil {
		return record{}, fmt.Errorf("archive the workspace of permit %s: %w", permitID, err)
	}
	digest, err := w.objects.PutClass(ctx, objects.Archived, text)
	return record{digest, int64(len(text))}, err
}

// say announces the archive of a workspace, if one was made.
func (a record) say(tx *run.Tx, r room, project string) error {
	if a.digest == "" {
		return nil
	}
	_, err := tx.Emit("workspace/"+r.ID, events.EnvironmentArchived{WorkspaceID: r.ID, ProjectID: project, ArchiveDigest: a.digest, Size: a.size,
		KeepUntil: r.Retention.KeepUntil}, run.InProject(project))
	return err
}

func archiveOf(tx *run.Tx, permitID string) (archive, error) {
	p, _, err := permits.Get(tx.Tx, permitID)
	if err != nil {
		return archive{}, err
	}
	r, _, err := rooms.Get(tx.Tx, permitID)
	if err != nil {
		return archive{}, err
	}
	a := archive{Workspace: r.ID, Permit: permitID, Project: p.Project, Concepts: r.Concepts, Jobs: []archivedJob{}, Released: map[string]string{}}
	err = jobs.Each(tx.Tx, func(id string, j job) error {
		if j.PermitID != permitID {
			return nil
		}
		done := archivedJob{ID: id, State: j.State, Lineage: j.lineage(), Prepare: j.Asked.Prepare, Analyses: j.Asked.Analyses, at: j.AcceptedAt}
		for _, kind := range analyses.KindsOf(j.Asked.Analyses) {
			done.Tools = append(done.Tools, analyses.Tool(kind))
		}
		_, left, err := released.Get(tx.Tx, j.OutputID)
		if err == nil && left {
			done.Output = j.OutputID
			a.Released[j.OutputID], _, err = outputs.Get(tx.Tx, j.OutputID)
		}
		a.Jobs = append(a.Jobs, done)
		return err
	})
	slices.SortFunc(a.Jobs, func(x, y archivedJob) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.ID, y.ID)) })
	return a, err
}
