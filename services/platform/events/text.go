package events

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// clock is how times are shown, in UTC.
const clock = "2006-01-02T15:04:05.000Z"

// String is one line: time, type, subject, number, source, cause, reason, the schema where it is a newer minor. It holds nothing of the data but the reason.
func (s Seen) String() string {
	mark := "  "
	if !s.Verified {
		mark = "! "
	}
	words := []string{mark + s.Time.UTC().Format(clock), printable(orUnknown(s.Type)), printable(orUnknown(s.Subject))}
	if s.Sequence > 0 {
		words = append(words, "#"+strconv.FormatUint(s.Sequence, 10))
	}
	for _, w := range []struct{ name, value string }{{"from", s.Source}, {"id", s.ID}, {"cause", s.Cause}, {"reason", s.Reason}, {"newer", s.Newer}} {
		if w.value != "" {
			words = append(words, w.name+"="+printable(w.value))
		}
	}
	if s.Problem != "" {
		words = append(words, "NOT-BELIEVED="+s.Problem)
	}
	return strings.Join(words, " ")
}

// JSON is one line of JSON with what String shows, the place on the topic, and the data as far as it may be shown.
func (s Seen) JSON() (string, error) {
	line := struct {
		Seen
		Data jsontext.Value `json:"data,omitzero"`
	}{Seen: s, Data: s.Data}
	text, err := json.Marshal(line, jsontext.AllowInvalidUTF8(true))
	return string(text), err
}

// String is one line: when, which service, where it lay, reason, digest, audit leaf, id, detail.
func (l Letter) String() string {
	mark := "  "
	if !l.Verified {
		mark = "! "
	}
	return fmt.Sprintf("%s%s %s %s/%d/%d reason=%s digest=%s leaf=%d record=%s (%s)", mark, l.Time.UTC().Format(clock), l.Service,
		printable(l.Topic), l.Partition, l.Offset, l.Reason, l.Digest, l.AuditLeaf, l.RecordID, printable(l.Detail))
}

// Since understands a duration before now, or a time.
func Since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("since %.40q: give a duration such as 90m, or a time such as 2026-01-31T12:00:00Z", text)
	}
	return t, nil
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// printable keeps what a stranger wrote from steering the terminal, and on one line.
func printable(s string) string {
	const limit = 200
	out := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && !strconv.IsPrint(c) {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	return out[:min(len(out), limit)]
}
