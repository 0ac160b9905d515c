package run

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// policies keeps the digest of the profile that the site has published last.
const policies store.Kind[string] = "policy"

// watchPolicy makes readiness depend on the site's published profile.
//
// All services of a site load the same profile file and are not ready if its digest differs from the
// published one. The gateway publishes it and is no reader of it.
func (s *Service) watchPolicy() {
	if c, ok := topics.Lookup(federation.TypePolicyPublished); !ok || !c.ReadBy(s.principal) {
		return
	}
	Handle(s, func(tx *Tx, _ envelope.Event, p federation.PolicyPublished) error {
		return policies.Put(tx.Tx, tx.Site(), p.ProfileDigest)
	})
	s.Check(health.Check{Name: "profile", Advice: "give all services of the site the same profile file, and start its gateway", Ready: func(ctx context.Context) error {
		return s.View(ctx, func(tx *Tx) error {
			published, found, err := policies.Get(tx.Tx, tx.Site())
			if err != nil {
				return err
			}
			if !found {
				return fmt.Errorf("the gateway of the site has not published a profile yet")
			}
			if own := tx.Profile().Digest(); own != published {
				return fmt.Errorf("this service has loaded profile %s, the site has published %s", own, published)
			}
			return nil
		})
	}})
}
