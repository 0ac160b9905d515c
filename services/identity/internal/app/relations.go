package app

import (
	"context"
	"slices"

	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// siteNamespace is where the relations keep who holds which role at a site.
const siteNamespace = "Site"

// MayEnrol asks whether a person may give roles and record trainings at a site.
func MayEnrol(site, personID string) relations.Tuple {
	return relations.Tuple{Namespace: siteNamespace, Object: site, Relation: "enrol", Subject: personID}
}

// RoleTuples says in relations what the role facts say.
func RoleTuples(tx *run.Tx) (tuples []relations.Tuple, err error) {
	err = people.Persons.Each(tx.Tx, func(id string, p people.Person) error {
		if p.Suspended {
			return nil
		}
		for _, role := range p.Roles {
			tuples = append(tuples, relations.Tuple{Namespace: siteNamespace, Object: tx.Site(), Relation: role, Subject: id})
		}
		return nil
	})
	return tuples, err
}

// reconcile makes the relations of the site exactly those of the role facts: what is missing is granted, what no fact
// gave is revoked. It may be repeated at any time.
func (o *officers) reconcile(ctx context.Context) error {
	var want []relations.Tuple
	err := o.s.View(ctx, func(tx *run.Tx) (err error) {
		want, err = RoleTuples(tx)
		return err
	})
	if err != nil {
		return err
	}
	have, err := o.relations.List(ctx, relations.Query{Namespace: siteNamespace, Object: o.s.Env().Site})
	if err != nil {
		return err
	}
	for _, t := range have {
		if !slices.Contains(want, t) {
			if err := o.relations.Revoke(ctx, t); err != nil {
				return err
			}
		}
	}
	for _, t := range want {
		if !slices.Contains(have, t) {
			if err := o.relations.Grant(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}
