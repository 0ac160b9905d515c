package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// doorTimeout bounds one request, with all tries to reach a door that is restarting.
const doorTimeout = 30 * time.Second

// maxAnswer bounds what is read of an answer, beyond what a result may be.
const maxAnswer = outputs.MaxBytes + 1<<20

// DoorError is an answer of the door other than the one hoped for.
type DoorError struct {
	Status int
	Text   string
}

func (e *DoorError) Error() string {
	return fmt.Sprintf("the door answers %d: %s", e.Status, e.Text)
}

// door is the HTTP side of a site, as people reach it.
type door struct {
	site *Site
	http *http.Client
}

func newDoor(s *Site, address string) door {
	return door{s, &http.Client{Transport: &http.Transport{DialContext: from(address).DialContext, DisableKeepAlives: true}}}
}

func (d door) call(ctx context.Context, method, path, token string, body any, want int, answer any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
	}
	got, status, err := d.send(ctx, method, path, token, text, nil)
	if err != nil {
		return err
	}
	// a door may answer 200, 201 or 204 where it has done what was asked
	if status != want && (status < 200 || status > 204) {
		return &DoorError{status, short(got)}
	}
	if answer == nil || len(got) == 0 {
		return nil
	}
	if err := json.Unmarshal(got, answer); err != nil {
		return fmt.Errorf("read the door's answer: %w", err)
	}
	return nil
}

func (d door) act(ctx context.Context, token string, act envelope.Payload, rests []Seen, receipt *Receipt) error {
	text, err := json.Marshal(act)
	if err != nil {
		return fmt.Errorf("write the act: %w", err)
	}
	var named []string
	for _, s := range rests {
		named = append(named, fmt.Sprintf("%s %s %d", s.Event.Source, s.Event.Subject, s.Event.Sequence))
	}
	got, status, err := d.send(ctx, http.MethodPost, "/acts/"+act.EventType(), token, text, http.Header{"Fairway-Rests-On": {strings.Join(named, ", ")}})
	if err != nil {
		return err
	}
	return receiptOf(got, status, receipt)
}

// bring sends bytes of which the door makes an act.
func (d door) bring(ctx context.Context, token, path, mediaType string, bytes []byte, receipt *Receipt) error {
	got, status, err := d.send(ctx, http.MethodPost, path, token, bytes, http.Header{"Content-Type": {mediaType}})
	if err != nil {
		return err
	}
	return receiptOf(got, status, receipt)
}

func receiptOf(got []byte, status int, receipt *Receipt) error {
	if status != http.StatusAccepted {
		return &DoorError{status, short(got)}
	}
	if err := json.Unmarshal(got, receipt); err != nil {
		return fmt.Errorf("read the door's receipt: %w", err)
	}
	return nil
}

func (d door) bytes(ctx context.Context, path, token string) ([]byte, error) {
	got, status, err := d.send(ctx, http.MethodGet, path, token, nil, nil)
	if err == nil && status != http.StatusOK {
		err = &DoorError{status, short(got)}
	}
	return got, err
}

// send makes a request. A door that cannot be reached, which has seen nothing, is tried again until the time is over.
func (d door) send(ctx context.Context, method, path, token string, body []byte, header http.Header) ([]byte, int, error) {
	ctx, cancel := context.WithTimeout(ctx, doorTimeout)
	defer cancel()
	for {
		got, status, err := d.once(ctx, method, path, token, body, header)
		var unreached *net.OpError
		if err == nil || !errors.As(err, &unreached) || unreached.Op != "dial" || !pause(ctx, retryInterval) {
			return got, status, err
		}
	}
}

func (d door) once(ctx context.Context, method, path, token string, body []byte, header http.Header) ([]byte, int, error) {
	address, err := readAddress(d.site.httpFile(topics.Identity))
	if err != nil {
		return nil, 0, fmt.Errorf("find the door of %s: %w", d.site.Name, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("reach the door of %s: %w", d.site.Name, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for name, values := range header {
		if values[0] != "" {
			request.Header[name] = values
		}
	}
	answer, err := d.http.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("reach the door of %s: %w", d.site.Name, err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, 0, fmt.Errorf("read the answer of the door of %s: %w", d.site.Name, err)
	}
	return got, answer.StatusCode, nil
}

func short(text []byte) string {
	return strings.TrimSpace(string(text[:min(len(text), 300)]))
}
