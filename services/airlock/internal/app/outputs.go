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

// received remembers what other sites have released to a study of this site.
func received(tx *run.Tx, _ envelope.Event, r federation.ResultReceived) error {
	return remember(tx, r.Digest, r.Site)
}

// remember keeps that these bytes were released by a site; a combination may be made of them.
func remember(tx *run.Tx, digest, site string) error {
	tx.Wake(fact(digest))
	return released.Put(tx.Tx, digest, site)
}

func fact(digest string) string { return "released/" + digest }
