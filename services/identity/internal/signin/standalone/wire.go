package standalone

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	aal1 = "aal1"
	aal2 = "aal2"

	maxBody = 64 << 10
)

type object = map[string]any

// answer is what one request gets.
type answer struct {
	status int
	body   any
}

// refuse is Kratos' generic error. id is for programs; reason holds no personal data.
func refuse(status int, id, reason string) answer {
	return answer{status, object{"error": object{
		"code": status, "status": http.StatusText(status), "id": id, "reason": reason, "message": reason}}}
}

// StorageFailed is the id of the error that says that a record could not be kept; its reason says why.
const StorageFailed = "storage_failed"

func failed(err error) answer {
	return refuse(http.StatusInternalServerError, StorageFailed, err.Error())
}

func (a answer) write(w http.ResponseWriter) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "standalone identity: the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	w.Write(body)
}

// read decodes a body strictly: a field that the stand-in does not know is refused, never ignored.
func read[T any](r *http.Request) (v T, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return v, fmt.Errorf("read the request: %w", err)
	}
	if len(body) > maxBody {
		return v, fmt.Errorf("the request is over %d bytes", maxBody)
	}
	if err := json.Unmarshal(body, &v, json.RejectUnknownMembers(true)); err != nil {
		return v, fmt.Errorf("the standalone identity does not understand the request: %w", err)
	}
	return v, nil
}

func badRequest(err error) answer { return refuse(http.StatusBadRequest, "bad_request", err.Error()) }

func (i identity) wire() object {
	state := "inactive"
	if i.Active {
		state = "active"
	}
	return object{"id": i.ID, "schema_id": "person", "schema_url": "embedded:person", "state": state,
		"traits": object{"email": i.Email, "name": i.Name}, "created_at": i.Created}
}

func (x session) level() string {
	if x.SecondFactorAt.IsZero() {
		return aal1
	}
	return aal2
}

func (x session) wire(i identity) object {
	methods := []object{{"method": "password", "aal": aal1, "completed_at": x.IssuedAt}}
	if x.level() == aal2 {
		methods = append(methods, object{"method": "totp", "aal": aal2, "completed_at": x.SecondFactorAt})
	}
	return object{"id": x.ID, "active": true, "authenticated_at": x.AuthenticatedAt, "issued_at": x.IssuedAt, "expires_at": x.ExpiresAt,
		"authenticator_assurance_level": x.level(), "authentication_methods": methods, "identity": i.wire()}
}

// flow is one form on its way; it ends with the process.
type flow struct {
	kind    string // "login" or "settings"
	level   string
	session string // key of the session that it belongs to, if any
	secret  string // of the second factor offered
	expires time.Time
}

func (f flow) wire(id, state string, nodes ...object) object {
	if nodes == nil {
		nodes = []object{}
	}
	return object{"id": id, "type": "api", "state": state, "issued_at": f.expires.Add(-flowLife), "expires_at": f.expires,
		"request_url": "embedded:" + f.kind, "requested_aal": f.level,
		"ui": object{"action": "/self-service/" + f.kind + "?flow=" + id, "method": "POST", "nodes": nodes}}
}

// textNode is a form element that shows text to its reader.
func textNode(group, id string, number int, text string) object {
	return object{"type": "text", "group": group, "messages": []object{}, "meta": object{},
		"attributes": object{"node_type": "text", "id": id,
			"text": object{"id": number, "type": "info", "text": text, "context": object{"secret": text}}}}
}

// wrong gives a form back with Kratos' message for what was filled in wrongly.
func (f flow) wrong(id, state string, number int, text string) object {
	body := f.wire(id, state)
	body["ui"].(object)["messages"] = []object{{"id": number, "type": "error", "text": text}}
	return body
}

// recorder collects an answer for RoundTrip.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
func (w *recorder) WriteHeader(status int)      { w.status = status }
