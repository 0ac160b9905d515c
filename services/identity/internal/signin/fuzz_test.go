package signin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
)

// canned answers every request alike.
type canned struct {
	status      int
	contentType string
	body        string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Status: http.StatusText(c.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {c.contentType}}, Body: io.NopCloser(strings.NewReader(c.body))}, nil
}

// FuzzAnEnginesAnswerIsUnderstoodOrRefused answers for the identity engine: nothing breaks, no error repeats its words,
// which can hold an address, and nobody is let in whom it does not name.
func FuzzAnEnginesAnswerIsUnderstoodOrRefused(f *testing.F) {
	// an address that stands in the engine's words
	const secret = "ada-secret@uni.example"
	for _, body := range []string{`{"error":{"id":"session_refresh_required","message":"` + secret + `","reason":"` + secret + `"}}`, `{"session_token":"t","session":{"id":"1","active":true,"identity":{"id":"` + secret + `"}}}`,
		`{"id":"x","active":true,"identity":{"id":"1","traits":{"email":"` + secret + `"}}}`, `{"id":"x","ui":{"nodes":[{"attributes":{"node_type":"input","text":{"context":{"secret":"` + secret + `"}}}}]}}`,
		`{"id":"x","ui":null}`, `{}`, `null`, `[]`, ``, `"` + secret + `"`, `{"error":{"message":"Unable to serialize access ` + secret + `"}}`, secret} {
		for _, status := range []uint16{200, 400, 401, 403, 410, 422, 500} {
			f.Add(status, "application/json", body)
		}
	}
	f.Add(uint16(200), "text/html", "<html>"+secret)
	f.Fuzz(func(t *testing.T, status uint16, contentType, body string) {
		engine := canned{200 + int(status)%400, contentType, body}
		s, err := signin.New(signin.Config{Clock: &instant{steady: newSteady()}, PublicURL: "http://kratos.invalid", AdminURL: "http://admin.invalid", HTTPClient: &http.Client{Transport: engine}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		_, _, in := s.SignIn(ctx, "a@b.example", "p")
		session, who := s.WhoAmI(ctx, "token")
		_, offer := s.OfferSecondFactor(ctx, "token")
		_, enrol := s.EnrolSecondFactor(ctx, "token", "form", "123456")
		_, second := s.SecondFactor(ctx, "token", "123456")
		_, create := s.Create(ctx, signin.Person{Email: "a@b.example", Name: "A"}, "p")
		_, person := s.Person(ctx, "id")
		for _, err := range []error{in, who, offer, enrol, second, create, person, s.ChangePassword(ctx, "token", "p"), s.SignOut(ctx, "token"), s.Disable(ctx, "id"), s.Erase(ctx, "id"), s.Ready(ctx)} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Fatalf("the engine's words are told: %v", err)
			}
		}
		if who == nil && session.IdentityID == "" {
			t.Fatalf("a session of nobody: %+v", session)
		}
	})
}
