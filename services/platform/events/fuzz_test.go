package events

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// FuzzARecordIsShownHarmlessly shows records that strangers wrote: nothing of their data, in one line that steers no
// terminal, with why they are not believed.
func FuzzARecordIsShownHarmlessly(f *testing.F) {
	f.Add([]byte("release/1"), []byte(`{"reason":"k7Qz-secret"}`), "molgenis.airlock.events.v1", "fairway.airlock.release.approved.v1", "/sites/molgenis/airlock", "01JD3Z5Q8V0N6W2T4K7M9R4D0H")
	f.Add([]byte("\x1b[2J"), []byte("\x1b[2J"), "t", "a\x1b[31m\nb", "\r/sites/x", "\u202e\u0000")
	f.Add([]byte(nil), []byte(nil), "", "", "", "")
	nobody, err := signing.NewTrust(signing.Federation)
	if err != nil {
		f.Fatal(err)
	}
	site := &Site{Name: "molgenis", trust: nobody}
	f.Fuzz(func(t *testing.T, key, value []byte, topic, kind, source, id string) {
		r := envelope.Record{Topic: topic, Key: key, Value: value, Headers: []envelope.Header{{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_type", Value: []byte(kind)},
			{Key: "ce_source", Value: []byte(source)}, {Key: "ce_id", Value: []byte(id)}, {Key: "ce_subject", Value: key}, {Key: "ce_keyid", Value: []byte(id)},
			{Key: "ce_signature", Value: []byte(signing.EncodeSignature(make([]byte, 64)))}, {Key: "content-type", Value: []byte("application/json")}}}
		one := site.look(bus.Position{Topic: topic, Time: time.Unix(0, 0)}, r)
		if one.Verified || one.Problem == "" || one.Data != nil || one.Withheld == "" || one.Reason != "" {
			t.Fatalf("what nobody signed is shown as %+v", one)
		}
		line := one.String()
		if i := strings.IndexFunc(line, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }); i >= 0 {
			t.Fatalf("%q steers a terminal at %d", line, i)
		}
		text, err := one.JSON()
		if err != nil || strings.ContainsAny(text, "\n\r\x1b") {
			t.Fatalf("%q (%v)", text, err)
		}
		letter := Letter{Service: "airlock", Topic: topic, Detail: kind}
		if strings.IndexFunc(letter.String(), unicode.IsControl) >= 0 {
			t.Fatalf("%q steers a terminal", letter.String())
		}
	})
}

// FuzzSince: a time on the command line is refused with the two forms that it may have, or understood.
func FuzzSince(f *testing.F) {
	for _, text := range []string{"", "90m", "-1h", "2026-01-31T12:00:00Z", "yesterday", "9999999h", "1e9s"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		at, err := Since(text, now)
		switch {
		case err != nil && !strings.Contains(err.Error(), "give a duration"):
			t.Fatal(err)
		case err == nil && text == "" && !at.IsZero():
			t.Fatal(at)
		}
	})
}
