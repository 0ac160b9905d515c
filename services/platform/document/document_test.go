package document_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/document"
)

type user struct {
	Name     string `yaml:"name" json:"name"`
	Password int    `yaml:"password" json:"password"`
}

type file struct {
	Users []user `yaml:"users" json:"users"`
}

func TestAMistakeIsToldByItsPlaceWithoutTypesAndValues(t *testing.T) {
	for name, c := range map[string]struct {
		read func([]byte, any) error
		text string
		want string
	}{
		"unknown field":     {document.YAML, "users:\n  - nam: a\n", "line 2: field nam is unknown"},
		"wrong kind":        {document.YAML, "users:\n  - password: hunter2\n", "line 2: there is text where something else is expected"},
		"not a list":        {document.YAML, "users: {a: 1}\n", "line 1: there is a group of fields where something else is expected"},
		"two documents":     {document.YAML, "users: []\n---\nusers: []\n", "more than one YAML document"},
		"not YAML":          {document.YAML, "users: []\na: [", "yaml: line 2"},
		"unknown member":    {document.JSON, `{"users":[{"nam":"a"}]}`, "unknown member at /users/0/nam"},
		"wrong JSON kind":   {document.JSON, `{"users":[{"password":"hunter2"}]}`, "the value at /users/0/password is not of the expected form"},
		"not JSON":          {document.JSON, `hunter2`, "it is no JSON document"},
		"another JSON kind": {document.JSON, `[]`, "it is not of the expected form"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.read([]byte(c.text), new(file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			for _, never := range []string{"hunter2", "document_test", "struct", "Go ", "\n"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q holds %q", err, never)
				}
			}
		})
	}
}

func TestAnEmptyFileIsToldApart(t *testing.T) {
	if err := document.YAML([]byte("# nothing\n"), new(file)); !errors.Is(err, document.ErrEmpty) {
		t.Fatal(err)
	}
}

func TestAGoodFileIsRead(t *testing.T) {
	for text, read := range map[string]func([]byte, any) error{"users: [{name: a, password: 1}]": document.YAML, `{"users":[{"name":"a","password":1}]}`: document.JSON} {
		var f file
		if err := read([]byte(text), &f); err != nil || len(f.Users) != 1 || f.Users[0] != (user{"a", 1}) {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
	}
}
