package envelope

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// What the text of an attribute may be. "Sensitive information SHOULD NOT be in context attributes" (CloudEvents 1.0.2):
// none of them is free text.

func validID(v string) error {
	id, err := ulid.ParseStrict(v)
	if err != nil || id.String() != v {
		return errors.New("not a ULID in capitals")
	}
	return nil
}

func validSource(v string) error {
	if _, _, ok := topics.ParseSource(v); !ok {
		return errors.New("not /sites/<site>/<service>, nor the source of the operator")
	}
	return nil
}

func validSite(v string) error {
	if !topics.ValidSite(v) {
		return errors.New("not the name of a site")
	}
	return nil
}

// validSubject takes 1 to 256 printable ASCII characters without space and semicolon.
func validSubject(v string) error {
	bad := strings.IndexFunc(v, func(c rune) bool { return c <= ' ' || c > '~' || c == ';' })
	if v == "" || len(v) > 256 || bad >= 0 {
		return errors.New("not 1 to 256 printable ASCII characters without space and semicolon")
	}
	return nil
}

// validPerson takes a pseudonym: home site and ULID.
func validPerson(v string) error {
	site, id, _ := strings.Cut(v, ":")
	if validSite(site) != nil || validID(id) != nil {
		return errors.New("not the pseudonym of a person, <site>:<ULID>")
	}
	return nil
}

func validAssurance(v string) error {
	if v != "aal1" && v != "aal2" {
		return errors.New("neither aal1 nor aal2")
	}
	return nil
}

// validClass takes one short word.
func validClass(v string) error {
	if len(v) > 32 || strings.Trim(v, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return errors.New("not a data class, one word in small letters")
	}
	return nil
}

// validKeyID takes 1 to 64 characters without space.
func validKeyID(v string) error {
	if len(v) > 64 || validSubject(v) != nil {
		return errors.New("not a key id, at most 64 printable ASCII characters without space")
	}
	return nil
}

// traceParent is version 00 of W3C Trace Context.
var traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

func validTrace(v string) error {
	if !traceParent.MatchString(v) {
		return errors.New("not a traceparent of W3C Trace Context, version 00")
	}
	return nil
}

// maxMajor is beyond any major that an event will reach.
const maxMajor = 999

// schemaVersion is <major>.<minor>.<patch>.
var schemaVersion = regexp.MustCompile(`^([1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$`)

// validSchema takes the name of any minor of a contract's major, known or not.
func validSchema(c topics.Contract, name string) bool {
	own, _, _ := cutLast(c.DataSchema(), ":")
	stem, version, _ := cutLast(name, ":")
	parts := schemaVersion.FindStringSubmatch(version)
	return stem == own && parts != nil && parts[1] == strconv.Itoa(c.Major)
}
