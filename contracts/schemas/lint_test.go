package schemas_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// folders are all contract folders on disk, <service>/<noun>-<verb>.
func folders(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS("."), "*/*")
	if err != nil || len(found) == 0 {
		t.Fatalf("no contract folders: %v", err)
	}
	return found
}

// What a folder has to have beside that is judged by package lint.
func TestEveryFolderIsInTheTopicTable(t *testing.T) {
	for _, folder := range folders(t) {
		if _, ok := contractOf(folder); !ok {
			t.Errorf("%s is not in the topic table: run scripts/generate.sh", folder)
		}
	}
}

func contractOf(folder string) (topics.Contract, bool) {
	all := topics.All()
	i := slices.IndexFunc(all, func(c topics.Contract) bool { return c.Service+"/"+c.Name() == folder })
	if i < 0 {
		return topics.Contract{}, false
	}
	return all[i], true
}

func TestKeywordsOutsideTheProfileAreRefused(t *testing.T) {
	for _, keyword := range []string{"oneOf", "anyOf", "allOf", "not", "if", "patternProperties", "unevaluatedProperties", "default", "contentEncoding"} {
		if _, err := schemas.Parse([]byte(`{"type":"object","` + keyword + `":{}}`)); err == nil {
			t.Errorf("%s is accepted", keyword)
		}
	}
}

func TestErrorsDoNotQuoteValues(t *testing.T) {
	j, err := schemas.Of("airlock", "release-review", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	v, err := strict.Value([]byte(`{"releaseId":"Jane Doe","digest":"sha256:x","decision":"Jane Doe"}`))
	if err != nil {
		t.Fatal(err)
	}
	err = j.Check(v, schemas.Closed)
	if err == nil || strings.Contains(err.Error(), "Jane") {
		t.Errorf("%v quotes the value or accepts it", err)
	}
}
