package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/datause"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// record is what the catalog says of a dataset, as far as deciding about it goes.
type record struct {
	DataUse   []string `json:"dataUse,omitzero"`
	Withdrawn bool     `json:"withdrawn,omitzero"`
}

func datasetPublished(tx *run.Tx, _ envelope.Event, d catalog.DatasetPublished) error {
	return records.Put(tx.Tx, d.DatasetID, record{DataUse: d.DataUse})
}

func datasetUpdated(tx *run.Tx, _ envelope.Event, d catalog.DatasetUpdated) error {
	return records.Put(tx.Tx, d.DatasetID, record{DataUse: d.DataUse})
}

func datasetWithdrawn(tx *run.Tx, _ envelope.Event, d catalog.DatasetWithdrawn) error {
	return records.Put(tx.Tx, d.DatasetID, record{Withdrawn: true})
}

// screen holds the datasets of a round against the conditions on their use, and announces what goes on: the chain
// decides on what is left, and if nothing is, the decision is there at once.
func screen(tx *run.Tx, a *application) error {
	match, err := denied(tx, a)
	if err != nil {
		return err
	}
	if err := a.Domain.Screened(); err != nil {
		return refusal(err)
	}
	r := a.Request
	told := approval.ApplicationPreScreened{ApplicationID: r.ApplicationID, ProjectID: r.ProjectID, Status: string(a.Domain.Status)}
	if len(a.Domain.Datasets) > 0 {
		told.DataUse = string(match)
	}
	if _, err := tx.Emit("application/"+r.ApplicationID, told, run.InProject(r.ProjectID)); err != nil {
		return err
	}
	if a.Domain.Status != domain.DecisionIssued {
		return nil
	}
	return decide(tx, a)
}

// denied refuses the datasets of a round whose conditions forbid the purpose, or that were withdrawn. It returns the
// match of all together: one that is denied denies only itself, what people must read is for people. A record that is
// not known yet is for people too, and held again when they have decided.
func denied(tx *run.Tx, a *application) (datause.Result, error) {
	r := a.Request
	purpose := datause.Purpose{Uses: r.Uses, Commercial: partnerOf(r) == profile.Industry, Host: r.HostSite, Now: tx.Now(), Until: r.ExpiresAt}
	all := map[datause.Result]bool{}
	for _, d := range a.Domain.Datasets {
		rec, _, err := records.Get(tx.Tx, d.ID)
		if err != nil {
			return "", err
		}
		if rec.Withdrawn {
			a.Domain.Deny(d.ID, ReasonDatasetWithdrawn)
			continue
		}
		match, _ := datause.Match(rec.DataUse, purpose)
		if match == datause.Deny {
			a.Domain.Deny(d.ID, ReasonDataUseDenied)
		}
		all[match] = true
	}
	switch {
	case all[datause.Abstain]:
		return datause.Abstain, nil
	case all[datause.Approve]:
		return datause.Approve, nil
	}
	return datause.Deny, nil
}
