package border

import (
	"bytes"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// PartBytes is how much of a result one event carries.
const PartBytes = 30 << 10

// maxParts is how many events the largest document needs.
const maxParts = (outputs.MaxBytes + PartBytes - 1) / PartBytes

// Split cuts a result into parts, in order. It makes at least one.
func Split(b []byte) [][]byte {
	var parts [][]byte
	for len(b) > PartBytes {
		parts, b = append(parts, b[:PartBytes]), b[PartBytes:]
	}
	return append(parts, b)
}

// Assembly collects the parts of one result; they may come in any order and more than once.
type Assembly struct {
	StudyID, JobID, Site, ReleaseID, Digest string
	Size, Parts                             int64
	Chunks                                  map[int64][]byte
	Decision                                vocabulary.SignedRecord // from part 1
}

// Begin starts an assembly with what a part says of the whole.
func Begin(p federation.ResultPart) (Assembly, error) {
	if p.Parts > maxParts || p.Size > outputs.MaxBytes {
		return Assembly{}, refuse(TooLarge, "a result has at most %d bytes in %d parts", outputs.MaxBytes, maxParts)
	}
	return Assembly{StudyID: p.StudyID, JobID: p.JobID, Site: p.Site, ReleaseID: p.ReleaseID, Digest: p.Digest, Size: p.Size,
		Parts: p.Parts, Chunks: map[int64][]byte{}}, nil
}

// Add takes one part.
func (a *Assembly) Add(p federation.ResultPart) error {
	if p.StudyID != a.StudyID || p.JobID != a.JobID || p.Site != a.Site || p.ReleaseID != a.ReleaseID || p.Digest != a.Digest ||
		p.Size != a.Size || p.Parts != a.Parts || p.Part < 1 || p.Part > a.Parts {
		return refuse(PartMismatch, "part %d does not belong to the result that the other parts tell of", p.Part)
	}
	if have, again := a.Chunks[p.Part]; again && !bytes.Equal(have, p.Bytes) {
		return refuse(PartMismatch, "part %d came before with other bytes", p.Part)
	}
	if p.Part == 1 {
		if p.Decision.Topic == "" {
			return refuse(DecisionMissing, "part 1 carries no decision of the origin's airlock")
		}
		a.Decision = p.Decision
	}
	a.Chunks[p.Part] = p.Bytes
	return nil
}

// Complete reports whether every part is there.
func (a *Assembly) Complete() bool { return int64(len(a.Chunks)) == a.Parts }

// Bytes is the whole result, once it is complete.
func (a *Assembly) Bytes() []byte {
	var whole []byte
	for i := int64(1); i <= a.Parts; i++ {
		whole = append(whole, a.Chunks[i]...)
	}
	return whole
}
