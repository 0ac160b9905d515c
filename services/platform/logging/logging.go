// Package logging writes operational logs as JSON lines in which no personal data can stand by accident: a value is
// written only under a known key, and ids of persons and mail addresses are cut out of every text.
package logging

import (
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"time"
)

// Redacted stands where a value was not written.
const Redacted = "[redacted]"

// keys may carry a value. None of them is about a person, a project, a row or a payload.
var keys = map[string]bool{
	"ts": true, "level": true, "msg": true, "service": true, "site": true, "principal": true, "version": true,
	"event_id": true, "event_type": true, "trace_id": true, "span_id": true, "reason": true, "state": true,
	"err": true, "error": true, "topic": true, "partition": true, "offset": true, "group": true, "handler": true,
	"generation": true, "broker": true, "user": true, "keyid": true, "source": true, "digest": true, "size": true,
	"addr": true, "dir": true, "file": true, "flag": true, "check": true, "failpoint": true, "signal": true,
	"attempt": true, "count": true, "total": true, "delay": true, "took": true, "deadline": true, "timer": true,
	"leaf": true, "job_id": true, "release_id": true, "study_id": true, "question_id": true, "direction": true, "serial": true, "known": true,
	"outcome": true, "marks": true, "quarantined": true, "from": true, "to": true, "kind": true, "type": true, "link": true,
}

// personal matches what identifies a person wherever it stands: an id <site>:<ulid> and a mail address.
var personal = regexp.MustCompile(`\b[a-z][a-z0-9-]{1,31}:[0-7][0-9A-HJKMNP-TV-Z]{25}\b|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)

// maxText is the longest text of one value; a longer one is cut, because it may be a payload.
const maxText = 2048

// New returns a logger of one service at one site that writes to w from level on.
func New(w io.Writer, level slog.Leveler, site, service string) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
	return slog.New(h).With("site", site, "service", service)
}

func replace(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		a.Key = "ts"
	}
	if !keys[a.Key] {
		return slog.String(a.Key, Redacted)
	}
	a.Value = clean(a.Value.Resolve())
	return a
}

// clean keeps numbers, times and scrubbed text. Of anything else only an error and what renders itself as text pass: a
// struct or map could hold a whole event.
func clean(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindUint64, slog.KindTime:
		return v
	case slog.KindString:
		return slog.StringValue(scrub(v.String()))
	}
	switch x := v.Any().(type) {
	case error:
		return slog.StringValue(scrub(x.Error()))
	case slog.Level, time.Time, *slog.Source:
		return v
	case fmt.Stringer:
		return slog.StringValue(scrub(x.String()))
	case encoding.TextMarshaler:
		if text, err := x.MarshalText(); err == nil {
			return slog.StringValue(scrub(string(text)))
		}
	}
	return slog.StringValue(Redacted)
}

func scrub(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return personal.ReplaceAllString(s, Redacted)
}
