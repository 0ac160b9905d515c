// Package door is the HTTP through which people sign in and act. It proves who is there, signs the person's acts as
// the site's portal, holds what a person wants to bring in until it is decided, and hands out published results to their
// recipients. No personal data leaves it, and none is logged.
package door

import (
	"context"
	"net/http"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// portal is the link over which acts leave: another user and another key than identity's own.
const portal = "portal"

const (
	registered store.Kind[string]                   = "person-of-identity" // person id, by id at the sign-in engine
	signedIn   store.Kind[visit]                    = "door-session"       // by hash of the token
	acts       store.Kind[submitted]                = "door-act"           // by id of the act
	releases   store.Kind[airlock.ReleasePublished] = "release"            // by id of the release
	held       store.Kind[string]                   = "door-import"        // digest of bytes that wait outside, by id of the import
)

// door has what the requests need.
type door struct {
	s             *run.Service
	signIn        *signin.SignIn
	registrations limit
	signIns       limit
	acts          buckets
}

// requestTimeout bounds one request with all that it asks of the sign-in engine.
const requestTimeout = 20 * time.Second

// Register serves the door on the service's listener and follows what it shows and holds: refusals, releases,
// imports and what a crate tells.
func Register(s *run.Service, signIn *signin.SignIn) {
	clock := s.Env().Clock
	d := &door{s: s, signIn: signIn, acts: newBuckets(clock, 300, time.Second/20),
		registrations: limit{each: newBuckets(clock, 40, 2*time.Second), all: newBuckets(clock, 60, time.Second)},
		signIns:       limit{each: newBuckets(clock, 80, time.Second/2), all: newBuckets(clock, 120, time.Second/4)}}
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /people":                    d.register,
		"POST /people/me/totp":            d.offerSecondFactor,
		"PUT /people/me/totp":             d.enrolSecondFactor,
		"POST /sessions":                  d.enter,
		"POST /sessions/second-factor":    d.stepUp,
		"DELETE /sessions":                d.leave,
		"GET /me":                         d.me,
		"POST /acts/{type}":               d.act,
		"GET /acts/{id}":                  d.outcome,
		"GET /releases/{releaseId}":       d.release,
		"POST /imports":                   d.bring,
		"GET /imports/{importId}":         d.look,
		"POST /crates":                    d.ask,
		"GET /releases/{releaseId}/crate": d.crate,
	} {
		s.Route(pattern, d.handler(serve))
	}
	run.HandleTimer(s, visitOver, forgetVisit)
	run.HandleTimer(s, holdOver, d.forgetHeld)
	d.followRefusals()
	followReleases(s)
	d.followImports()
	d.followCrates()
}

// handler bounds a request in time and answers its error.
func (d *door) handler(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A connection that cannot have a deadline, as in a test, has none.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(requestTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := serve(w, r.WithContext(ctx)); err != nil {
			p := problemOf(err)
			if p.status >= http.StatusInternalServerError {
				d.s.Env().Log.Warn("a request failed", "handler", r.Pattern, "reason", p.Reason, "error", err.Error())
			}
			p.write(w)
		}
	})
}
