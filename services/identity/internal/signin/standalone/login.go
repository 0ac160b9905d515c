package standalone

import (
	"crypto/rand"
	"net/http"
)

// The ids of Kratos' messages that programs read.
const (
	MessageBadPassword   = 4000005
	MessageWrongPassword = 4000006
	MessageWrongCode     = 4000008
	MessageNoDevice      = 4000011
)

const (
	wrongPassword = "The provided credentials are invalid."
	wrongCode     = "The provided authentication code is invalid or was used before."
)

// noPassword is what an address of nobody is compared with, at the same cost.
func (s *Server) noPassword() password {
	return password{Salt: make([]byte, 16), Memory: s.memory, Passes: passes}
}

func locked() answer {
	return refuse(http.StatusTooManyRequests, "locked", "too many failed attempts in a row: locked for 15 minutes")
}

func noSession() answer {
	return refuse(http.StatusUnauthorized, "session_inactive", "no valid session: sign in first")
}

func tooMany() answer {
	return refuse(http.StatusServiceUnavailable, "too_many_flows", "too many open sign-ins: try again later")
}

func (s *Server) newLogin(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := flow{kind: "login", level: aal1, expires: s.clock.Now().Add(flowLife)}
	if r.URL.Query().Get("aal") == aal2 {
		key, _, _, ok := s.bearer(r)
		if !ok {
			return noSession()
		}
		f.level, f.session = aal2, key
	}
	id, ok := s.addFlow(f)
	if !ok {
		return tooMany()
	}
	return answer{http.StatusOK, f.wire(id, "choose_method")}
}

type loginForm struct {
	Method     string `json:"method"`
	Identifier string `json:"identifier"`
	Password   string `json:"password"`
	Code       string `json:"totp_code"`
}

func (s *Server) login(r *http.Request) answer {
	form, err := read[loginForm](r)
	if err != nil {
		return badRequest(err)
	}
	switch form.Method {
	case "password":
		return s.loginWithPassword(r, form)
	case "totp":
		return s.loginWithCode(r, form)
	}
	return refuse(http.StatusBadRequest, "bad_request", "the standalone identity signs in by password or totp")
}

// loginWithPassword derives the key without the lock, and judges it under the lock against what holds then.
func (s *Server) loginWithPassword(r *http.Request, form loginForm) answer {
	email := plainEmail(form.Identifier)
	stored, refused := s.passwordOf(r, email)
	if refused != nil {
		return *refused
	}
	derived, err := s.derive(stored, form.Password)
	if err != nil {
		return failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	id, f, ok := s.openFlow(r, "login")
	i, known := s.identities[s.byEmail[email]]
	switch {
	case !ok:
		return refuse(http.StatusGone, "self_service_flow_expired", "the sign-in has expired: start again")
	case s.lockedOut(email):
		return locked()
	case !known:
		s.unknownFailed(email, now)
		return answer{http.StatusBadRequest, f.wrong(id, "choose_method", MessageWrongPassword, wrongPassword)}
	case !i.Password.is(derived):
		i.WrongPasswords = i.WrongPasswords.next(now)
		if err := s.putIdentity(i); err != nil {
			return failed(err)
		}
		return answer{http.StatusBadRequest, f.wrong(id, "choose_method", MessageWrongPassword, wrongPassword)}
	case !i.Active:
		return refuse(http.StatusUnauthorized, "identity_disabled", "This account was disabled.")
	}
	if i, err = s.renewed(i, form.Password); err != nil {
		return failed(err)
	}
	delete(s.flows, id)
	return s.begin(i)
}

func (s *Server) passwordOf(r *http.Request, email string) (password, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, _, ok := s.openFlow(r, "login"); !ok {
		gone := refuse(http.StatusGone, "self_service_flow_expired", "the sign-in has expired: start again")
		return password{}, &gone
	}
	if s.lockedOut(email) {
		refused := locked()
		return password{}, &refused
	}
	if i, known := s.identities[s.byEmail[email]]; known {
		return i.Password, nil
	}
	return s.noPassword(), nil
}

func (s *Server) lockedOut(email string) bool {
	now := s.clock.Now()
	if i, known := s.identities[s.byEmail[email]]; known {
		return i.WrongPasswords.locked(now)
	}
	return s.unknown[email].locked(now)
}

// begin opens a session after a right password.
func (s *Server) begin(i identity) answer {
	if i.WrongPasswords != (failures{}) {
		i.WrongPasswords = failures{}
		if err := s.putIdentity(i); err != nil {
			return failed(err)
		}
	}
	now := s.clock.Now()
	if err := s.dropSessions(func(x session) bool { return !now.Before(x.ExpiresAt) }); err != nil {
		return failed(err)
	}
	token := "standalone_" + rand.Text() + rand.Text()
	x := session{ID: newID(), Identity: i.ID, AuthenticatedAt: now, IssuedAt: now, ExpiresAt: now.Add(s.lifespan)}
	if err := s.putSession(tokenKey(token), x); err != nil {
		return failed(err)
	}
	return answer{http.StatusOK, object{"session_token": token, "session": x.wire(i)}}
}

// loginWithCode raises a session to the second level. The code is spent before the session has it.
func (s *Server) loginWithCode(r *http.Request, form loginForm) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, x, i, ok := s.bearer(r)
	id, f, open := s.openFlow(r, "login")
	switch {
	case !ok:
		return noSession()
	case !open || f.session != key:
		return refuse(http.StatusGone, "self_service_flow_expired", "the second step has expired: start again")
	case i.TOTP.Secret == "":
		return answer{http.StatusBadRequest, f.wrong(id, "choose_method", MessageNoDevice, "You have no TOTP device set up.")}
	case i.WrongCodes.locked(s.clock.Now()):
		return locked()
	}
	step, right := stepOf(i.TOTP.Secret, form.Code, s.clock.Now(), i.TOTP.Used)
	if !right {
		i.WrongCodes = i.WrongCodes.next(s.clock.Now())
		if err := s.putIdentity(i); err != nil {
			return failed(err)
		}
		return answer{http.StatusBadRequest, f.wrong(id, "choose_method", MessageWrongCode, wrongCode)}
	}
	i.TOTP.Used, i.WrongCodes = step, failures{}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	x, err := s.raise(key, x)
	if err != nil {
		return failed(err)
	}
	delete(s.flows, id)
	return answer{http.StatusOK, object{"session_token": r.Header.Get("X-Session-Token"), "session": x.wire(i)}}
}

func (s *Server) raise(key string, x session) (session, error) {
	x.SecondFactorAt = s.clock.Now()
	x.AuthenticatedAt = x.SecondFactorAt
	return x, s.putSession(key, x)
}

func (s *Server) whoAmI(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, x, i, ok := s.bearer(r)
	if !ok {
		return noSession()
	}
	return answer{http.StatusOK, x.wire(i)}
}

func (s *Server) logout(r *http.Request) answer {
	form, err := read[struct {
		Token string `json:"session_token"`
	}](r)
	if err != nil {
		return badRequest(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.sessions[tokenKey(form.Token)]
	if !ok {
		return refuse(http.StatusForbidden, "session_inactive", "no such session")
	}
	if err := s.dropSessions(func(y session) bool { return y.ID == x.ID }); err != nil {
		return failed(err)
	}
	return answer{status: http.StatusNoContent}
}
