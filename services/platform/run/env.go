// Package run is the inside that every service has: it verifies what comes in, commits what follows in one
// transaction, sends what was committed, fires what is due, and stops gracefully. It knows no service.
package run

import (
	"log/slog"
	"maps"

	"go.opentelemetry.io/otel/trace"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
)

// Env is everything that a service is given by whoever starts it: a site process, its own binary, or a test.
type Env struct {
	Site    string // the site's name, as in /sites/<site>/<service>
	Dir     string // this service's own folder: database and quarantine; nobody else writes here
	Profile profile.Profile
	Clock   clock.Clock
	Log     *slog.Logger

	Bus    bus.Config     // the site's broker, with this service's own user
	Signer signing.Signer // this service's own key; one that changes has Now() signing.Signer, the key of the moment
	Trust  signing.Keys   // whom this service believes

	Objects    *objects.Store // the site's object store with this service's write right
	Failpoints *failpoint.Set
	Database   string   // connection string of PostgreSQL with a search_path of the service's own; empty: SQLite in Dir
	Audit      AuditKey // signs checkpoints of the audit log; without a signer none are signed

	Tracer      trace.Tracer // makes spans; nil makes none
	MinDiskFree int64        // bytes that are to be free under Dir for the service to be ready; 0: not looked at
	Replay      string       // folder in which whoever may write it asks for replays; empty: none are taken

	TestKeys bool // keys enrolled by a test are believed; health says so

	HTTP     string                  // listen address for people and probes; empty: no listener
	Announce func(addr string) error // called with the address once it listens; may be nil

	// Links are further connections under another user or to another broker, by name: the portal for
	// identity, the federation's broker for the gateway.
	Links map[string]Link

	// Settings are the service's own options, for example the holdings file of the workspace.
	Settings map[string]string
}

// Link is a second connection: another user on the site's broker, or another broker.
type Link struct {
	Bus    bus.Config
	Signer signing.Signer
}

// wired lets all readers of a link and its relay use the same connections. What is wrong with a link tells who uses it.
func (e Env) wired() Env {
	share := func(c bus.Config) bus.Config {
		if shared, err := c.Shared(); err == nil {
			return shared
		}
		return c
	}
	e.Bus, e.Links = share(e.Bus), maps.Clone(e.Links)
	for name, l := range e.Links {
		e.Links[name] = Link{Bus: share(l.Bus), Signer: l.Signer}
	}
	return e
}
