package app

import (
	"context"
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// affirming lets a holder whose data another site hosts say again and again which of its permits hold: there one that is
// not affirmed ends by itself, also where no word of its end can come through.
func affirming(s *run.Service) {
	env := s.Env()
	if env.Profile.Hosting.At == "" {
		return
	}
	s.Worker("affirming", func(ctx context.Context) error {
		for {
			if err := s.Update(ctx, affirm); err != nil && ctx.Err() == nil {
				env.Log.Warn("the permits are affirmed next time", "error", err.Error())
			}
			select {
			case <-ctx.Done():
				return nil
			case <-env.Clock.After(env.Profile.Permit.AffirmEvery()):
			}
		}
	})
}

// mostAffirmed is how many permits an event affirms, see its contract.
const mostAffirmed = 256

// affirm tells the site that hosts the data which permits hold; a site that has its data itself, or permits nothing, says
// nothing.
func affirm(tx *run.Tx) error {
	at := tx.Profile().Hosting.At
	if at == "" {
		return nil
	}
	var hold []string
	if err := permits.Each(tx.Tx, func(id string, p permit) error {
		if p.Domain.Live() && tx.Now().Before(p.Granted.ExpiresAt) {
			hold = append(hold, id)
		}
		return nil
	}); err != nil {
		return err
	}
	until := tx.Now().Add(tx.Profile().Permit.Lease())
	for some := range slices.Chunk(hold, mostAffirmed) {
		if _, err := tx.Emit("holder/"+tx.Site(), approval.PermitsAffirmed{Holder: tx.Site(), HostingSite: at, Permits: some, Until: until}); err != nil {
			return err
		}
	}
	return nil
}
