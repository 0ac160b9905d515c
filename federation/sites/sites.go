// Package sites carries the site profiles that come with Fairway, one YAML file each, modelled on public descriptions
// of real environments and not affiliated with them.
package sites

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Lookup returns the text of the profile called name, as profile.Parse takes it.
func Lookup(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("no site profile %q comes with this program: there are %s; give the path of a file for your own",
			name, strings.Join(Names(), ", "))
	}
	return files.ReadFile(name + ".yaml")
}

// Names lists the profiles, sorted.
func Names() []string {
	found, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic("sites: the embedded files cannot be listed: " + err.Error())
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(f, ".yaml")
	}
	return found
}
