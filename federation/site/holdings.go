package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// holdings is the part of a holdings file that init understands; the workspace judges the whole.
type holdings struct {
	Datasets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"datasets"`
}

// absolutePaths rewrites the paths of a holdings file so that they hold from any folder.
func absolutePaths(text []byte, from string) ([]byte, error) {
	var h holdings
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&h); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("holdings: %w", err)
	}
	base, err := filepath.Abs(from)
	if err != nil {
		return nil, fmt.Errorf("holdings: %w", err)
	}
	for name, d := range h.Datasets {
		if d.File != "" && !filepath.IsAbs(d.File) {
			d.File = filepath.Join(base, d.File)
			h.Datasets[name] = d
		}
	}
	return yaml.Marshal(h)
}
