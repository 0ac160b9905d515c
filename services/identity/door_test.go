package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestASecondFactorOpensANewSessionAndItsCodeIsGoodOnce(t *testing.T) {
	s := newSite(t)
	u := s.enrolled("ada@uni.example", "")
	u = s.signIn(u)
	code := s.code(u)
	up := s.want(http.StatusOK, s.call("POST", "/sessions/second-factor", u.token, code))
	if up.SessionID == u.session || up.Assurance != "aal2" || up.Token != u.token {
		t.Errorf("the step up answers %s after session %s", up.Raw, u.session)
	}
	if got := s.call("POST", "/sessions/second-factor", u.token, code); got.Status != http.StatusForbidden || got.Reason != "code-wrong" {
		t.Errorf("the code again answers %d %s", got.Status, got.Reason)
	}
	s.settle()
	last := runtest.Last[identity.SessionAttested](s.Bench)
	if last.SessionID != up.SessionID || !last.ExpiresAt.Equal(s.Clock.Now().Add(8*time.Hour)) {
		t.Errorf("attested %v", last)
	}
	if me := s.call("GET", "/me", u.token, ""); me.SessionID != up.SessionID || me.PersonID != u.id || me.Assurance != "aal2" {
		t.Errorf("me is %s", me.Raw)
	}
}

func TestASignInFromElsewhereIsRefusedAsAFact(t *testing.T) {
	rules := strings.Replace(runtest.DefaultProfile, "addresses: []", "addresses: [127.0.8.0/24]", 1)
	s := newSite(t, runtest.Profile(rules))
	s.from = "127.0.8.7:40000"
	u := s.signIn(s.register("ada@uni.example", ""))
	facts[identity.SessionAttested](s, 1)
	s.from = "127.0.9.7:40000"
	got := s.want(http.StatusForbidden, s.call("POST", "/sessions", "", form(map[string]string{"email": u.email, "password": password})))
	if got.Reason != "address-not-allowed" || got.Token != "" {
		t.Errorf("the door answers %s", got.Raw)
	}
	s.settle()
	if r := runtest.Last[identity.ActRefused](s.Bench); r.Reason != "address-not-allowed" || r.ActID != got.ActID || r.Actor != u.id {
		t.Errorf("refused %v", r)
	}
	if got := s.call("GET", "/me", u.token, ""); got.Status != http.StatusForbidden {
		t.Errorf("a token carried elsewhere answers %d", got.Status)
	}
}

func TestAnActIsSignedForThePersonAndRestsOnTheirStanding(t *testing.T) {
	s := newSite(t)
	u := s.enrolled("ada@uni.example", "")
	cancel := workspace.JobCancel{JobID: s.NewID()}
	got := s.want(http.StatusAccepted, s.call("POST", "/acts/"+cancel.EventType(), u.token, form(cancel),
		"Fairway-Rests-On", "/sites/molgenis/workspace job/"+cancel.JobID+" 3"))
	var e envelope.Event
	for _, e = range s.Outbox() {
		if e.ID == got.ActID {
			break
		}
	}
	if e.ID != got.ActID || e.Subject != "job/"+cancel.JobID || got.Subject != e.Subject || e.Record.Topic != "molgenis.workspace.acts.v1" {
		t.Fatalf("sent %s about %s to %s", e.ID, e.Subject, e.Record.Topic)
	}
	if e.Source != topics.Source("molgenis", "portal") || e.Actor != u.id || e.Session != u.session || e.Assurance != "aal2" ||
		e.Audience != "molgenis" || e.CausationID != "" || e.CorrelationID != e.ID || e.AuthTime.IsZero() {
		t.Errorf("signed as %s for %s, session %s, %s, audience %s, cause %q", e.Source, e.Actor, e.Session, e.Assurance, e.Audience, e.CausationID)
	}
	want := []envelope.Rest{{Source: "/sites/molgenis/identity", Subject: "session/" + u.session, Sequence: 1},
		{Source: "/sites/molgenis/identity", Subject: "person/" + u.id, Sequence: 1},
		{Source: "/sites/molgenis/workspace", Subject: "job/" + cancel.JobID, Sequence: 3}}
	for i, w := range want {
		if i >= len(e.RestsOn) || e.RestsOn[i] != w {
			t.Errorf("rests on %v, not %v", e.RestsOn, want)
			break
		}
	}
}

