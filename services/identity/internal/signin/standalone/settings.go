package standalone

import "net/http"

// newSettings opens the form of a person's own credentials. Someone with a second factor must have used it.
func (s *Server) newSettings(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, x, i, ok := s.bearer(r)
	if !ok {
		return noSession()
	}
	if i.TOTP.Secret != "" && x.level() != aal2 {
		return refuse(http.StatusForbidden, "session_aal2_required", "use the second factor first")
	}
	f := flow{kind: "settings", level: x.level(), session: key, expires: s.clock.Now().Add(flowLife)}
	var nodes []object
	if i.TOTP.Secret == "" {
		f.secret = newSecret()
		nodes = append(nodes, textNode("totp", "totp_secret_key", 1050006, f.secret))
	}
	id, ok := s.addFlow(f)
	if !ok {
		return tooMany()
	}
	return answer{http.StatusOK, f.settingsWire(id, "show_form", i, nodes...)}
}

func (f flow) settingsWire(id, state string, i identity, nodes ...object) object {
	body := f.wire(id, state, nodes...)
	body["identity"] = i.wire()
	return body
}

type settingsForm struct {
	Method   string `json:"method"`
	Password string `json:"password"`
	Code     string `json:"totp_code"`
}

func (s *Server) settings(r *http.Request) answer {
	form, err := read[settingsForm](r)
	if err != nil {
		return badRequest(err)
	}
	var hashed password
	if form.Method == "password" && CheckPassword(form.Password) == nil {
		if hashed, err = s.newPassword(form.Password); err != nil {
			return failed(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, x, i, ok := s.bearer(r)
	id, f, open := s.openFlow(r, "settings")
	switch {
	case !ok:
		return noSession()
	case !open || f.session != key:
		return refuse(http.StatusGone, "self_service_flow_expired", "the form has expired: start again")
	case i.TOTP.Secret != "" && x.level() != aal2:
		return refuse(http.StatusForbidden, "session_aal2_required", "use the second factor first")
	case s.clock.Now().Sub(x.AuthenticatedAt) > privileged:
		return refuse(http.StatusForbidden, "session_refresh_required", "sign in again: a change of credentials needs a sign-in of the last 15 minutes")
	}
	switch form.Method {
	case "totp":
		return s.enrol(id, f, key, x, i, form.Code)
	case "password":
		return s.changePassword(id, f, i, hashed)
	}
	return refuse(http.StatusBadRequest, "bad_request", "the standalone identity changes password or totp")
}

// enrol takes the offered secret once a code shows that the person has it. That code is spent too.
func (s *Server) enrol(id string, f flow, key string, x session, i identity, code string) answer {
	if f.secret == "" || i.TOTP.Secret != "" {
		return refuse(http.StatusBadRequest, "bad_request", "a second factor is enrolled already")
	}
	if i.WrongCodes.locked(s.clock.Now()) {
		return locked()
	}
	step, right := stepOf(f.secret, code, s.clock.Now(), 0)
	if !right {
		i.WrongCodes = i.WrongCodes.next(s.clock.Now())
		if err := s.putIdentity(i); err != nil {
			return failed(err)
		}
		body := f.wrong(id, "show_form", MessageWrongCode, wrongCode)
		body["identity"] = i.wire()
		return answer{http.StatusBadRequest, body}
	}
	i.TOTP, i.WrongCodes = totp{Secret: f.secret, Used: step}, failures{}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	if _, err := s.raise(key, x); err != nil {
		return failed(err)
	}
	delete(s.flows, id)
	return answer{http.StatusOK, f.settingsWire(id, "success", i)}
}

func (s *Server) changePassword(id string, f flow, i identity, hashed password) answer {
	if hashed.Hash == nil {
		body := f.wrong(id, "show_form", MessageBadPassword, "The password can not be used: it needs 12 characters and at most 72 bytes.")
		body["identity"] = i.wire()
		return answer{http.StatusBadRequest, body}
	}
	i.Password, i.WrongPasswords = hashed, failures{}
	if err := s.putIdentity(i); err != nil {
		return failed(err)
	}
	delete(s.flows, id)
	return answer{http.StatusOK, f.settingsWire(id, "success", i)}
}
