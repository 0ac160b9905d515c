package app

import (
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// sealed remembers an output of the workspace: only such can be asked to leave.
func sealed(tx *run.Tx, _ envelope.Event, o workspace.OutputSealed) error {
	return outputs.Put(tx.Tx, o.OutputID, o)
}

// received remembers what other sites have released to a study of this site, and under which threshold.
func received(tx *run.Tx, _ envelope.Event, r federation.ResultReceived) error {
	if err := under.Put(tx.Tx, r.Digest, int(r.Threshold)); err != nil {
		return err
	}
	return remember(tx, r.Digest, r.Site)
}

// remember keeps that these bytes were released by a site; a combination may be made of them.
func remember(tx *run.Tx, digest, site string) error {
	tx.Wake(fact(digest))
	return released.Put(tx.Tx, digest, site)
}

// strictest is the highest threshold under which another site released an input; zero where none did.
func strictest(tx *run.Tx, inputs []string) (threshold int, err error) {
	for _, digest := range inputs {
		other, _, err := under.Get(tx.Tx, digest)
		if err != nil {
			return 0, err
		}
		threshold = max(threshold, other)
	}
	return threshold, nil
}

func fact(digest string) string { return "released/" + digest }
