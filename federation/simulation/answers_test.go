package simulation

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
)

// TestEveryAnswerOfEveryKindIsThatOfTheRowsPutTogether asks three sites everything that can be asked, and holds what they
// and the host sealed against the rows. Then it changes each number of each kind of answer by itself: the oracle has to
// find every one.
func TestEveryAnswerOfEveryKindIsThatOfTheRowsPutTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the month and each scene hold what they ask against the rows as well")
	}
	inMemory(t)
	inBubble(t, 1, func(t *testing.T) {
		w := begin(t, setting{seed: 1, sites: numbered(3), profile: alike})
		w.sceneAt(questions[0], 24*time.Hour, w.names()...)
		for i, asked := range questions {
			if i > 0 {
				w.open(asked, 24*time.Hour, w.names()...)
			}
			w.until("an answer", func() bool { return len(facts[federation.StudyCompleted](w.records())) > i })
			if c := facts[federation.StudyCompleted](w.records())[i].is; c.Outcome != "Completed" {
				t.Errorf("%+v: %s %s %+v", asked, c.Outcome, c.Reason, c.Manifest)
			}
		}
		if found := w.rest(true); len(found) > 0 {
			t.Error(tell(found))
		}
		t.Log(w.judged)
		w.falsify()
	})
}

// falsify changes each number of one answer of each kind, one after the other.
func (w *world) falsify() {
	h, tried, numbers := w.history(true), map[string]bool{}, 0
	truth(h)
	kinds := len(h.judged)
	for _, digest := range slices.Sorted(maps.Keys(h.answers)) {
		o := h.answers[digest]
		for i := range o.document.Results {
			what := nameOf(o.document.Results[i])
			if tried[what] {
				continue
			}
			tried[what] = true
			numbers += w.falsifyOne(h, o, i, what)
		}
	}
	if len(tried) != kinds {
		w.t.Errorf("of %d kinds of answers %d were changed", kinds, len(tried))
	}
	w.t.Logf("%d numbers of %d kinds of answers were changed", numbers, kinds)
}

// falsifyOne changes the numbers of one result of an output, and returns how many there are.
func (w *world) falsifyOne(h history, o output, at int, what string) (changed int) {
	text, err := outputs.Encode(o.document)
	if err != nil {
		w.t.Fatal(err)
	}
	for n := 0; ; n++ {
		document, err := outputs.Decode(text)
		if err != nil {
			w.t.Fatal(err)
		}
		result := reflect.New(reflect.TypeOf(document.Results[at])).Elem()
		result.Set(reflect.ValueOf(document.Results[at]))
		left := n
		place := change(result, "", &left)
		if place == "" {
			return n
		}
		document.Results[at] = result.Interface().(outputs.Result)
		changed := o
		changed.document = document
		if len(changed.judge(h)) == 0 {
			w.t.Errorf("%s with another %s passes", what, place)
		}
	}
}

// taken are members that no row tells: what was asked, how it was gone about, and what the oracle leaves to others.
var taken = []string{"Threshold", "Rounds", "Round", "At", "Masked", "Failed", "Firth", "Position", "Alignment", "From", "Combined", "Percent"}

// change finds the left-th number below a value and changes it; it returns where it is, empty if there are not as many.
func change(v reflect.Value, place string, left *int) string {
	switch v.Kind() {
	case reflect.Int, reflect.Float64:
		if *left--; *left >= 0 {
			return ""
		}
		if v.Kind() == reflect.Int {
			v.SetInt(v.Int() + 1)
		} else {
			v.SetFloat(v.Float() + max(1, math.Abs(v.Float()))/100)
		}
		return place
	case reflect.Pointer:
		if !v.IsNil() {
			return change(v.Elem(), place, left)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if found := change(v.Index(i), fmt.Sprintf("%s[%d]", place, i), left); found != "" {
				return found
			}
		}
	case reflect.Struct:
		if s := v.FieldByName("Suppressed"); s.IsValid() && s.Bool() {
			return "" // its numbers are not told
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !slices.Contains(taken, name) {
				if found := change(v.Field(i), place+"."+name, left); found != "" {
					return found
				}
			}
		}
	}
	return ""
}
