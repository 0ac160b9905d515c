// Package health answers the probes of a service: is it alive, is it ready and if not why, and its metrics. It listens
// on the loopback interface only.
package health

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Check is one thing without which the service cannot do its work.
type Check struct {
	Name   string                      // as the operator knows it: database, broker, profile
	Ready  func(context.Context) error // nil when ready; must end with its context
	Advice string                      // what to do when it is not
}

// Warning is what Ready returns for what will keep the service from its work soon and does not yet: the check passes and
// its detail is shown.
type Warning struct{ Detail string }

func (w Warning) Error() string { return w.Detail }

// Info is what the probes tell about the process.
type Info struct {
	Site    string            `json:"site"`
	Service string            `json:"service"`
	Version string            `json:"version"`
	Flags   []string          `json:"flags"`   // allow-test-keys, allow-failpoints: what must not be on in production
	Engines map[string]string `json:"engines"` // part to its engine, for example relations: embedded or keto
}

// checkTimeout bounds each check, so that a hanging part shows as not ready.
const checkTimeout = 2 * time.Second

type report struct {
	Info
	Status string   `json:"status"`
	Checks []Result `json:"checks"`
}

// Result is how a check ended.
type Result struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Advice string `json:"advice,omitempty"`
}

// Mount adds /livez, /readyz and /metrics to mux.
//
// /livez is 200 as long as the process answers. /readyz is 200 when every check passes and 503 otherwise; both carry
// JSON with the info and, for /readyz, each check with its detail and advice.
func Mount(mux *http.ServeMux, info Info, metrics *Metrics, checks ...Check) {
	if info.Flags == nil {
		info.Flags = []string{}
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, report{Info: info, Status: "alive", Checks: []Result{}})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		out := report{Info: info, Status: "ready", Checks: run(r.Context(), checks)}
		code := http.StatusOK
		for _, c := range out.Checks {
			if !c.OK {
				out.Status, code = "not ready", http.StatusServiceUnavailable
			}
		}
		answer(w, code, out)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if err := metrics.Write(&b); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(b.Bytes()) // the prober went away
	})
}

// Failing lists the checks that fail by what /readyz answered; none of any other text.
func Failing(answer []byte) []Result {
	var r report
	if err := json.Unmarshal(answer, &r); err != nil {
		return nil
	}
	return slices.DeleteFunc(r.Checks, func(c Result) bool { return c.OK })
}

func run(ctx context.Context, checks []Check) []Result {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make([]Result, len(checks))
	answers := make([]chan error, len(checks))
	for i, c := range checks {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- c.Ready(ctx) }()
	}
	for i, c := range checks {
		results[i] = Result{Name: c.Name, OK: true}
		if err := await(ctx, answers[i]); err != nil {
			results[i] = Result{Name: c.Name, OK: errors.As(err, new(Warning)), Detail: err.Error(), Advice: c.Advice}
		}
	}
	return results
}

func await(ctx context.Context, answer <-chan error) error {
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer within %s", checkTimeout)
	}
}

func answer(w http.ResponseWriter, code int, body any) {
	b, err := json.Marshal(body, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n')) // the prober went away
}
