package outputs

import (
	"reflect"
	"slices"
	"testing"
)

// The example of every kind is changed at each of its texts that is called a level, one after the other: what it then says
// is among its labels, so that nobody who holds labels against what is known misses a place.
func TestEveryLevelOfEveryKindIsAmongTheLabels(t *testing.T) {
	const marked = "marked"
	places := 0
	for i, example := range everyKind().Results {
		for n := 0; ; n++ {
			changed := reflect.New(reflect.TypeOf(example)).Elem()
			changed.Set(reflect.ValueOf(everyKind().Results[i]))
			left := n
			if !mark(changed, marked, &left) {
				break
			}
			places++
			all := Labels(Document{Results: []Result{changed.Interface().(Result)}})
			if !slices.ContainsFunc(all, func(l Level) bool { return l.Level == marked }) {
				t.Errorf("%s: level %d is not among %v", example.Kind(), n, all)
			}
		}
	}
	if places < 20 {
		t.Errorf("only %d places were tried", places)
	}
}

// mark changes the n-th text called Level or Compared below v, in the order of the members.
func mark(v reflect.Value, text string, n *int) bool {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if mark(v.Index(i), text, n) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			if name := v.Type().Field(i).Name; f.Kind() == reflect.String && (name == "Level" || name == "Compared") {
				if *n--; *n < 0 {
					f.SetString(text)
					return true
				}
				continue
			}
			if mark(f, text, n) {
				return true
			}
		}
	}
	return false
}

func TestALevelInATermIsALabel(t *testing.T) {
	terms := []string{Intercept, "age", "sex=male", "stage=a=b"}
	want := []Level{{"sex", "male"}, {"stage", "a=b"}}
	if got := Labels(Document{Results: []Result{ModelPart{Terms: terms}}}); !slices.Equal(got, want) {
		t.Errorf("of a part %v", got)
	}
	m := Model{}
	for _, term := range terms {
		m.Terms = append(m.Terms, Estimate{Term: term})
	}
	if got := Labels(Document{Results: []Result{m}}); !slices.Equal(got, want) {
		t.Errorf("of a model %v", got)
	}
}
