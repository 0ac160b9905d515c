package broker

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// maxStrangers may be about to sign in at once: each has a file of the process, and room for what it asks.
	maxStrangers = 256
	// signInWithin is how long a client may take for it. One that was stopped, or is far, comes again.
	signInWithin = 30 * time.Second
	// proofs is how many answers to SaslAuthenticate without an error there are in a SCRAM exchange, of which the client earns
	// the last: RFC 5802, server-first and server-final.
	proofs = 2
)

// beforeSignIn are the requests that a client has to make to sign in; kfake ends a connection at any other.
var beforeSignIn = []kmsg.Key{kmsg.ApiVersions, kmsg.SASLHandshake, kmsg.SASLAuthenticate}

// stranger is who has connected and may yet sign in. Its methods may be called at once; those of nil are of somebody who need
// not sign in.
type stranger struct {
	leave func() // gives up the place of a stranger; called once

	mu     sync.Mutex
	left   bool
	asked  []request // that are not answered yet
	proven int
}

// asks notes a request that will be answered.
func (s *stranger) asks(r request) {
	if s.signedIn() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
}

// answered is the request that is answered next; false once somebody has signed in.
func (s *stranger) answered() (r request, ok bool) {
	if s.signedIn() {
		return r, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		return r, false
	}
	r, s.asked = s.asked[0], s.asked[1:]
	return r, true
}

// proves counts an answer without an error to SaslAuthenticate, and reports that it was the last: the stranger is none.
func (s *stranger) proves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven++
	return s.proven == proofs
}

func (s *stranger) signedIn() bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven >= proofs
}

// gone gives up the stranger's place, if it was not before.
func (s *stranger) gone() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.left = true
		s.leave()
	}
}
