package lint

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

// TestTheReadmeNamesEveryKeyAndKeyword: findings send people there.
func TestTheReadmeNamesEveryKeyAndKeyword(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"sunset"}
	for _, r := range contractRules {
		names = append(names, r.key)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[schemas.Schema]()) {
		keyword, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, keyword)
	}
	for _, name := range names {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("contracts/README.md does not tell of `%s`", name)
		}
	}
}
