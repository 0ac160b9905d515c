package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// entrusted keeps the permits of a holder whose data another site hosts, as that site was told.
const entrusted store.Kind[federation.PermitEntrusted] = "entrusted"

// The statuses of a permit that is entrusted.
const (
	granted = "GRANTED"
	revoked = "REVOKED"
	expired = "EXPIRED"
)

// entrusting tells the site that hosts this holder's data of each permit, and again and again which of them hold. It takes
// both at the host.
func (g *gateway) entrusting() {
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitGranted) error {
		return g.entrust(tx, federation.PermitEntrusted{PermitID: p.PermitID, ProjectID: p.ProjectID, HostSite: p.HostSite, Persons: p.Persons,
			Datasets: p.Datasets, Concepts: p.Concepts, Analyses: p.Analyses, ExpiresAt: p.ExpiresAt, Holder: g.site, Status: granted, Sponsor: p.Sponsor,
			HostingSite: tx.Profile().Hosting.At})
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, a approval.PermitAmended) error {
		return g.entrustAgain(tx, a.PermitID, func(p *federation.PermitEntrusted) {
			p.Persons, p.Datasets, p.Concepts, p.Analyses, p.ExpiresAt = a.Persons, a.Datasets, a.Concepts, a.Analyses, a.ExpiresAt
		})
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, r approval.PermitRenewed) error {
		return g.entrustAgain(tx, r.PermitID, func(p *federation.PermitEntrusted) { p.ExpiresAt = r.ExpiresAt })
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, r approval.PermitRevoked) error {
		return g.entrustAgain(tx, r.PermitID, func(p *federation.PermitEntrusted) { p.Status = revoked })
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, r approval.PermitExpired) error {
		return g.entrustAgain(tx, r.PermitID, func(p *federation.PermitEntrusted) { p.Status = expired })
	})
	run.Handle(g.s, func(tx *run.Tx, e envelope.Event, p approval.PermitsAffirmed) error {
		return g.send(tx, p.HostingSite, e.Subject, p)
	})
	incoming(g, func(p federation.PermitEntrusted) string { return p.Holder }, takeEntrusted)
	incoming(g, func(p approval.PermitsAffirmed) string { return p.Holder }, takeAffirmed)
}

// entrust says a permit to the site that hosts the data; a site that has its data itself says nothing.
func (g *gateway) entrust(tx *run.Tx, p federation.PermitEntrusted) error {
	if p.HostingSite == "" {
		return nil
	}
	if err := entrusted.Put(tx.Tx, p.PermitID, p); err != nil {
		return err
	}
	return g.send(tx, p.HostingSite, "permit/"+p.PermitID, p)
}

func (g *gateway) entrustAgain(tx *run.Tx, id string, change func(*federation.PermitEntrusted)) error {
	p, found, err := entrusted.Get(tx.Tx, id)
	if err != nil || !found {
		return err // its data are here
	}
	change(&p)
	return g.entrust(tx, p)
}

// takeEntrusted follows the permit of a holder whose data the profile says are hosted here: results under it leave by
// it, and the workspace honours it.
func takeEntrusted(tx *run.Tx, e envelope.Event, p federation.PermitEntrusted) error {
	if !slices.Contains(tx.Profile().Hosting.For, p.Holder) {
		return run.Refuse(border.HolderNotHosted, "this site hosts no data of %s", p.Holder)
	}
	if before, found, err := permits.Get(tx.Tx, p.PermitID); err != nil || found && before.Holder != p.Holder {
		return run.OrRefuse(err, border.PermitUnknown, "the permit is one of another site")
	}
	if err := permits.Put(tx.Tx, p.PermitID, border.Permit{ProjectID: p.ProjectID, ExpiresAt: p.ExpiresAt, Holder: p.Holder,
		Revoked: p.Status == revoked, Expired: p.Status == expired}); err != nil {
		return err
	}
	_, err := tx.Emit(e.Subject, workspace.PermitHonour{PermitID: p.PermitID, ProjectID: p.ProjectID, HostSite: p.HostSite, Persons: p.Persons,
		Datasets: p.Datasets, Concepts: p.Concepts, Analyses: p.Analyses, ExpiresAt: p.ExpiresAt, Holder: p.Holder, Status: p.Status, Sponsor: p.Sponsor})
	return err
}

// takeAffirmed keeps until when the permits of a holder may be gone by, and has the site's services do so. A holder that
// affirms them for longer than any profile allows, such as until they end, is believed for as long as one does: else its
// silence would never count.
func takeAffirmed(tx *run.Tx, e envelope.Event, p approval.PermitsAffirmed) error {
	if !slices.Contains(tx.Profile().Hosting.For, p.Holder) {
		return run.Refuse(border.HolderNotHosted, "this site hosts no data of %s", p.Holder)
	}
	if most := e.Time.Add(profile.MostLease); p.Until.After(most) {
		p.Until = most
	}
	if err := upheld.Keep(tx, p.Holder, p.Permits, p.Until); err != nil {
		return err
	}
	_, err := tx.Emit(e.Subject, federation.PermitsUpheld{Holder: p.Holder, Permits: p.Permits, Until: p.Until})
	return err
}

// heard refuses what was made under a permit that its holder elsewhere has not affirmed lately.
func heard(tx *run.Tx, o border.Sealed) error {
	silent, err := upheld.Silent(tx, o.Entrusted...)
	if err != nil || silent == "" {
		return err
	}
	return run.Refuse(upheld.ReasonSilent, "the holder of the data has not affirmed its permit lately")
}
