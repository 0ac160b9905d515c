package standalone

import (
	"fmt"
	"net/http"
	"net/mail"
	"unicode/utf8"
)

// Bounds of a password, in characters and bytes. The longest is what bcrypt of a real Kratos takes.
const (
	shortestPassword = 12
	longestPassword  = 72
)

// CheckPassword tells what is wrong with the length of a new password.
func CheckPassword(plain string) error {
	if n := utf8.RuneCountInString(plain); n < shortestPassword {
		return fmt.Errorf("a password needs at least %d characters, this one has %d", shortestPassword, n)
	}
	if len(plain) > longestPassword {
		return fmt.Errorf("a password may have at most %d bytes, this one has %d", longestPassword, len(plain))
	}
	return nil
}

// CheckEmail tells whether email is a bare address; the error does not repeat it.
func CheckEmail(email string) error {
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > 254 {
		return fmt.Errorf("not an e-mail address")
	}
	return nil
}

type newIdentity struct {
	SchemaID string `json:"schema_id"`
	State    string `json:"state"`
	Traits   struct {
		Email string `json:"email"`
		Name  string `json:"name"`
	} `json:"traits"`
	Credentials struct {
		Password struct {
			Config struct {
				Password string `json:"password"`
			} `json:"config"`
		} `json:"password"`
	} `json:"credentials"`
}

func (s *Server) createIdentity(r *http.Request) answer {
	asked, err := read[newIdentity](r)
	if err != nil {
		return badRequest(err)
	}
	plain := asked.Credentials.Password.Config.Password
	email := plainEmail(asked.Traits.Email)
	if err := CheckPassword(plain); err != nil {
		return badRequest(err)
	}
	if err := CheckEmail(email); err != nil {
		return badRequest(err)
	}
	if asked.Traits.Name == "" {
		return refuse(http.StatusBadRequest, "bad_request", "a person needs a name")
	}
	hashed, err := s.newPassword(plain)
	if err != nil {
		return failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.byEmail[email]; taken {
		return refuse(http.StatusConflict, "exists", "an identity with this e-mail address exists")
	}
	i := identity{ID: newID(), Email: email, Name: asked.Traits.Name, Active: asked.State != "inactive",
		Created: s.clock.Now(), Password: hashed}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	delete(s.unknown, email)
	return answer{http.StatusCreated, i.wire()}
}

// onIdentity finds the identity of the path and holds the lock.
func (s *Server) onIdentity(handle func(*http.Request, identity) answer) func(*http.Request) answer {
	return func(r *http.Request) answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		i, ok := s.identities[r.PathValue("id")]
		if !ok {
			return refuse(http.StatusNotFound, "not_found", "no such identity")
		}
		return handle(r, i)
	}
}

func (s *Server) getIdentity(_ *http.Request, i identity) answer {
	return answer{http.StatusOK, i.wire()}
}

// patchIdentity changes the state, nothing else. Stricter than Kratos: an identity made inactive loses its sessions,
// so that they do not come back when it is made active again.
func (s *Server) patchIdentity(r *http.Request, i identity) answer {
	ops, err := read[[]struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value string `json:"value"`
	}](r)
	if err != nil {
		return badRequest(err)
	}
	for _, op := range ops {
		if op.Op != "replace" || op.Path != "/state" || op.Value != "active" && op.Value != "inactive" {
			return refuse(http.StatusBadRequest, "bad_request", "the standalone identity changes /state alone, to active or inactive")
		}
		i.Active = op.Value == "active"
	}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	if !i.Active {
		if err := s.dropSessions(func(x session) bool { return x.Identity == i.ID }); err != nil {
			return failed(err)
		}
	}
	return answer{http.StatusOK, i.wire()}
}

func (s *Server) deleteIdentity(r *http.Request, i identity) answer {
	if a := s.deleteSessions(r, i); a.status != http.StatusNoContent {
		return a
	}
	if err := s.keep.Delete(identityPrefix + i.ID); err != nil {
		return failed(fmt.Errorf("standalone identity: delete an identity: %w", err))
	}
	delete(s.identities, i.ID)
	delete(s.byEmail, i.Email)
	return answer{status: http.StatusNoContent}
}

func (s *Server) deleteSessions(_ *http.Request, i identity) answer {
	if err := s.dropSessions(func(x session) bool { return x.Identity == i.ID }); err != nil {
		return failed(err)
	}
	return answer{status: http.StatusNoContent}
}

func (s *Server) deleteCredentials(r *http.Request, i identity) answer {
	if r.PathValue("type") != "totp" || i.TOTP.Secret == "" {
		return refuse(http.StatusNotFound, "not_found", "the identity has no such credential that can be removed")
	}
	i.TOTP, i.WrongCodes = totp{}, failures{}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	return answer{status: http.StatusNoContent}
}
