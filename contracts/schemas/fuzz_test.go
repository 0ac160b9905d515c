package schemas_test

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// secret stands in seeds where a person's value could stand; no error may repeat it.
const secret = "k7Qz-secret-9Wx"

// FuzzParse: a schema file is refused, or judging by it breaks nothing, whatever the file and the payload say.
func FuzzParse(f *testing.F) {
	names, err := fs.Glob(schemas.Files, "airlock/*/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(schemas.Files, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte(`{"releaseId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","findings":[{"rule":1}]}`))
	}
	for _, text := range []string{`{"$ref":"#/$defs/a"}`, `{"$ref":"#/$defs/a","$defs":{"a":null}}`, `{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`,
		`{"properties":{"a":{"$ref":"#/$defs/b"}}}`, `{"properties":null,"title":"a"}`, `{"properties":[]}`, `{"items":null}`, `{"pattern":"["}`, `{"type":7}`, `{"minimum":1e400}`} {
		f.Add([]byte(text), []byte(`{"a":[1]}`))
	}
	f.Fuzz(func(t *testing.T, text, payload []byte) {
		if _, err := schemas.Parse(text); err != nil {
			return
		}
		j, err := schemas.NewJudge(text)
		value, noJSON := strict.Value(payload)
		if err != nil {
			t.Fatalf("parsed, but no judge: %v", err)
		}
		if noJSON != nil || j.Compile() != nil {
			return
		}
		if j.Check(value, schemas.Closed) == nil && j.Check(value, schemas.Open) != nil {
			t.Fatal("the closed view takes what the open one refuses")
		}
	})
}

// FuzzCheck: a payload of any contract is refused with a code, at a place, without its values, or taken in both views.
func FuzzCheck(f *testing.F) {
	all := topics.All()
	for i, c := range all {
		for _, data := range examples(f, c, "valid") {
			f.Add(uint8(i), data)
			f.Add(uint8(i), bytes.Replace(data, []byte(`":"`), []byte(`":"`+secret), 1))
		}
		for _, text := range examples(f, c, "invalid") {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, data []byte) {
		c := all[int(i)%len(all)]
		err := check(t, c, data, schemas.Closed)
		if err == nil {
			if err := check(t, c, data, schemas.Open); err != nil {
				t.Fatalf("the closed view takes what the open one refuses: %v", err)
			}
			return
		}
		var refused *reason.Error
		if !errors.As(err, &refused) || refused.Code == "" {
			t.Fatalf("%v carries no reason", err)
		}
		if refused.Where != "" && !strings.HasPrefix(refused.Where, "/") {
			t.Fatalf("%q is no pointer", refused.Where)
		}
		if strings.Contains(refused.Detail, secret) {
			t.Fatalf("a value is told: %v", err)
		}
	})
}