func TestTheDoorTakesOnlyWhatPeopleMayAsk(t *testing.T) {
	s := newSite(t)
	u := s.enrolled("ada@uni.example", "")
	sent := len(s.Outbox())
	now := s.Clock.Now()
	forged := form(identity.SessionOpen{SessionID: s.NewID(), PersonID: u.id, Assurance: "aal2", AuthenticatedAt: now, SecondFactorAt: now, AddressAllowed: true})
	for name, c := range map[string]struct {
		kind, token, body, rests string
		status                   int
		pointer                  string
	}{
		"unknown type":      {"fairway.airlock.release.steal.v1", u.token, "{}", "", 404, ""},
		"a fact":            {airlock.TypeReleaseApproved, u.token, "{}", "", 404, ""},
		"a gateway's act":   {workspace.TypeOutputSeal, u.token, "{}", "", 404, ""},
		"the door's own":    {identity.TypeSessionOpen, u.token, forged, "", 404, ""},
		"no session":        {workspace.TypeJobCancel, "", "{}", "", 401, ""},
		"unknown token":     {workspace.TypeJobCancel, "standalone_x", "{}", "", 401, ""},
		"no JSON":           {workspace.TypeJobCancel, u.token, "{", "", 400, ""},
		"a member twice":    {workspace.TypeJobCancel, u.token, `{"jobId":"x","jobId":"y"}`, "", 400, "/jobId"},
		"a wrong value":     {workspace.TypeJobCancel, u.token, `{"jobId":"x"}`, "", 422, "/jobId"},
		"an unknown member": {workspace.TypeJobCancel, u.token, `{"jobId":"` + s.NewID() + `","more":1}`, "", 422, "/more"},
		"too large":         {workspace.TypeJobCancel, u.token, `{"jobId":"` + strings.Repeat("x", 64<<10) + `"}`, "", 413, ""},
		"rests on nonsense": {workspace.TypeJobCancel, u.token, form(workspace.JobCancel{JobID: s.NewID()}), "job/x", 400, ""},
	} {
		got := s.call("POST", "/acts/"+c.kind, c.token, c.body, "Fairway-Rests-On", c.rests)
		if c.rests == "" {
			got = s.call("POST", "/acts/"+c.kind, c.token, c.body)
		}
		if got.Status != c.status || got.Pointer != c.pointer {
			t.Errorf("%s: the door answers %d at %q, not %d at %q: %s", name, got.Status, got.Pointer, c.status, c.pointer, got.Raw)
		}
	}
	if n := len(s.Outbox()); n != sent {
		t.Errorf("%d events were sent", n-sent)
	}
}

func TestSigningOutEndsTheSessionForEveryone(t *testing.T) {
	s := newSite(t)
	u := s.enrolled("ada@uni.example", "")
	s.want(http.StatusNoContent, s.call("DELETE", "/sessions", u.token, ""))
	s.settle()
	if ended := runtest.Last[identity.SessionEnded](s.Bench); ended.SessionID != u.session {
		t.Errorf("ended %s, not %s", ended.SessionID, u.session)
	}
	s.want(http.StatusUnauthorized, s.call("GET", "/me", u.token, ""))
}

func TestAWrongPasswordTellsNothing(t *testing.T) {
	s := newSite(t)
	s.register("ada@uni.example", "")
	wrong := s.call("POST", "/sessions", "", form(map[string]string{"email": "ada@uni.example", "password": "another password"}))
	nobody := s.call("POST", "/sessions", "", form(map[string]string{"email": "nobody@uni.example", "password": "another password"}))
	if wrong.Status != http.StatusUnauthorized || wrong.Raw != nobody.Raw || wrong.Status != nobody.Status {
		t.Errorf("answers differ: %d %s and %d %s", wrong.Status, wrong.Raw, nobody.Status, nobody.Raw)
	}
}

func TestRegistrationsOfOneAddressAreLimitedAndComeBackWithTime(t *testing.T) {
	s := newSite(t)
	for n := range 40 {
		if got := s.call("POST", "/people", "", "{}"); got.Status == http.StatusTooManyRequests {
			t.Fatalf("number %d at once is refused", n+1)
		}
	}
	for range 100 { // take nothing of what is there for all
		got := s.call("POST", "/people", "", "{}")
		if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "2" {
			t.Fatalf("one too many is answered %d, try again after %q s", got.Status, got.Header.Get("Retry-After"))
		}
	}
	s.from = "127.0.0.2:40000"
	if got := s.call("POST", "/people", "", "{}"); got.Status == http.StatusTooManyRequests {
		t.Error("another address is refused too")
	}
	s.from = "127.0.0.1:50000"
	if got := s.call("POST", "/people", "", "{}"); got.Status != http.StatusTooManyRequests {
		t.Error("another port is another address")
	}
	s.Advance(2 * time.Second)
	if got := s.call("POST", "/people", "", "{}"); got.Status == http.StatusTooManyRequests {
		t.Error("two seconds later it is refused still")
	}
}

