// Package standalone speaks the part of Kratos' HTTP API that identity uses, inside the process: an identity store for
// development and small sites. It has no recovery, no verification of e-mail addresses, no browser flows, no WebAuthn.
package standalone

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// Label names this engine wherever one asks for it.
const Label = "standalone identity, for development and small sites"

const (
	// OWASP Password Storage Cheat Sheet, Argon2id: 7 MiB in 5 passes, with one degree of parallelism, is as hard to
	// guess as 19 MiB in 2. It is the least memory of its list, and a site has five services beside this one.
	memory = 7 << 10 // KiB
	passes = 5

	flowLife   = 10 * time.Minute
	privileged = 15 * time.Minute // how old a sign-in may be to change credentials
	mostFlows  = 10_000
)

// Config of a Server. Everything may be left out.
type Config struct {
	Persistence     Persistence   // memory if nil
	Clock           clock.Clock   // the machine's if nil
	SessionLifespan time.Duration // 12 h if zero
	Memory          uint32        // KiB for each password, for tests alone; 7 MiB if zero
}

// Server is the identity store. Its admin API asks for no authentication, as Kratos' does: use it as an
// http.RoundTripper, and never put it behind a listener. Safe for concurrent use.
type Server struct {
	mux        *http.ServeMux
	keep       Persistence
	clock      clock.Clock
	lifespan   time.Duration
	memory     uint32 // KiB
	remembered *remembered
	stretching sync.Mutex

	mu         sync.Mutex
	identities map[string]identity // by id
	byEmail    map[string]string   // id by address
	sessions   map[string]session  // by hash of the token
	flows      map[string]flow     // by id
	unknown    map[string]failures // by address of nobody
}

// New loads what is kept.
func New(cfg Config) (*Server, error) {
	s := &Server{
		mux: http.NewServeMux(), keep: cfg.Persistence, clock: cfg.Clock,
		lifespan: cmp.Or(cfg.SessionLifespan, 12*time.Hour),
		memory:   cmp.Or(cfg.Memory, memory), remembered: newRemembered(),
		identities: map[string]identity{}, byEmail: map[string]string{}, sessions: map[string]session{},
		flows: map[string]flow{}, unknown: map[string]failures{},
	}
	if s.keep == nil {
		s.keep = &Memory{}
	}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	s.routes()
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) routes() {
	for pattern, handle := range map[string]func(*http.Request) answer{
		"GET /health/ready":                                s.ready,
		"POST /admin/identities":                           s.createIdentity,
		"GET /admin/identities/{id}":                       s.onIdentity(s.getIdentity),
		"PATCH /admin/identities/{id}":                     s.onIdentity(s.patchIdentity),
		"DELETE /admin/identities/{id}":                    s.onIdentity(s.deleteIdentity),
		"DELETE /admin/identities/{id}/sessions":           s.onIdentity(s.deleteSessions),
		"DELETE /admin/identities/{id}/credentials/{type}": s.onIdentity(s.deleteCredentials),
		"GET /sessions/whoami":                             s.whoAmI,
		"GET /self-service/login/api":                      s.newLogin,
		"POST /self-service/login":                         s.login,
		"GET /self-service/settings/api":                   s.newSettings,
		"POST /self-service/settings":                      s.settings,
		"DELETE /self-service/logout/api":                  s.logout,
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { handle(r).write(w) })
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// RoundTrip implements http.RoundTripper: the whole server behind an http.Client, with no listener.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := &recorder{status: http.StatusOK, header: http.Header{}}
	s.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

func (s *Server) ready(*http.Request) answer { return answer{http.StatusOK, object{"status": "ok"}} }

// addFlow keeps a form until it expires; ok is false when too many are open.
func (s *Server) addFlow(f flow) (id string, ok bool) {
	now := s.clock.Now()
	if len(s.flows) >= mostFlows {
		maps.DeleteFunc(s.flows, func(_ string, f flow) bool { return !now.Before(f.expires) })
	}
	if len(s.flows) >= mostFlows {
		return "", false
	}
	id = newID()
	s.flows[id] = f
	return id, true
}

// openFlow finds a form that was not yet sent successfully and has not expired.
func (s *Server) openFlow(r *http.Request, kind string) (id string, f flow, ok bool) {
	id = r.URL.Query().Get("flow")
	f, ok = s.flows[id]
	return id, f, ok && f.kind == kind && s.clock.Now().Before(f.expires)
}

// bearer finds the live session of a request's token.
func (s *Server) bearer(r *http.Request) (key string, x session, i identity, ok bool) {
	key = tokenKey(r.Header.Get("X-Session-Token"))
	x, ok = s.sessions[key]
	i = s.identities[x.Identity]
	return key, x, i, ok && i.Active && s.clock.Now().Before(x.ExpiresAt)
}
