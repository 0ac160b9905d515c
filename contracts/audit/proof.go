package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Proof proves offline that a log has a leaf: c2sp.org/tlog-proof@v1.
type Proof struct {
	Index      int64
	Path       []Hash
	Checkpoint []byte // signed
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// Marshal writes the proof as a file, by custom named *.tlog-proof.
func (p Proof) Marshal() []byte {
	text := fmt.Sprintf("%s\nindex %d\n%s\n", proofHeader, p.Index, lines(p.Path))
	return append([]byte(text), p.Checkpoint...)
}

func lines(hashes []Hash) string {
	var b strings.Builder
	for _, h := range hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String()
}

// ParseProof reads what Marshal wrote. Extra data of others is refused, since nobody here could judge it. Errors: ErrProof.
func ParseProof(file []byte) (p Proof, err error) {
	head, checkpoint, ok := strings.Cut(string(file), "\n\n")
	rows := strings.Split(head, "\n")
	if !ok || len(rows) < 2 || rows[0] != proofHeader {
		return p, fmt.Errorf("%w: expected a file that begins with %s", ErrProof, proofHeader)
	}
	number, ok := strings.CutPrefix(rows[1], "index ")
	if p.Index, err = strconv.ParseInt(number, 10, 64); !ok || err != nil || p.Index < 0 || strconv.FormatInt(p.Index, 10) != number {
		return p, fmt.Errorf("%w: line 2: expected index and a number", ErrProof)
	}
	for i, row := range rows[2:] {
		h, ok := hashOf(row)
		if !ok {
			return p, fmt.Errorf("%w: line %d: expected base64 of 32 bytes", ErrProof, i+3)
		}
		p.Path = append(p.Path, h)
	}
	p.Checkpoint = []byte(checkpoint)
	return p, nil
}

// hashOf reads the one spelling of a hash in base64.
func hashOf(text string) (h Hash, ok bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	// The decoder skips line breaks; length tells.
	if err != nil || len(raw) != len(h) || len(text) != base64.StdEncoding.EncodedLen(len(h)) {
		return h, false
	}
	return Hash(raw), true
}

// Verify checks that the verifier's log has the leaf, and returns the checkpoint that says so.
// Errors: ErrCheckpoint, ErrProof.
func (p Proof) Verify(leaf []byte, v note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, v)
	if err != nil {
		return c, err
	}
	return c, CheckInclusion(p.Path, p.Index, LeafHash(leaf), c.Size, c.Root)
}

// Growth proves to a witness that a log only grew: the body of add-checkpoint in c2sp.org/tlog-witness.
type Growth struct {
	Old        int64
	Path       []Hash
	Checkpoint []byte // signed
}

// Marshal writes the request.
func (g Growth) Marshal() []byte {
	return append([]byte(fmt.Sprintf("old %d\n%s\n", g.Old, lines(g.Path))), g.Checkpoint...)
}
