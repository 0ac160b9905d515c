package crates

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestEveryMemberOfAnAnalysisIsAParameterOfItsShape(t *testing.T) {
	members := reflect.TypeFor[vocabulary.Analysis]()
	for i := range members.NumField() {
		f := members.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "kind" {
			continue
		}
		want := single
		if f.Type.Kind() == reflect.Slice {
			if want = list; f.Type.Elem().Kind() == reflect.Struct {
				want = structured
			}
		}
		if got, known := shapes[name]; !known || got != want {
			t.Errorf("%s: shape %d, known %v, not %d", name, got, known, want)
		}
	}
	if len(shapes) != members.NumField()-1 {
		t.Errorf("%d shapes for %d members", len(shapes), members.NumField()-1)
	}
}
