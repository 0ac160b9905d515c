package door

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
)

// problem is what a refused request gets as JSON. It repeats nothing of the request.
type problem struct {
	status  int
	wait    time.Duration
	Reason  string `json:"reason"`
	Detail  string `json:"detail"`
	Pointer string `json:"pointer,omitzero"` // JSON pointer into the body
	ActID   string `json:"actId,omitzero"`   // the act that was signed all the same, if any
}

func (p *problem) Error() string { return p.Reason + ": " + p.Detail }

func (p *problem) write(w http.ResponseWriter) {
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="fairway"`)
	}
	if p.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((p.wait+time.Second-1)/time.Second)))
	}
	answer(w, p.status, p)
}

func refuse(status int, reason, detail string) *problem {
	return &problem{status: status, Reason: reason, Detail: detail}
}

var errNoSession = refuse(http.StatusUnauthorized, "no-session", signin.ErrNoSession.Error())

// outcomes says what the sign-in engine's outcomes are in HTTP.
var outcomes = []struct {
	err    error
	status int
	reason string
}{
	{signin.ErrCredentials, http.StatusUnauthorized, "credentials-wrong"},
	{signin.ErrNoSession, http.StatusUnauthorized, "no-session"},
	{signin.ErrCode, http.StatusForbidden, "code-wrong"},
	{signin.ErrDisabled, http.StatusForbidden, "identity-disabled"},
	{signin.ErrSecondFactor, http.StatusForbidden, "second-factor-needed"},
	{signin.ErrStale, http.StatusForbidden, "sign-in-stale"},
	{signin.ErrExists, http.StatusConflict, "already-registered"},
	{signin.ErrEnrolled, http.StatusConflict, "second-factor-enrolled"},
	{signin.ErrNotEnrolled, http.StatusConflict, "second-factor-not-enrolled"},
	{signin.ErrExpired, http.StatusConflict, "form-expired"},
	{signin.ErrUnavailable, http.StatusServiceUnavailable, "sign-in-unavailable"},
}

// problemOf is the one place where errors become answers. What is not known here is told without its text, which
// could hold anything.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, signin.ErrLocked) {
		return &problem{status: http.StatusTooManyRequests, wait: 15 * time.Minute, Reason: "locked", Detail: signin.ErrLocked.Error()}
	}
	if errors.Is(err, signin.ErrInvalid) {
		return refuse(http.StatusUnprocessableEntity, "person-invalid", err.Error())
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return refuse(o.status, o.reason, o.err.Error())
		}
	}
	var wire *envelope.Error
	if errors.As(err, &wire) {
		p := refuse(statusOf(wire.Code), wire.Code, wire.Detail)
		if strings.HasPrefix(wire.Where, "/") { // else it names an attribute of the envelope
			p.Pointer = wire.Where
		}
		return p
	}
	return refuse(http.StatusInternalServerError, "internal", "the door could not do this; look at the readiness of identity and try again")
}

// statusOf is 422 for JSON that breaks its contract, and 400 for what is no JSON.
func statusOf(code string) int {
	switch code {
	case envelope.CodeSchema, envelope.CodeUnknownMember, envelope.CodeNumber, envelope.CodeEnvelope:
		return http.StatusUnprocessableEntity
	case envelope.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		http.Error(w, "the answer could not be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // the client went away
}

// body reads at most what a contract allows.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, strict.MaxSize))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, envelope.CodeTooLarge, "the body is larger than 64 KiB")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, envelope.CodeMalformed, "the body could not be read to its end")
	}
	return data, nil
}

// read takes a body of exactly the form that v has.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	data, err := body(w, r)
	if err != nil {
		return err
	}
	return strict.Decode(data, v)
}
