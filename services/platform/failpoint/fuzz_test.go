package failpoint_test

import (
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

// FuzzParse: what arms failpoints is refused as such or arms; an empty text arms nothing.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", " , ", "workspace/running=hold", "a/b=error,a/b=kill", "a/b=hold,", "a=hold", "a/b", "a/b=", "=,=", "a/b=hold=x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		set, err := failpoint.Parse(spec)
		if err != nil {
			if !errors.Is(err, failpoint.ErrSpec) {
				t.Fatal(err)
			}
			return
		}
		if set == nil {
			t.Fatal("neither a set nor an error")
		}
		if spec == "" && set.Hit(t.Context(), "any/place") != nil {
			t.Fatal("nothing is armed, and a place is hit")
		}
	})
}
