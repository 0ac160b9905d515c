package standalone

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// RFC 6238, appendix B, SHA-1, the last six of eight digits.
func TestCodesAreThoseOfTheRFC(t *testing.T) {
	secret := base32NoPadding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := Code(secret, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
	if _, err := Code("not base32!", time.Unix(0, 0)); err == nil {
		t.Error("a broken secret gives a code")
	}
}

func TestACodeIsTakenInItsOwnStepAndTheNeighboursAndNotAtOrBeforeTheLastUsed(t *testing.T) {
	secret, now := newSecret(), time.Unix(30*1000+7, 0)
	for step := int64(990); step <= 1010; step++ {
		code, err := codeOfStep(secret, step)
		if err != nil {
			t.Fatal(err)
		}
		for used := int64(998); used <= 1001; used++ {
			want := step >= 999 && step <= 1001 && step > used
			if got, ok := stepOf(secret, code, now, used); ok != want || ok && got != step {
				t.Errorf("code of step %d at step 1000, used %d: %v, %v", step, used, got, ok)
			}
		}
	}
}

func TestPasswordsAreStretchedAsOWASPAsksUnlessATestSaysOtherwise(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.newPassword("a long enough password")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []password{made, s.noPassword()} {
		if p.Memory != 7*1024 || p.Passes != 5 || p.Iterations != 0 {
			t.Errorf("%d KiB, %d passes, %d iterations", p.Memory, p.Passes, p.Iterations)
		}
	}
}

func send(t testing.TB, s *Server, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://standalone.invalid"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(got)
}

func TestWhatTheStandInDoesNotKnowIsRefusedNotIgnored(t *testing.T) {
	s, err := New(Config{Memory: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/admin/identities", `{"traits":{"email":"ada@uni.example","name":"Ada","shoe_size":38},"credentials":{"password":{"config":{"password":"four words and 7"}}}}`, 400},
		{"POST", "/admin/identities", `{"traits":{"email":"ada@uni.example","email":"eve@uni.example","name":"Ada"}}`, 400},
		{"POST", "/self-service/login", `{"method":"passkey"}`, 400},
		{"POST", "/self-service/login", `{"method":"password","Method":"totp"}`, 400},
		{"POST", "/self-service/login?flow=none", `{"method":"password","identifier":"ada@uni.example","password":"x"}`, 410},
		{"POST", "/self-service/login", strings.Repeat(" ", maxBody+1), 400},
		{"GET", "/self-service/recovery/api", "", 404},
		{"GET", "/admin/identities", "", 405},
	} {
		if got, body := send(t, s, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %.80s: %d %s, want %d", c.method, c.path, c.body, got, body, c.want)
		}
	}
}

func FuzzNoRequestBreaksTheStandIn(f *testing.F) {
	f.Add("POST", "/self-service/login?flow=x", `{"method":"password","identifier":"a@b.c","password":"p"}`)
	f.Add("PATCH", "/admin/identities/x", `[{"op":"replace","path":"/state","value":"inactive"}]`)
	f.Add("POST", "/admin/identities", `{"traits":{"email":"a@b.c","name":"A"},"credentials":{"password":{"config":{"password":"four words and 7"}}}}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://standalone.invalid"+path, strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		s, err := New(Config{Memory: 8})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode >= 500 {
			t.Errorf("%s %s: %s", method, path, answer.Status)
		}
	})
}
