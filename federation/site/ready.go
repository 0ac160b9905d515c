package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// ErrNotReady says that a service does not run, or says itself that it cannot work.
var ErrNotReady = errors.New("not ready")

const (
	askTimeout = 5 * time.Second
	mostAnswer = 64 << 10 // bytes of /readyz that are told
)

// Ready asks services of a site by their announced addresses whether they are ready; none named asks all. The error
// joins what each that is not ready lacks.
func Ready(ctx context.Context, dir string, services ...string) error {
	if len(services) == 0 {
		services = setup.Services()
		if own, err := setup.SiteServices(dir); err == nil { // what is wrong with the folder the services tell
			services = own
		}
	}
	var errs []error
	for _, service := range services {
		if err := ready(ctx, dir, service); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %w", service, ErrNotReady, err))
		}
	}
	return errors.Join(errs...)
}

func ready(ctx context.Context, dir, service string) error {
	addr, err := os.ReadFile(filepath.Join(dir, setup.RunDir, service+".http"))
	if err != nil {
		return fmt.Errorf("find its address: %w: start it", err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+strings.TrimSpace(string(addr))+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w: start it", err)
	}
	defer answer.Body.Close() //nolint:errcheck // read only
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return err
	}
	return lacking(answer.Status, text)
}

// lacking tells of a report of health only what fails, a line each; of anything else all of it.
func lacking(status string, text []byte) error {
	told := status
	for _, c := range health.Failing(text) {
		told += fmt.Sprintf("\n  %s: %s: %s", c.Name, strings.ReplaceAll(c.Detail, "\n", "; "), c.Advice)
	}
	if told == status {
		told += ": " + strings.TrimSpace(string(text))
	}
	return errors.New(told)
}
