package setup

import (
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/clock"
)

// ownSigner signs with the key that lies in a principal's folder: also with a new one that is put there while the service
// runs, which it notices within a while.
type ownSigner struct {
	dir, site, principal string
	keys                 signing.Keys // whom the site believes; a key that it does not is not used
	clock                clock.Clock
	log                  *slog.Logger

	mu     sync.Mutex
	signer signing.Signer
	read   stamp
	looked time.Time
}

// Now is the signer with the key of this moment: whatever is asked of it concerns the same key.
func (o *ownSigner) Now() signing.Signer {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := o.clock.Now(); now.Sub(o.looked) >= lookAgain {
		o.looked = now
		o.look()
	}
	return o.signer
}

func (o *ownSigner) look() {
	at, err := stampOf(filepath.Join(o.dir, o.principal, SigningKeyFile))
	if err == nil && at == o.read {
		return
	}
	var s signing.Signer
	if err == nil {
		s, err = signer(o.dir, o.site, o.principal, o.keys)
	}
	if err != nil {
		o.log.Warn("signs with the last key", "error", err.Error())
		return
	}
	if o.signer != nil && o.signer.KeyID() != s.KeyID() {
		o.log.Info("signs with another key from now on", "keyid", s.KeyID())
	}
	o.signer, o.read = s, at
}

// KeyID implements signing.Signer.
func (o *ownSigner) KeyID() string { return o.Now().KeyID() }

// Source implements signing.Signer.
func (o *ownSigner) Source() string { return o.Now().Source() }

// Sign implements signing.Signer. Between KeyID and Sign the key may change: take Now for both.
func (o *ownSigner) Sign(message []byte) []byte { return o.Now().Sign(message) }
