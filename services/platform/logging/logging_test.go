package logging_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/logging"
)

// The canaries stand for a name, a small cell, a person's id and a mail address.
const (
	canary = "CANARY-7f3a"
	person = "molgenis:01J00000000000000000000001"
	mail   = "canary@hospital.example"
)

type payload struct{ Name string }

type lazy struct{}

func (lazy) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", canary), slog.String("reason", person))
}

func speak(log *slog.Logger) {
	log.Info("under an unknown key", "name", canary, "rows", []string{canary})
	log.Info("in a group", slog.Group("reason", slog.String("patient", canary)))
	log.Info("a struct under a known key", "reason", payload{canary}, "digest", map[string]string{"a": canary}, "to", []byte(canary))
	log.Info("lazily", "reason", lazy{})
	log.With("patient", canary, "source", payload{canary}).WithGroup("g").Info("with", "patient", canary)
	log.Info("in an error", "err", fmt.Errorf("grant role to %s: %w", person, errors.New(mail)))
	log.Info("in the message " + person + " " + mail)
}

func TestNoCanaryIsWritten(t *testing.T) {
	var b bytes.Buffer
	speak(logging.New(&b, slog.LevelDebug, "molgenis", "identity"))
	for _, secret := range []string{canary, person, mail, "01J00000000000000000000001", "Q0FOQVJZ"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s was written:\n%s", secret, b.String())
		}
	}
	if n := strings.Count(b.String(), "\n"); n != 7 {
		t.Errorf("%d lines were written, expected 7:\n%s", n, b.String())
	}
}

func TestKnownKeysAreWritten(t *testing.T) {
	var b bytes.Buffer
	logging.New(&b, slog.LevelInfo, "molgenis", "airlock").Warn("event refused", "reason", "signature-invalid", "offset", 42,
		"took", 3*time.Second, "err", errors.New("no such key"))
	for _, want := range []string{`"ts":"`, `"level":"WARN"`, `"msg":"event refused"`, `"site":"molgenis"`, `"service":"airlock"`,
		`"reason":"signature-invalid"`, `"offset":42`, `"took":3000000000`, `"err":"no such key"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in %s", want, b.String())
		}
	}
}

func TestALongTextIsCut(t *testing.T) {
	var b bytes.Buffer
	logging.New(&b, slog.LevelInfo, "molgenis", "airlock").Info("m", "reason", strings.Repeat("x", 1<<20))
	if b.Len() > 4096 {
		t.Fatalf("%d bytes were written", b.Len())
	}
}
