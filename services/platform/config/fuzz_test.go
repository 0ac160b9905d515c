package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/config"
)

func FuzzLoadRefusesWithItsOwnErrorOrReadsTheSameTwice(f *testing.F) {
	for _, text := range []string{"siteDir: /srv/a\nlogLevel: WARN\n", "siteDir: /a\nsiteDir: /b\n", "SiteDir: /a\n", "siteDir: [a]\n", "? a\n", "a: &a [*a]\n",
		"siteDir: !!binary AAAA\n", "---\n---\n", "\t", "logLevel: 1\n"} {
		f.Add([]byte(text), "FAIRWAY_SITE_DIR=/srv/b")
	}
	f.Fuzz(func(t *testing.T, text []byte, variable string) {
		name := filepath.Join(t.TempDir(), "service.yaml")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var first, second config.Service
		err := config.Load(&first, name, []string{variable})
		if err != nil && !errors.Is(err, config.ErrConfig) {
			t.Fatalf("%v does not wrap ErrConfig", err)
		}
		if again := config.Load(&second, name, []string{variable}); (again == nil) != (err == nil) || err == nil && first != second {
			t.Fatalf("read twice: %v and %v, %+v and %+v", err, again, first, second)
		}
	})
}
