package envelope

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/signing"
)

// Names of headers and values that never vary.
const (
	prefix      = "ce_"
	contentType = "content-type"
	mediaType   = "application/json"
	specVersion = "1.0"
)

// timeFormat is RFC 3339 in UTC, to the millisecond.
const timeFormat = "2006-01-02T15:04:05.000Z"

// attribute is how one context attribute is written and read. Its text is never empty on the wire.
type attribute struct {
	name     string
	required bool
	write    func(*Event) string
	read     func(*Event, string) error
}

// attributes lists every context attribute that may stand on the wire but signature, in the order of writing.
var attributes = []attribute{
	fixed("specversion", specVersion, reason.UnsupportedVersion),
	fixed("datacontenttype", mediaType, reason.Envelope),
	text("id", true, func(e *Event) *string { return &e.ID }, validID),
	text("source", true, func(e *Event) *string { return &e.Source }, validSource),
	text("type", true, func(e *Event) *string { return &e.Type }, nil),
	text("subject", true, func(e *Event) *string { return &e.Subject }, validSubject),
	text("dataschema", true, func(e *Event) *string { return &e.DataSchema }, nil),
	moment("time", true, func(e *Event) *time.Time { return &e.Time }),
	text("correlationid", false, func(e *Event) *string { return &e.CorrelationID }, validID),
	text("causationid", false, func(e *Event) *string { return &e.CausationID }, validID),
	count("sequence", func(e *Event) *uint64 { return &e.Sequence }),
	count("bordersequence", func(e *Event) *uint64 { return &e.BorderSequence }),
	text("site", false, func(e *Event) *string { return &e.Site }, validSite),
	text("project", false, func(e *Event) *string { return &e.Project }, validID),
	text("audience", false, func(e *Event) *string { return &e.Audience }, validSite),
	moment("expirytime", false, func(e *Event) *time.Time { return &e.Expiry }),
	text("dataclassification", false, func(e *Event) *string { return &e.DataClassification }, validClass),
	text("actor", false, func(e *Event) *string { return &e.Actor }, validPerson),
	text("session", false, func(e *Event) *string { return &e.Session }, validID),
	text("assurance", false, func(e *Event) *string { return &e.Assurance }, validAssurance),
	moment("authtime", false, func(e *Event) *time.Time { return &e.AuthTime }),
	{name: "restson", write: func(e *Event) string { return writeRests(e.RestsOn) },
		read: func(e *Event, v string) (err error) { e.RestsOn, err = readRests(v); return err }},
	text("traceparent", false, func(e *Event) *string { return &e.TraceParent }, validTrace),
	{name: "twin", write: func(e *Event) string { return writeTwin(e.Twin) },
		read: func(e *Event, v string) (err error) { e.Twin, err = readTwin(v); return err }},
	text("keyid", false, func(e *Event) *string { return &e.KeyID }, validKeyID),
}

func text(name string, required bool, at func(*Event) *string, valid func(string) error) attribute {
	return attribute{name, required,
		func(e *Event) string { return *at(e) },
		func(e *Event, v string) error {
			*at(e) = v
			if valid == nil {
				return nil
			}
			return valid(v)
		}}
}

// fixed is an attribute that has one value; another is refused with code.
func fixed(name, value, code string) attribute {
	return attribute{name, true,
		func(*Event) string { return value },
		func(_ *Event, v string) error {
			if v != value {
				return reason.New(code, name, "only %s is spoken here", value)
			}
			return nil
		}}
}

func moment(name string, required bool, at func(*Event) *time.Time) attribute {
	return attribute{name, required,
		func(e *Event) string {
			if at(e).IsZero() {
				return ""
			}
			return at(e).UTC().Format(timeFormat)
		},
		func(e *Event, v string) (err error) { *at(e), err = readTime(v); return err }}
}

func count(name string, at func(*Event) *uint64) attribute {
	return attribute{name, false,
		func(e *Event) string {
			if *at(e) == 0 {
				return ""
			}
			return fmt.Sprintf("%020d", *at(e))
		},
		func(e *Event, v string) (err error) { *at(e), err = readCount(v); return err }}
}