func TestRegistrationsOfAllAddressesTogetherAreLimited(t *testing.T) {
	s := newSite(t)
	for n := range 61 {
		s.from = fmt.Sprintf("127.0.1.%d:40000", n)
		if got := s.call("POST", "/people", "", "{}"); (got.Status == http.StatusTooManyRequests) != (n == 60) {
			t.Fatalf("number %d at once is answered %d", n+1, got.Status)
		}
	}
}

func TestSignInsOfOneAddressAreLimitedAlsoWithinOneIPv6Site(t *testing.T) {
	s := newSite(t)
	for n := range 81 {
		s.from = fmt.Sprintf("[2001:db8::%x]:40000", n+1)
		if got := s.call("POST", "/sessions", "", "{}"); (got.Reason == "too-many-requests") != (n == 80) {
			t.Fatalf("number %d at once is answered %d", n+1, got.Status)
		}
	}
	s.from = "[2001:db8:0:1::1]:40000"
	if got := s.call("POST", "/sessions", "", "{}"); got.Reason == "too-many-requests" {
		t.Error("another site's address is refused too")
	}
}

func TestAReleaseIsForItsRecipientsOnly(t *testing.T) {
	s := newSite(t)
	ada, eve := s.enrolled("ada@uni.example", ""), s.enrolled("eve@uni.example", "")
	content := []byte(`{"n":42}`)
	digest, err := s.Objects("workspace").Put(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	id := s.NewID()
	s.Deliver("airlock", airlock.ReleasePublished{ReleaseID: id, OutputID: s.NewID(), ProjectID: s.NewID(), Recipients: []string{ada.id},
		Claim: vocabulary.Claim{Digest: digest, Size: int64(len(content)), MediaType: "application/json", Class: "aggregate"}})
	got := s.want(http.StatusOK, s.call("GET", "/releases/"+id, ada.token, ""))
	if got.Raw != string(content) || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %q as %s", got.Raw, got.Header.Get("Content-Type"))
	}
	other := s.want(http.StatusNotFound, s.call("GET", "/releases/"+id, eve.token, ""))
	none := s.want(http.StatusNotFound, s.call("GET", "/releases/"+s.NewID(), eve.token, ""))
	if other.Raw != none.Raw {
		t.Error("the answer tells that the release is there")
	}
	weak := s.signIn(ada)
	if got := s.call("GET", "/releases/"+id, weak.token, ""); got.Status != http.StatusForbidden || got.Reason != "assurance-too-low" {
		t.Errorf("without a second factor: %d %s", got.Status, got.Reason)
	}
	s.Advance(9 * time.Hour)
	if got := s.call("GET", "/releases/"+id, ada.token, ""); got.Status != http.StatusUnauthorized {
		t.Errorf("after the session: %d", got.Status)
	}
}

