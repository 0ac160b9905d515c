package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// takeList makes what the operator's list knows better than this gateway count, all of it or, where any of it does not
// follow from what is known here, nothing. It is one transaction, however many sites there are.
func (g *gateway) takeList(ctx context.Context, list registry.Registry) error {
	var news []registry.Participant
	known := map[string]listing{}
	err := g.s.View(ctx, func(tx *run.Tx) (err error) {
		news, err = newsOf(tx, list, known)
		return err
	})
	if err != nil || len(news) == 0 {
		return err
	}
	return g.s.Update(ctx, func(tx *run.Tx) error {
		clear(known)
		news, err := newsOf(tx, list, known) // another process of this gateway may have been faster
		if err != nil || len(news) == 0 {
			return err
		}
		for _, p := range news {
			if err := g.takeListed(tx, list, known, p); err != nil {
				return fmt.Errorf("take the list of the registry: %w: the operator is to explain", err)
			}
		}
		taken := federation.RegistryTaken{Site: g.site, Serial: list.Serial, History: list.History(), Participants: []string{}}
		for _, p := range list.Participants {
			if p.Takes() {
				taken.Participants = append(taken.Participants, p.Site)
			}
		}
		slices.Sort(taken.Participants)
		_, err = tx.Emit("registry/"+g.site, taken)
		return err
	})
}

// newsOf is whom a list knows better, and what is known of everybody.
func newsOf(tx *run.Tx, list registry.Registry, known map[string]listing) (news []registry.Participant, err error) {
	err = listings.Each(tx.Tx, func(site string, l listing) error { known[site] = l; return nil })
	for _, p := range list.Participants {
		if _, told := list.EntryOf(p); told && p.Serial > known[p.Site].Participant.Serial {
			news = append(news, p)
		}
	}
	return news, err
}

// takeListed makes what a list says of a site count, as if each of its entries had been read: the list has them all.
func (g *gateway) takeListed(tx *run.Tx, list registry.Registry, known map[string]listing, p registry.Participant) error {
	was, before := known[p.Site]
	if before {
		if err := p.Succeeds(was.Participant, was.Digest, list); err != nil {
			return err
		}
	}
	digest, _ := list.EntryOf(p)
	if err := g.enlist(tx, listing{Participant: p, Digest: digest}); err != nil {
		return err
	}
	if err := tx.MarkSeen(topics.Registry, topics.OperatorSource, entryOf(p.Site), p.Entry); err != nil {
		return err
	}
	if before || !p.Takes() { // whoever takes part from the beginning is told of at once, with all the others
		if err := tellEntry(tx, was.Participant, p, before); err != nil {
			return err
		}
	}
	if before && was.Participant.Takes() && !p.Takes() {
		return g.partFrom(tx, p)
	}
	return nil
}