// readTime takes RFC 3339 in UTC, written with Z.
func readTime(v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil || !strings.HasSuffix(v, "Z") {
		return time.Time{}, errors.New("not a UTC time such as 2026-11-21T09:00:00.000Z")
	}
	return t, nil
}

// readCount takes 20 digits up to MaxSequence, so that text and number sort alike; zero is an absent attribute.
func readCount(v string) (uint64, error) {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || len(v) != 20 || n == 0 || n > MaxSequence {
		return 0, errors.New("not a number from 1 in 20 digits")
	}
	return n, nil
}

// writeRests joins "source subject sequence" by semicolons; neither character occurs in sources and subjects.
func writeRests(rests []Rest) string {
	parts := make([]string, len(rests))
	for i, r := range rests {
		parts[i] = fmt.Sprintf("%s %s %d", r.Source, r.Subject, r.Sequence)
	}
	return strings.Join(parts, ";")
}

var errNoRests = errors.New("not \"source subject sequence\" joined by semicolons")

func readRests(v string) ([]Rest, error) {
	parts := strings.Split(v, ";")
	if len(parts) > MaxRestsOn {
		return nil, fmt.Errorf("names more than %d facts", MaxRestsOn)
	}
	rests := make([]Rest, len(parts))
	for i, part := range parts {
		fields := strings.Split(part, " ")
		if len(fields) != 3 {
			return nil, errNoRests
		}
		n, err := strconv.ParseUint(fields[2], 10, 64)
		if err != nil || n == 0 || n > MaxSequence || strconv.FormatUint(n, 10) != fields[2] || validSource(fields[0]) != nil || validSubject(fields[1]) != nil {
			return nil, errNoRests
		}
		rests[i] = Rest{Source: fields[0], Subject: fields[1], Sequence: n}
	}
	return rests, nil
}

// writeTwin joins major and id.
func writeTwin(t Twin) string {
	if t == (Twin{}) {
		return ""
	}
	return fmt.Sprintf("%d:%s", t.Major, t.ID)
}

func readTwin(v string) (Twin, error) {
	major, id, _ := strings.Cut(v, ":")
	n, err := strconv.Atoi(major)
	if err != nil || n < 1 || n > maxMajor || strconv.Itoa(n) != major || validID(id) != nil {
		return Twin{}, errors.New("not <major>:<ULID>")
	}
	return Twin{Major: n, ID: id}, nil
}

// validText refuses what another reader could see differently.
func validText(name, v string) error {
	if len(v) > MaxValue {
		return reason.New(reason.TooLarge, name, "%d bytes, at most %d are allowed", len(v), MaxValue)
	}
	if !utf8.ValidString(v) || strings.IndexFunc(v, func(c rune) bool { return c < ' ' || (c >= 0x7f && c < 0xa0) }) >= 0 {
		return reason.New(reason.Encoding, name, "invalid UTF-8 or a control character")
	}
	return nil
}

// headersOf writes an event's headers, all but the signature, in the order of the table, and what of them is signed.
func headersOf(e *Event) (headers []Header, signed []signing.Attribute) {
	for _, a := range attributes {
		if v := a.write(e); v != "" {
			signed = append(signed, signing.Attribute{Name: a.name, Value: v})
			headers = append(headers, Header{headerName(a.name), []byte(v)})
		}
	}
	return headers, signed
}

// headerName is where the Kafka binding of CloudEvents puts an attribute.
func headerName(attribute string) string {
	if attribute == "datacontenttype" {
		return contentType
	}
	return prefix + attribute
}

// attributeName is headerName backwards, in any spelling of the header.
func attributeName(header string) (name string, ours bool) {
	lower := strings.ToLower(header)
	if lower == contentType {
		return "datacontenttype", true
	}
	return strings.CutPrefix(lower, prefix)
}

func find(name string) (attribute, bool) {
	i := slices.IndexFunc(attributes, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return attribute{}, false
	}
	return attributes[i], true
}