func TestALinkToARevokedReleaseEnds(t *testing.T) {
	s := newSite(t)
	ada := s.enrolled("ada@uni.example", "")
	content := []byte(`{"n":42}`)
	digest, err := s.Objects("workspace").Put(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	p := airlock.ReleasePublished{ReleaseID: s.NewID(), OutputID: s.NewID(), ProjectID: s.NewID(), Name: "ages.json", Recipients: []string{ada.id},
		Claim: vocabulary.Claim{Digest: digest, Size: int64(len(content)), MediaType: "application/json", Class: "aggregate"}}
	s.Deliver("airlock", p)
	got := s.want(http.StatusOK, s.call("GET", "/releases/"+p.ReleaseID, ada.token, ""))
	if name := got.Header.Get("Content-Disposition"); name != `attachment; filename="ages.json"` {
		t.Errorf("handed out as %s", name)
	}
	s.Deliver("airlock", airlock.ReleaseRevoked{ReleaseID: p.ReleaseID, OutputID: p.OutputID, ProjectID: p.ProjectID, Digest: digest, Reason: "consent-withdrawn", AuditLeaf: 1})
	s.want(http.StatusNotFound, s.call("GET", "/releases/"+p.ReleaseID, ada.token, ""))
}

func TestRefusalsOfOtherServicesAreToldToWhoActed(t *testing.T) {
	s := newSite(t)
	ada, eve := s.enrolled("ada@uni.example", ""), s.enrolled("eve@uni.example", "")
	act := s.act(ada, workspace.JobCancel{JobID: s.NewID()})
	s.Deliver("workspace", workspace.ActRefused{ActID: act, ActType: workspace.TypeJobCancel, ActSubject: "job/x", Reason: "job-unknown", Detail: "no such job"},
		func(d *envelope.Draft) { d.Subject = "act/" + act })
	if why := s.refusal(ada, act); why != "job-unknown" {
		t.Errorf("refused for %s", why)
	}
	s.want(http.StatusNotFound, s.call("GET", "/acts/"+act, eve.token, ""))
}

func TestOnePersonsActsAreLimitedAndNobodyElsesAre(t *testing.T) {
	s := newSite(t)
	busy, calm := s.enrolled("ada@uni.example", ""), s.enrolled("grace@uni.example", "")
	act := func(u user) int {
		cancel := workspace.JobCancel{JobID: s.NewID()}
		return s.call("POST", "/acts/"+cancel.EventType(), u.token, form(cancel)).Status
	}
	taken := 0
	for act(busy) == http.StatusAccepted {
		if taken++; taken > 1000 {
			t.Fatal("a thousand acts at once were taken")
		}
	}
	if got := act(busy); got != http.StatusTooManyRequests {
		t.Errorf("one more is answered %d", got)
	}
	if got := act(calm); got != http.StatusAccepted {
		t.Errorf("somebody else is answered %d", got)
	}
	s.Advance(time.Second)
	if got := act(busy); got != http.StatusAccepted {
		t.Errorf("a second later the answer is %d", got)
	}
}

// Attack 36: the door reads no token but those that its own sign-in engine gave out. One that somebody signed, or did
// not sign, opens nothing, whatever it claims and wherever it says its keys are.
func TestATokenOfSomebodyElseOpensNothing(t *testing.T) {
	visited := make(chan struct{}, 1)
	tap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited <- struct{}{} }))
	defer tap.Close()
	s := newSite(t)
	u := s.enrolled("ada@uni.example", "")
	token := func(header, claims string) string {
		encode := base64.RawURLEncoding.EncodeToString
		text := encode([]byte(header)) + "." + encode([]byte(claims))
		mac := hmac.New(sha256.New, []byte("the public key of the issuer"))
		mac.Write([]byte(text))
		return text + "." + encode(mac.Sum(nil))
	}
	unsigned := func(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }
	claims := `{"sub":"` + u.id + `","aud":"molgenis","iss":"https://broker.example","exp":4102444800,"acr":"https://refeds.org/profile/mfa"}`
	act := "/acts/" + workspace.JobCancel{}.EventType()
	said := len(s.Outbox())
	for name, bearer := range map[string]string{
		"alg none":                 unsigned(token(`{"alg":"none"}`, claims)),
		"HS256 with a public key":  token(`{"alg":"HS256"}`, claims),
		"expired":                  token(`{"alg":"RS256"}`, strings.Replace(claims, "4102444800", "1", 1)),
		"keys at an unlisted host": token(`{"alg":"RS256","jku":"`+tap.URL+`"}`, claims),
		"another issuer":           token(`{"alg":"RS256"}`, strings.Replace(claims, "broker.example", tap.Listener.Addr().String(), 1)),
		"somebody's id":            u.id,
		"somebody's session":       u.session,
	} {
		t.Run(name, func(t *testing.T) {
			for _, got := range []reply{s.call("GET", "/me", bearer, ""), s.call("POST", act, bearer, form(workspace.JobCancel{JobID: s.NewID()}))} {
				if got.Status != http.StatusUnauthorized || got.Reason != "no-session" || got.PersonID != "" {
					t.Errorf("the door answers %d %s", got.Status, got.Raw)
				}
			}
		})
	}
	if more := len(s.Outbox()) - said; more != 0 || len(visited) > 0 {
		t.Errorf("%d events were said, an address that a token names was visited: %v", more, len(visited) > 0)
	}
	s.want(http.StatusAccepted, s.call("POST", act, u.token, form(workspace.JobCancel{JobID: s.NewID()})))
}
