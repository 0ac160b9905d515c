package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// researcher is the role without which nobody of this site works in its workspaces.
const researcher = "researcher"

// Of this site's own people, who was suspended or is a researcher no longer loses access and running jobs in the
// transaction that learns of it; who comes back finds the access that the permits still give.

func (w *workspace) roleRevoked(tx *run.Tx, _ envelope.Event, r identity.RoleRevoked) error {
	if r.Role != researcher {
		return nil
	}
	return w.leave(tx, r.PersonID, people.RoleMissing)
}

func (w *workspace) personSuspended(tx *run.Tx, _ envelope.Event, s identity.PersonSuspended) error {
	return w.leave(tx, s.PersonID, people.Suspended)
}

func roleGranted(tx *run.Tx, _ envelope.Event, r identity.RoleGranted) error {
	if r.Role != researcher {
		return nil
	}
	return comeBack(tx, r.PersonID)
}

func personReinstated(tx *run.Tx, _ envelope.Event, r identity.PersonReinstated) error {
	return comeBack(tx, r.PersonID)
}

func (w *workspace) leave(tx *run.Tx, person, reason string) error {
	if err := absent.Put(tx.Tx, person, reason); err != nil {
		return err
	}
	err := w.cancelThose(tx, func(j job) string {
		if j.Asked.Requester == person {
			return reason
		}
		return ""
	})
	if err != nil {
		return err
	}
	return rooms.Each(tx.Tx, func(permit string, r room) error {
		i := slices.Index(r.Persons, person)
		if i < 0 {
			return nil
		}
		r.Persons = slices.Delete(r.Persons, i, i+1)
		if err := rooms.Put(tx.Tx, permit, r); err != nil {
			return err
		}
		_, err := tx.Emit("workspace/"+r.ID, events.AccessTerminated{WorkspaceID: r.ID, Persons: []string{person}, Reason: reason})
		return err
	})
}

// comeBack gives a person the access that permits name them for, once no reason keeps them away.
func comeBack(tx *run.Tx, person string) error {
	if !away(tx, person) {
		return nil
	}
	p, _, err := people.Persons.Get(tx.Tx, person)
	if err != nil || p.Suspended || !slices.Contains(p.Roles, researcher) {
		return err
	}
	if err := absent.Delete(tx.Tx, person); err != nil {
		return err
	}
	return permits.Each(tx.Tx, func(_ string, p domain.Permit) error {
		if !slices.Contains(p.Persons, person) || p.Holds(tx.Now()) != nil {
			return nil
		}
		return provision(tx, p)
	})
}

// away says that somebody may not enter although a permit names them.
func away(tx *run.Tx, person string) bool {
	_, found, err := absent.Get(tx.Tx, person)
	return found || err != nil
}
