package standalone

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/crypto/argon2"
)

const (
	identityPrefix = "identity/"
	sessionPrefix  = "session/"
)

// identity is one person's record; a changed copy replaces it once it is kept.
type identity struct {
	ID       string    `json:"id"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created"`
	Password password  `json:"password"`
	TOTP     totp      `json:"totp"`
	// Wrong passwords and wrong codes are counted apart, so that a known password gives no further guesses at the code.
	WrongPasswords failures `json:"wrong_passwords"`
	WrongCodes     failures `json:"wrong_codes"`
}

// totp is the second factor; an empty secret means none.
type totp struct {
	Secret string `json:"secret,omitzero"`
	Used   int64  `json:"used,omitzero"` // the last time step whose code was accepted
}

// session is kept under the hash of its token: reading the store does not give a token away.
type session struct {
	ID              string    `json:"id"`
	Identity        string    `json:"identity"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	SecondFactorAt  time.Time `json:"second_factor_at,omitzero"`
	IssuedAt        time.Time `json:"issued_at"`
	ExpiresAt       time.Time `json:"expires_at"`
}

// password is kept by Argon2id with Passes over Memory KiB or, by earlier releases, by Iterations of PBKDF2.
type password struct {
	Salt       []byte `json:"salt"`
	Hash       []byte `json:"hash"`
	Memory     uint32 `json:"memory,omitzero"`
	Passes     uint32 `json:"passes,omitzero"`
	Iterations int    `json:"iterations,omitzero"`
}

func (s *Server) newPassword(plain string) (password, error) {
	p := password{Salt: make([]byte, 16), Memory: s.memory, Passes: passes}
	rand.Read(p.Salt)
	hash, err := s.stretch(p, plain)
	if err != nil {
		return p, err
	}
	p.Hash = hash
	s.remembered.right(p, plain)
	return p, nil
}

// renewed is an identity whose password was just right, kept as new ones are.
func (s *Server) renewed(i identity, plain string) (identity, error) {
	if i.Password.Iterations == 0 {
		return i, nil
	}
	var err error
	if i.Password, err = s.newPassword(plain); err == nil {
		err = s.putIdentity(i)
	}
	return i, err
}

// derive is stretch, at once for a password that was right before.
func (s *Server) derive(p password, plain string) ([]byte, error) {
	if s.remembered.was(p, plain) {
		return p.Hash, nil
	}
	derived, err := s.stretch(p, plain)
	if err == nil && p.is(derived) {
		s.remembered.right(p, plain)
	}
	return derived, err
}

// stretch makes a key of a password, one at a time: each takes Memory.
func (s *Server) stretch(p password, plain string) (key []byte, err error) {
	s.stretching.Lock()
	defer s.stretching.Unlock()
	switch {
	case p.Iterations > 0:
		key, err = pbkdf2.Key(sha256.New, plain, p.Salt, p.Iterations, sha256.Size)
	case p.Memory > 0 && p.Passes > 0:
		key = argon2.IDKey([]byte(plain), p.Salt, p.Passes, p.Memory, 1, sha256.Size)
	default:
		err = errors.New("the record does not say how it was derived: restore it from a backup")
	}
	if err != nil {
		return nil, fmt.Errorf("derive a key from the password: %w", err)
	}
	return key, nil
}

func (p password) is(derived []byte) bool {
	return len(p.Hash) > 0 && subtle.ConstantTimeCompare(p.Hash, derived) == 1
}

func tokenKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return sessionPrefix + hex.EncodeToString(sum[:])
}

func plainEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// newID returns a random UUID (version 4), as Kratos does.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// load reads everything once; sessions that have ended are removed.
func (s *Server) load() error {
	identities, err := s.keep.List(identityPrefix)
	if err != nil {
		return fmt.Errorf("standalone identity: list identities: %w", err)
	}
	for key, value := range identities {
		var i identity
		if err := json.Unmarshal(value, &i); err != nil {
			return fmt.Errorf("standalone identity: record %s is damaged, restore it from a backup: %w", key, err)
		}
		s.identities[i.ID], s.byEmail[i.Email] = i, i.ID
	}
	sessions, err := s.keep.List(sessionPrefix)
	if err != nil {
		return fmt.Errorf("standalone identity: list sessions: %w", err)
	}
	for key, value := range sessions {
		var x session
		if err := json.Unmarshal(value, &x); err != nil {
			return fmt.Errorf("standalone identity: record %s is damaged, delete it (its holder signs in again): %w", key, err)
		}
		s.sessions[key] = x
	}
	return s.dropSessions(func(x session) bool { return !s.clock.Now().Before(x.ExpiresAt) })
}

func (s *Server) putIdentity(i identity) error {
	if err := s.put(identityPrefix+i.ID, i); err != nil {
		return err
	}
	s.identities[i.ID], s.byEmail[i.Email] = i, i.ID
	return nil
}

func (s *Server) putSession(key string, x session) error {
	if err := s.put(key, x); err != nil {
		return err
	}
	s.sessions[key] = x
	return nil
}

func (s *Server) put(key string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("standalone identity: encode a record: %w", err)
	}
	if err := s.keep.Put(key, value); err != nil {
		return fmt.Errorf("standalone identity: keep a record: %w", err)
	}
	return nil
}

func (s *Server) dropSessions(which func(session) bool) error {
	for key, x := range s.sessions {
		if !which(x) {
			continue
		}
		if err := s.keep.Delete(key); err != nil {
			return fmt.Errorf("standalone identity: delete a session: %w", err)
		}
		delete(s.sessions, key)
	}
	return nil
}
