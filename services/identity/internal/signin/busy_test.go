package signin_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
)

// Kratos answers 400 when its database was busy, as it does to a wrong password or code.
func TestABusyDatabaseOfKratosIsNoWrongPassword(t *testing.T) {
	busy := `{"error":{"code":400,"status":"Bad Request","message":"Unable to serialize access due to a concurrent update in another session"}}`
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"busy":  {busy, signin.ErrUnavailable},
		"wrong": {`{"error":{"code":400,"status":"Bad Request","message":"Other"}}`, signin.ErrCredentials},
	} {
		kratos := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, c.body)
				return
			}
			io.WriteString(w, `{"id":"f","type":"api","state":"choose_method","expires_at":"2030-01-01T00:00:00Z","issued_at":"2030-01-01T00:00:00Z","request_url":"http://k/","ui":{"action":"http://k/","method":"POST","nodes":[]}}`)
		}))
		s, err := signin.New(signin.Config{PublicURL: kratos.URL, AdminURL: kratos.URL})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.SignIn(t.Context(), "a@example.org", "p"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		kratos.Close()
	}
}
