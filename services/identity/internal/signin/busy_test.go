package signin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

const (
	busy     = `{"error":{"code":400,"status":"Bad Request","message":"Unable to serialize access due to a concurrent update in another session"}}`
	refusal  = `{"error":{"code":400,"status":"Bad Request","message":"Other"}}`
	locked   = `{"error":{"code":500,"status":"Internal Server Error","message":"database is locked"}}`
	halfUsed = `{"error":{"code":500,"status":"Internal Server Error","message":"An internal server error occurred, please contact the system administrator","reason":"Could not find they TOTP key in the internal context. This is a code bug and should be reported to https://github.com/ory/kratos/."}}`
)

// instant is a clock on which every pause is over at once.
type instant struct {
	*steady
	mu     sync.Mutex
	pauses []time.Duration
}

func (c *instant) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pauses = append(c.pauses, d)
	over := make(chan time.Time, 1)
	over <- c.Now()
	return over
}

// fault is an answer in place of the right one, or an error.
type fault struct {
	status int
	body   string
	err    error
}

// flawed stands between identity and its engine. The next requests of a method fail, as many as are left; where they are
// late, they have arrived all the same.
type flawed struct {
	next   http.RoundTripper
	method string
	left   int
	fault
	late bool
	seen []string
}

func (f *flawed) fail(n int, method string, with fault) {
	f.seen, f.left, f.method, f.fault = nil, n, method, with
}

func (f *flawed) RoundTrip(r *http.Request) (*http.Response, error) {
	f.seen = append(f.seen, r.Method+" "+r.URL.Path)
	if r.Method != f.method || f.left == 0 {
		return f.next.RoundTrip(r)
	}
	f.left--
	if f.late {
		answer, err := f.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		answer.Body.Close()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &http.Response{StatusCode: f.status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(f.body)), Request: r}, nil
}

// behind is the standalone identity as if it were a Kratos that is reached over f.
func behind(t *testing.T, f *flawed) (bench, *instant) {
	t.Helper()
	c := &instant{steady: newSteady()}
	server, err := standalone.New(standalone.Config{Clock: c, Memory: 8})
	if err != nil {
		t.Fatal(err)
	}
	f.next = server
	s, err := signin.New(signin.Config{PublicURL: "http://kratos.invalid", AdminURL: "http://kratos.invalid",
		HTTPClient: &http.Client{Transport: f}, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, c.Now, "uni.example"}, c
}

// faults are those that may pass; what is said of each is whether the request may have arrived.
var faults = map[string]struct {
	fault
	unknown bool
}{
	"a busy database":     {fault{status: 400, body: busy}, false},
	"no connection":       {fault{err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, false},
	"a locked database":   {fault{status: 500, body: locked}, true},
	"a proxy's answer":    {fault{status: 502, body: "<html>"}, true},
	"a broken connection": {fault{err: io.ErrUnexpectedEOF}, true},
}

func TestAKratosThatFailsForAMomentIsAskedAgain(t *testing.T) {
	for name, c := range faults {
		f := &flawed{}
		b, clock := behind(t, f)
		b.ada(t)
		for n := range 7 {
			clock.pauses = nil
			f.fail(n, http.MethodPost, c.fault)
			b.in(t)
			if want := append([]string{"GET /self-service/login/api"}, slices.Repeat([]string{"POST /self-service/login"}, n+1)...); !slices.Equal(f.seen, want) {
				t.Errorf("%s, %d times: %v", name, n, f.seen)
			}
			if len(clock.pauses) != n || !growing(clock.pauses) {
				t.Errorf("%s, %d times: pauses %v", name, n, clock.pauses)
			}
		}
		f.fail(7, http.MethodPost, c.fault)
		_, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), password)
		is(t, name+" for long", err, signin.ErrUnavailable)
	}
}

// growing tells whether each pause is around twice the one before it, the first around 50 ms.
func growing(pauses []time.Duration) bool {
	for n, p := range pauses {
		if around := 50 * time.Millisecond << n; p < around/2 || p >= around*3/2 {
			return false
		}
	}
	return true
}

// It would find the person there that it has made itself, and say that the address is taken.
func TestAPersonIsCreatedAgainOnlyWhereNothingWasKept(t *testing.T) {
	for name, c := range faults {
		f := &flawed{late: c.unknown}
		b, _ := behind(t, f)
		f.fail(1, http.MethodPost, c.fault)
		_, err := b.Create(t.Context(), signin.Person{Email: b.at("Ada"), Name: "Ada L"}, password)
		if c.unknown {
			is(t, name, err, signin.ErrUnavailable)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.in(t) // she is there in any case
	}
}

// Kratos answers 400 when its database was busy, as it does to a wrong password or code.
func TestARefusalOfKratosIsNotAskedForTwice(t *testing.T) {
	f := &flawed{}
	b, _ := behind(t, f)
	b.ada(t)
	f.fail(9, http.MethodPost, fault{status: 400, body: refusal})
	_, _, err := b.SignIn.SignIn(t.Context(), b.at("ada"), password)
	is(t, "refused by Kratos", err, signin.ErrCredentials)
	if f.left != 8 {
		t.Errorf("%v", f.seen)
	}
}

func TestAFormOfEnrolmentThatKratosHasHalfUsedIsToBeHadAgain(t *testing.T) {
	f := &flawed{}
	b, _ := behind(t, f)
	b.ada(t)
	token := b.in(t)
	offer, err := b.OfferSecondFactor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	f.fail(9, http.MethodPost, fault{status: 500, body: halfUsed})
	_, err = b.EnrolSecondFactor(t.Context(), token, offer.Form, b.code(t, offer.Secret, 0))
	is(t, "the form", err, signin.ErrExpired)
	if f.left != 8 {
		t.Errorf("%v", f.seen)
	}
	f.fail(0, "", fault{})
	b.enrolled(t)
}

// The one who waits may give up.
func TestNobodyIsAskedAgainForARequestThatHasEnded(t *testing.T) {
	f := &flawed{}
	b, clock := behind(t, f)
	b.ada(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.fail(9, http.MethodGet, fault{err: context.Canceled})
	_, _, err := b.SignIn.SignIn(ctx, b.at("ada"), password)
	is(t, "given up", err, signin.ErrUnavailable)
	if len(clock.pauses) > 0 {
		t.Errorf("pauses %v", clock.pauses)
	}
}
