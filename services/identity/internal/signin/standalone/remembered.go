package standalone

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

// mostRemembered bounds remembered; who signs in after that pays the derivation again.
const mostRemembered = 10_000

// remembered knows passwords that were right in the life of this process, so that whoever signs in often does not cost a
// derivation each time. It keeps a keyed hash under each stored salt, in memory alone: what is on disk is as slow to
// guess as before, and so is a wrong password. A changed password has a new salt.
type remembered struct {
	key [sha256.Size]byte

	mu   sync.Mutex
	seen map[string][sha256.Size]byte // by salt
}

func newRemembered() *remembered {
	r := &remembered{seen: map[string][sha256.Size]byte{}}
	rand.Read(r.key[:])
	return r
}

func (r *remembered) sum(plain string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, r.key[:])
	h.Write([]byte(plain))
	h.Sum(sum[:0])
	return sum
}

// right notes that a password was right.
func (r *remembered) right(p password, plain string) {
	sum := r.sum(plain)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) >= mostRemembered {
		clear(r.seen)
	}
	r.seen[string(p.Salt)] = sum
}

// was reports whether the password is known to be right; else only its derivation tells.
func (r *remembered) was(p password, plain string) bool {
	sum := r.sum(plain)
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, ok := r.seen[string(p.Salt)]
	return ok && hmac.Equal(seen[:], sum[:])
}
