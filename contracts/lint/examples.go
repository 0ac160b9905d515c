package lint

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// least is how many examples of a kind a folder has.
var least = map[string]int{"valid": 1, "invalid": 2}

func (f *folder) checkExamples() error {
	for _, kind := range []string{"valid", "invalid"} {
		names, err := fs.Glob(f.tree, f.name+"/examples/"+kind+"/*.json")
		if err != nil {
			return err
		}
		if len(names) < least[kind] {
			f.say("examples/"+kind, 0, "examples-few", "write some; an invalid one is {\"expect\": {\"pointer\", \"code\"}, \"data\"}",
				"there are %d %s examples, at least %d are needed", len(names), kind, least[kind])
		}
		for _, name := range names {
			text, err := fs.ReadFile(f.tree, name)
			if err != nil {
				return err
			}
			file := strings.TrimPrefix(name, f.name+"/")
			if kind == "valid" {
				f.valid(file, text)
			} else {
				f.invalid(file, text)
			}
		}
	}
	return nil
}

// valid holds an example against the newest schema, which reads all older minors.
func (f *folder) valid(file string, text []byte) {
	if f.newest() == nil {
		return
	}
	if code, pointer, err := f.judge(text, schemas.Closed); err != nil {
		f.at(file, text, pointer, "example-valid", "mend the example, or move it to examples/invalid with what is expected",
			"%s refuses it: %s (%s)", f.newest().file, err, code)
	}
}

// Example is an invalid example: data, and where and why it is refused.
type Example struct {
	Expect struct {
		Pointer string `json:"pointer"`
		Code    string `json:"code"`
	} `json:"expect"`
	Data jsontext.Value `json:"data"`
}

func (f *folder) invalid(file string, text []byte) {
	var example Example
	if err := json.Unmarshal(text, &example, json.RejectUnknownMembers(true)); err != nil || len(example.Data) == 0 {
		f.at(file, text, "", "example-shape", "write {\"expect\": {\"pointer\", \"code\"}, \"data\"}", "not an invalid example with its reason")
		return
	}
	if f.newest() == nil {
		return
	}
	code, pointer, err := f.judge(example.Data, schemas.Closed)
	switch {
	case err == nil:
		f.at(file, text, "/data", "example-invalid", "break a rule of the schema, or move it to examples/valid", "%s accepts it", f.newest().file)
	case code != example.Expect.Code || pointer != example.Expect.Pointer:
		f.at(file, text, "/expect", "example-reason", "expect what happens, or mend the data: one example breaks one rule",
			"it is refused with %s at %q, and expects %s at %q", code, pointer, example.Expect.Code, example.Expect.Pointer)
	}
}

// judge returns code and place of a refusal.
func (f *folder) judge(data []byte, view schemas.View) (code, pointer string, err error) {
	value, err := strict.Value(data)
	if err == nil {
		err = f.newest().judge.Check(value, view)
	}
	var refused *reason.Error
	if errors.As(err, &refused) {
		return refused.Code, refused.Where, err
	}
	return path.Base(f.name), "", err
}
