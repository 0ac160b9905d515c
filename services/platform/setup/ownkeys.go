package setup

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/clock"
)

// lookAgain is how long a key is believed without a look whether trust.json has changed.
const lookAgain = time.Second

// ownKeys believes what trust.json says, also when the site's root signs another one while the service runs: no service
// has to start anew because another got a new key. It looks at the file when it is asked for a key that it does not
// know, so that nothing is refused for having come before the news, and else at most once in a while.
type ownKeys struct {
	dir   string
	site  File
	clock clock.Clock
	log   *slog.Logger

	mu     sync.Mutex
	trust  *signing.Trust
	read   stamp
	looked time.Time
}

// stamp tells one state of a file from another.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(name string) (stamp, error) {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

func newOwnKeys(dir string, site File, trust *signing.Trust, o Options) *ownKeys {
	return &ownKeys{dir: dir, site: site, clock: o.Clock, log: o.Log, trust: trust}
}

// Lookup finds a key by its id.
func (o *ownKeys) Lookup(keyID string) (signing.Key, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	k, known := o.trust.Lookup(keyID)
	now := o.clock.Now()
	if known && now.Sub(o.looked) < lookAgain {
		return k, true
	}
	o.looked = now
	o.look()
	return o.trust.Lookup(keyID)
}

// look takes what the file says, if it has changed and is not older than what is believed already.
//
// reliability_security.md C2: a monotonic sequence, so that a rollback is refused.
func (o *ownKeys) look() {
	at, err := stampOf(filepath.Join(o.dir, TrustFile))
	if err == nil && at == o.read {
		return
	}
	var trust *signing.Trust
	if err == nil {
		trust, err = Trust(o.dir, o.site)
	}
	switch {
	case err != nil:
		o.log.Warn("the last trust is kept", "error", err.Error())
		return
	case trust.Serial() < o.trust.Serial():
		o.log.Warn("an older trust is not taken: restore the newest one", "serial", trust.Serial(), "known", o.trust.Serial())
	default:
		o.trust = trust
	}
	o.read = at
}
