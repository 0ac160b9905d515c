package setup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
)

func FuzzReadFileTakesOnlyASite(f *testing.F) {
	const sound = "layout: 1\nsite: molgenis\nprofileDigest: sha256:0\nroot: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nbroker: 127.0.0.1:0\n"
	for _, text := range []string{sound, sound + "database: postgres\n", sound + "site: other\n", "layout: 99\n", "layout: x\n", "site: ../../etc\n",
		sound + "federation:\n  broker: x\n  root: AAAA\n", sound + "engines: {}\n", "a: &a [*a]\n", "!!binary AAAA"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, SiteFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := ReadFile(dir)
		if err != nil {
			return
		}
		if _, err := PublicKey(file.Root); err != nil || file.Layout != LayoutVersion || !topics.ValidSite(file.Site) {
			t.Fatalf("taken for a site: %+v", file)
		}
	})
}
