package plan

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/fields"
)

// bomb is a text of which each line names the line before ten times.
func bomb(field string, depth int) string {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range depth {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return text + field + fmt.Sprintf(": *a%d\n", depth)
}

func TestAPlanThatGrowsWhileItIsReadIsRefused(t *testing.T) {
	const most = 256 << 20
	for name, text := range map[string]string{
		"aliases in a list of fields": bomb("analyses", 12),
		"aliases in a list of texts":  bomb("title: t\nprepare: [{step: filter, where: *a12}]\nquestion", 12),
		"an alias of itself":          "title: &a [*a]\n",
		"lists in lists":              "title: " + strings.Repeat("[", 200_000),
		"groups in groups":            "title: " + strings.Repeat("{a: ", 100_000),
		"a file of two megabytes":     "title: " + strings.Repeat("x", 2<<20),
		"a key of no text":            "? [a, b]\n: x\n",
		"merged into itself":          "a: &a {title: x, <<: *a}\n<<: *a\n",
		"a byte that ends texts":      "title: \"a\\0b\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse([]byte(text), "plan.yaml")
			runtime.ReadMemStats(&after)
			var problems *fields.Problems
			if !errors.As(err, &problems) || len(err.Error()) > 64<<10 {
				t.Errorf("it is taken, or told at length: %.200v", err)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%d bytes were allocated for %d", n, len(text))
			}
		})
	}
}
