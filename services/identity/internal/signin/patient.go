package signin

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// pauses are those between one attempt and the next, on average: 3 s in all, which a person waits for.
var pauses = []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond}

// mostRead bounds what is read of an answer before it is passed on.
const mostRead = 1 << 20

// patient asks a Kratos again, after a pause that grows, where it restarts or cannot get at its database for a moment,
// before a person is refused for that. It ends with the context of the request.
type patient struct {
	next  http.RoundTripper
	clock clock.Clock
}

// RoundTrip implements http.RoundTripper.
func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	attempt := r
	for _, pause := range pauses {
		answer, err := p.next.RoundTrip(attempt)
		if !passing(r, answer, err) {
			return answer, err
		}
		if attempt = afresh(r); attempt == nil {
			return answer, err
		}
		select {
		case <-r.Context().Done():
			return answer, err
		case <-p.clock.After(pause/2 + rand.N(pause)): // so that those who were refused together do not come together again
		}
		if err == nil {
			answer.Body.Close()
		}
	}
	return p.next.RoundTrip(attempt)
}

// afresh is the request once more, nil where its body cannot be had again.
func afresh(r *http.Request) *http.Request {
	again := r.Clone(r.Context())
	if r.Body == nil || r.Body == http.NoBody {
		return again
	}
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	again.Body = body
	return again
}

// passing tells whether a failure may pass and the request may then be made again: any of which nothing was kept, and a
// repeatable one of which this is not known.
func passing(r *http.Request, answer *http.Response, err error) bool {
	var unreached *net.OpError
	switch {
	case r.Context().Err() != nil, strings.HasSuffix(r.URL.Path, "/health/ready"): // which asks how it is now
		return false
	case err != nil:
		return errors.As(err, &unreached) && unreached.Op == "dial" || repeatable(r)
	case answer.StatusCode >= 500:
		return repeatable(r) && !peek(answer).spentForm()
	case answer.StatusCode == http.StatusBadRequest:
		return peek(answer).busy()
	}
	return false
}

// repeatable tells whether a request may arrive twice. A form may: Kratos takes one again, also with the same code, and one
// that it has taken changes nothing more. A creation may not, which would find its own person in the way; nor a deletion,
// whose second answer is that there was nothing.
func repeatable(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodPatch || strings.Contains(r.URL.Path, "/self-service/")
}

// peek reads the generic error of an answer, which can be read again afterwards.
func peek(answer *http.Response) failure {
	body := answer.Body
	head, _ := io.ReadAll(io.LimitReader(body, mostRead)) // who reads it next meets the same end
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), body), body}
	return failureIn(head)
}
