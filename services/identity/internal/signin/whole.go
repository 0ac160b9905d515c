package signin

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what an engine may answer, in bytes.
const maxAnswer = 4 << 20

// whole takes an answer that claims success and says nothing for that of a broken engine: the client would give nil for
// it, without an error.
type whole struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.next.RoundTrip(r)
	// only who removes something is answered by nothing
	removed := r.Method == http.MethodDelete && err == nil && answer.StatusCode == http.StatusNoContent
	if err != nil || answer.StatusCode >= http.StatusMultipleChoices || removed {
		return answer, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err = closed(answer.Body, err); err != nil {
		return nil, fmt.Errorf("read the engine's answer: %w", err)
	}
	if said := bytes.TrimSpace(body); len(said) == 0 || bytes.Equal(said, []byte("null")) {
		answer.StatusCode = http.StatusBadGateway
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func closed(c io.Closer, err error) error {
	if gone := c.Close(); err == nil {
		return gone
	}
	return err
}
