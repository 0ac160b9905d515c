package site

import (
	"bytes"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzAbsolutePaths: a holdings file is refused, or rewritten so that it holds from any folder and is then left as it is.
func FuzzAbsolutePaths(f *testing.F) {
	for _, text := range []string{"datasets:\n  d:\n    file: d.csv\n", "datasets: {d: {file: ../x}, e: {file: /abs}}", "datasets: {}", "", "datasets: [a]", "datasets: {d: null}", "a: 1",
		"datasets: {? : {file: a}}", "datasets: {\"a\\nb\": {file: \"c\\td\"}}", "datasets: {d: {file: 1}}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once, err := absolutePaths(text, "/srv/site")
		if err != nil {
			return
		}
		var read holdings
		if err := yaml.Unmarshal(once, &read); err != nil {
			t.Fatalf("rewritten, and not to be read: %v\n%s", err, once)
		}
		for name, d := range read.Datasets {
			if d.File != "" && !filepath.IsAbs(d.File) {
				t.Fatalf("%q lies at %q", name, d.File)
			}
		}
		if twice, err := absolutePaths(once, "/elsewhere"); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q, then %q (%v)", once, twice, err)
		}
	})
}
