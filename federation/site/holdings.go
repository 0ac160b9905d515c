package site

import (
	"errors"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/services/platform/document"
)

// holdings is the part of a holdings file that init understands; the workspace judges the whole.
type holdings struct {
	Datasets map[string]struct {
		File string            `yaml:"file"`
		Rows map[string]string `yaml:"rows,omitempty"`
	} `yaml:"datasets"`
}

// absolutePaths rewrites the paths of a holdings file so that they hold from any folder.
func absolutePaths(text []byte, from string) ([]byte, error) {
	var h holdings
	if err := document.YAML(text, &h); err != nil && !errors.Is(err, document.ErrEmpty) {
		return nil, err
	}
	base, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	for name, d := range h.Datasets {
		if d.File != "" && !filepath.IsAbs(d.File) {
			d.File = filepath.Join(base, d.File)
			h.Datasets[name] = d
		}
	}
	return yaml.Marshal(h)
}
