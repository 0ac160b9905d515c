package site

import (
	"context"

	"github.com/fairway-tre/fairway/federation/internal/external"
)

// ProvisionBroker gives a broker that is not embedded the users, topics and rights of the folder of a site or a
// federation, and writes its address where the services look for it.
func ProvisionBroker(ctx context.Context, dir, addr string) error {
	return external.Provision(ctx, dir, addr)
}
