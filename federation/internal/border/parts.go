package border

import (
	"bytes"
	"slices"

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

// Assembly tells of a result whose parts are coming in, in any order and some more than once. The parts themselves are
// kept apart from it, so that taking one costs its own bytes and not those of all before it.
type Assembly struct {
	StudyID, JobID, Site, ReleaseID, Digest string
	Size, Parts                             int64
	Taken                                   int64 // different parts that came
}

// Chunk is what is kept of one part.
type Chunk struct {
	Bytes    []byte
	Decision vocabulary.SignedRecord // of part 1, as Proof
	Proof    vocabulary.LogProof
}

// Begin starts an assembly with what a part says of the whole.
func Begin(p federation.ResultPart) (Assembly, error) {
	if p.Parts > maxParts || p.Size > outputs.MaxBytes {
		return Assembly{}, refuse(TooLarge, "a result has at most %d bytes in %d parts", outputs.MaxBytes, maxParts)
	}
	return Assembly{StudyID: p.StudyID, JobID: p.JobID, Site: p.Site, ReleaseID: p.ReleaseID, Digest: p.Digest, Size: p.Size, Parts: p.Parts}, nil
}

// Add takes one part, and gives what to keep of it. before is what was kept under its number, if it came before.
func (a *Assembly) Add(p federation.ResultPart, before Chunk, again bool) (Chunk, error) {
	if p.StudyID != a.StudyID || p.JobID != a.JobID || p.Site != a.Site || p.ReleaseID != a.ReleaseID || p.Digest != a.Digest ||
		p.Size != a.Size || p.Parts != a.Parts || p.Part < 1 || p.Part > a.Parts {
		return Chunk{}, refuse(PartMismatch, "part %d does not belong to the result that the other parts tell of", p.Part)
	}
	if again && !bytes.Equal(before.Bytes, p.Bytes) {
		return Chunk{}, refuse(PartMismatch, "part %d came before with other bytes", p.Part)
	}
	c := Chunk{Bytes: p.Bytes}
	if p.Part == 1 {
		if p.Decision.Topic == "" {
			return Chunk{}, refuse(DecisionMissing, "part 1 carries no decision of the origin's airlock")
		}
		c.Decision, c.Proof = p.Decision, p.Proof
	}
	if !again {
		a.Taken++
	}
	return c, nil
}

// Complete reports whether every part is there.
func (a Assembly) Complete() bool { return a.Taken == a.Parts }

// Whole is an assembled result, with the decision that came with it and the proof that it was logged.
type Whole struct {
	Assembly
	Decision vocabulary.SignedRecord
	Proof    vocabulary.LogProof
	Bytes    []byte
}

// Join puts the chunks of a complete assembly together, which are in the order of their numbers.
func (a Assembly) Join(chunks []Chunk) Whole {
	w := Whole{Assembly: a}
	all := make([][]byte, len(chunks))
	for i, c := range chunks {
		all[i] = c.Bytes
	}
	if w.Bytes = slices.Concat(all...); len(chunks) > 0 {
		w.Decision, w.Proof = chunks[0].Decision, chunks[0].Proof
	}
	return w
}
