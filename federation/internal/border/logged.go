package border

import (
	"golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Log is the audit log of another site's gateway, and who must have cosigned what is shown of it.
type Log struct{ Signed, Cosigned note.Verifier }

// Applied is how a leaf tells that an event took effect.
const Applied = "applied"

// has refuses an event of which nothing proves that it took effect in the log. The checkpoint must be one that this site
// has cosigned: then it goes on from all that was seen of the log, and the leaf cannot be taken back unseen.
//
// c2sp.org/tlog-proof: the verifier checks the checkpoint's signatures by its policy, and the inclusion of the leaf in it.
func (l Log) has(p vocabulary.LogProof, e envelope.Event) error {
	if len(p.Leaf) == 0 {
		return refuse(CheckpointUnproven, "no proof came with the decision that it is in the audit log of its site")
	}
	proof, err := audit.ParseProof([]byte(p.Inclusion))
	if err != nil {
		return refuse(CheckpointUnproven, "what came with the decision is no proof of a leaf")
	}
	if _, err := audit.Cosigned(proof.Checkpoint, l.Signed, l.Cosigned); err != nil {
		return refuse(CheckpointUnproven, "the checkpoint of the proof is not signed by the log and cosigned by this site")
	}
	if _, err := proof.Verify(p.Leaf, l.Signed); err != nil {
		return refuse(CheckpointUnproven, "the proof does not lead from the leaf to the checkpoint")
	}
	leaf, err := audit.Decode(p.Leaf)
	if err != nil || leaf.Action != Applied || leaf.Cause != e.ID || leaf.Type != e.Type || leaf.Digest != outputs.Digest(e.Data) {
		return refuse(CheckpointUnproven, "the leaf tells of something else than this decision")
	}
	return nil
}
