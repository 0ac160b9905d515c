// Package document reads files that people and other programs hand over, and says what is wrong with one in words of
// the file: line or pointer and field, never a type of this program and never a value, which may be a secret.
package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

// ErrEmpty is when there is no document at all.
var ErrEmpty = errors.New("the file is empty")

// YAML decodes the one document in text into v, a pointer. Fields that v does not have are refused. Errors: ErrEmpty.
func YAML(text []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(v)
	if errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	if err != nil {
		return inWords(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document: keep one")
	}
	return nil
}

// What the YAML library says of one line: an unknown field, and a value of the wrong kind.
var (
	unknownField = regexp.MustCompile(`(?s)^(line \d+): field (.*) not found in type .*$`)
	wrongKind    = regexp.MustCompile("(?s)^(line \\d+): cannot unmarshal (\\S+)( `.*`)? into .*$")
)

// What it says of a whole file with a value or a made-up tag in it, and what to say instead.
var sayings = []struct {
	said  *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`(?s)unknown anchor '.*' referenced`), "unknown anchor: put a value that begins with * into quotes"},
	{regexp.MustCompile(`(?s)anchor '.*' value contains itself`), "an anchor contains itself"},
	{regexp.MustCompile("(?s)cannot decode \\S+ `.*` as an? (!!\\w+).*"), "a value is not what its tag $1 says"},
	{regexp.MustCompile(`(?s)invalid map key: .*`), "a field is not named by plain text"},
}

var kinds = map[string]string{"!!seq": "a list", "!!map": "a group of fields", "!!str": "text", "!!int": "a number", "!!float": "a number",
	"!!bool": "true or false", "!!null": "nothing", "!!timestamp": "a date"}

func inWords(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		text := err.Error()
		for _, s := range sayings {
			text = s.said.ReplaceAllString(text, s.words)
		}
		return errors.New(text)
	}
	told := make([]string, len(wrong.Errors))
	for i, problem := range wrong.Errors {
		switch {
		case unknownField.MatchString(problem):
			told[i] = unknown(unknownField.FindStringSubmatch(problem))
		case wrongKind.MatchString(problem):
			m := wrongKind.FindStringSubmatch(problem)
			told[i] = fmt.Sprintf("%s: there is %s where something else is expected", m[1], cmp.Or(kinds[m[2]], "a value of another kind"))
		default:
			told[i] = problem
		}
	}
	return errors.New(strings.Join(told, "; "))
}

// plainName is a name that can be repeated: "password:secret", which lacks a space, is a field to the library.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

func unknown(field []string) string {
	if !plainName.MatchString(field[2]) {
		return field[1] + ": a field is unknown whose name is no plain word: a space after its colon may be missing"
	}
	return fmt.Sprintf("%s: field %s is unknown", field[1], field[2])
}

// JSON decodes text into v, a pointer. Members that v does not have are refused.
func JSON(text []byte, v any) error {
	err := json.Unmarshal(text, v, json.RejectUnknownMembers(true))
	var wrong *json.SemanticError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &wrong):
		return fmt.Errorf("it is no JSON document: %w", err)
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("unknown member at %s", wrong.JSONPointer)
	case wrong.JSONPointer == "":
		return errors.New("it is not of the expected form")
	}
	return fmt.Errorf("the value at %s is not of the expected form", wrong.JSONPointer)
}
