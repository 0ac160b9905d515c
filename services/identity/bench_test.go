package identity

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const (
	oneTimeCode = "one-time-code-of-the-site"
	password    = "a long enough password"
)

// site is identity on a bench, with its broker played: acts that the door sends come back to the service.
type site struct {
	*runtest.Bench
	t         *testing.T
	from      string
	delivered map[string]bool
}

func newSite(t *testing.T, options ...runtest.Option) *site {
	t.Helper()
	options = append([]runtest.Option{runtest.Settings(map[string]string{"enrolment-digest": person.CodeDigest(oneTimeCode)})}, options...)
	b := runtest.New(t, "identity", func(s *run.Service) {
		if _, err := assemble(s, 64); err != nil {
			t.Fatal(err)
		}
	}, options...)
	return &site{Bench: b, t: t, from: "127.0.0.1:40000", delivered: map[string]bool{}}
}

// reply is what the door answers, whatever it is.
type reply struct {
	Status    int    `json:"-"`
	Raw       string `json:"-"`
	Header    http.Header
	PersonID  string `json:"personId"`
	Token     string `json:"token"`
	SessionID string `json:"sessionId"`
	Assurance string `json:"assurance"`
	Secret    string `json:"secret"`
	ActID     string `json:"actId"`
	Subject   string `json:"subject"`
	State     string `json:"state"`
	Reason    string `json:"reason"`
	Pointer   string `json:"pointer"`
}

func (s *site) call(method, path, token, body string, headers ...string) reply {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = s.from
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Service.Handler().ServeHTTP(w, r)
	got := reply{Status: w.Code, Raw: w.Body.String(), Header: w.Header()}
	if w.Header().Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			s.t.Fatalf("%s %s answers no JSON: %v", method, path, err)
		}
	}
	return got
}

func (s *site) want(status int, got reply) reply {
	s.t.Helper()
	if got.Status != status {
		s.t.Fatalf("the door answers %d, not %d: %s", got.Status, status, got.Raw)
	}
	return got
}

// settle brings what the door sent to the service.
func (s *site) settle() {
	s.t.Helper()
	for _, e := range s.Outbox() {
		if e.Record.Topic == s.Env.Site+".identity.acts.v1" && !s.delivered[e.ID] {
			s.delivered[e.ID] = true
			s.DeliverRecord(e.Record)
		}
	}
}

// user is somebody with a session of the second level.
type user struct{ id, email, token, session, secret string }

func form(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *site) register(email, code string) user {
	s.t.Helper()
	body := map[string]string{"email": email, "name": "Ada", "password": password}
	if code != "" {
		body["code"] = code
	}
	got := s.want(http.StatusCreated, s.call("POST", "/people", "", form(body)))
	s.settle()
	return user{id: got.PersonID, email: email}
}

func (s *site) signIn(u user) user {
	s.t.Helper()
	got := s.want(http.StatusCreated, s.call("POST", "/sessions", "", form(map[string]string{"email": u.email, "password": password})))
	s.settle()
	u.token, u.session = got.Token, got.SessionID
	return u
}

func (s *site) code(u user) string {
	s.t.Helper()
	code, err := standalone.Code(u.secret, s.Clock.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return form(map[string]string{"code": code})
}

// enrolled registers somebody, signs in and enrols a second factor.
func (s *site) enrolled(email, code string) user {
	s.t.Helper()
	u := s.signIn(s.register(email, code))
	u.secret = s.want(http.StatusOK, s.call("POST", "/people/me/totp", u.token, "")).Secret
	got := s.want(http.StatusOK, s.call("PUT", "/people/me/totp", u.token, s.code(u)))
	u.session = got.SessionID
	s.settle()
	s.Advance(time.Minute) // a code is good once
	return u
}

// act sends an act through the door and back to the service.
func (s *site) act(u user, act envelope.Payload) string {
	s.t.Helper()
	got := s.want(http.StatusAccepted, s.call("POST", "/acts/"+act.EventType(), u.token, form(act)))
	s.settle()
	return got.ActID
}

// refusal waits until an act was refused, and says why.
func (s *site) refusal(u user, actID string) string {
	s.t.Helper()
	var got reply
	s.Until("a refusal", func() bool {
		got = s.want(http.StatusOK, s.call("GET", "/acts/"+actID, u.token, ""))
		return got.State == "refused"
	})
	return got.Reason
}

func facts[T envelope.Payload](s *site, n int) []T {
	s.t.Helper()
	got := runtest.Await[T](s.Bench, n)
	if len(got) != n {
		s.t.Fatalf("the service said %T %d times, not %d", got[0], len(got), n)
	}
	return got
}

func grant(u user, role string) identity.RoleGrant {
	return identity.RoleGrant{PersonID: u.id, Role: role}
}
