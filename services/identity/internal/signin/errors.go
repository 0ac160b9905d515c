package signin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	kratos "github.com/ory/kratos-client-go"

	"github.com/fairway-tre/fairway/services/identity/internal/signin/standalone"
)

// The outcomes that a caller tells apart.
var (
	ErrCredentials     = errors.New("the e-mail address or the password is wrong")
	ErrCode            = errors.New("the code is wrong, or was used before")
	ErrDisabled        = errors.New("the identity is disabled")
	ErrLocked          = errors.New("too many failed attempts in a row: try again in 15 minutes")
	ErrNoSession       = errors.New("no valid session: sign in")
	ErrSecondFactor    = errors.New("the second factor is needed first")
	ErrStale           = errors.New("the sign-in is too long ago for this: sign in again")
	ErrExpired         = errors.New("the form has expired: start again")
	ErrEnrolled        = errors.New("a second factor is enrolled already: an identity officer can remove it")
	ErrNotEnrolled     = errors.New("no second factor is enrolled")
	ErrExists          = errors.New("an identity with this e-mail address exists")
	ErrNotFound        = errors.New("no such identity")
	ErrInvalid         = errors.New("invalid person")
	ErrUnavailable     = errors.New("sign-in unavailable: look at the health of the identity engine and at its addresses")
	errUnknownResponse = errors.New("the identity engine answered unexpectedly")
)

// meaning maps the statuses of one call to outcomes.
type meaning map[int]error

// outcome judges a call by its status before its error: when an endpoint of flows answers with a generic error, the client
// reports a decoding error instead. The engine's own text is dropped, since it can repeat an e-mail address.
func outcome(what string, r *http.Response, err error, means meaning) error {
	if err == nil {
		return nil
	}
	if r == nil {
		return fmt.Errorf("%s: %w", what, ErrUnavailable)
	}
	switch f := readFailure(err); {
	case r.StatusCode == http.StatusBadRequest && f.busy():
		return fmt.Errorf("%s: %w (its database was busy: try again)", what, ErrUnavailable)
	case r.StatusCode >= 500 && f.spentForm():
		return fmt.Errorf("%s: %w", what, ErrExpired)
	}
	if known, ok := means[r.StatusCode]; ok {
		return fmt.Errorf("%s: %w", what, known)
	}
	switch {
	case r.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%s: %w", what, ErrLocked)
	case r.StatusCode >= 500 && readFailure(err).ID == standalone.StorageFailed: // our own text: it holds no personal data
		return fmt.Errorf("%s: %w: %s", what, ErrUnavailable, readFailure(err).Reason)
	case r.StatusCode >= 500:
		return fmt.Errorf("%s: %w (HTTP %d)", what, ErrUnavailable, r.StatusCode)
	}
	return fmt.Errorf("%s: %w: HTTP %d", what, errUnknownResponse, r.StatusCode)
}

// forbidden tells Kratos' two reasons for 403 in settings apart.
func forbidden(err error) error {
	if readFailure(err).ID == "session_refresh_required" {
		return ErrStale
	}
	return ErrSecondFactor
}

// failure is what identifies Kratos' generic error.
type failure struct {
	ID      string `json:"id"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// busy is Kratos' "Unable to serialize access due to a concurrent update in another session". It comes with status 400, as
// a wrong code does, though nothing was wrong with the request.
func (f failure) busy() bool { return strings.HasPrefix(f.Message, "Unable to serialize access") }

// spentForm is Kratos' "Could not find they TOTP key in the internal context", with status 500: it writes in three steps
// that a form of enrolment is used, that the session has a second factor and what factor that is, and failed after the
// first. Nothing can be enrolled by that form any more, and another one can be had.
func (f failure) spentForm() bool {
	return strings.Contains(f.Reason, "TOTP key in the internal context")
}

// readFailure is empty for anything but a generic error.
func readFailure(err error) failure {
	var answer *kratos.GenericOpenAPIError
	if !errors.As(err, &answer) {
		return failure{}
	}
	return failureIn(answer.Body())
}

func failureIn(body []byte) failure {
	var generic struct {
		Error failure `json:"error"`
	}
	if json.Unmarshal(body, &generic) != nil {
		return failure{}
	}
	return generic.Error
}
