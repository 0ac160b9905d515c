package plan

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/fields"
)

func TestThePageOfThePlanIsItsTypes(t *testing.T) {
	text, err := os.ReadFile("../PLAN.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != Page() {
		t.Error("features/PLAN.md is old: write it anew with: bin/fairway study fields > features/PLAN.md")
	}
}

func TestEveryFieldOfAPlanHasAFormAndSaysWhatItIs(t *testing.T) {
	var look func(reflect.Type)
	look = func(of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			name := f.Tag.Get("yaml")
			if name == "" {
				continue
			}
			form := f.Tag.Get("form")
			for one := range strings.SplitSeq(form, "=") {
				if !strings.Contains(form, "|") && !slices.Contains(fields.Forms(), one) {
					t.Errorf("%s.%s has the form %q, which is none", of, f.Name, one)
				}
			}
			if f.Tag.Get("help") == "" && !strings.HasSuffix(name, ",key") {
				t.Errorf("%s.%s does not say what it is", of, f.Name)
			}
			if f.Type.Kind() == reflect.Struct {
				look(f.Type)
			}
			if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct && f.Type != reflect.TypeFor[fields.Pairs]() {
				look(f.Type.Elem())
			}
		}
	}
	look(reflect.TypeFor[Plan]())
}
