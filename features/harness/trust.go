package harness

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/signing"
)

// Trust is the keys of all principals of all sites, each set verified by its site's root. Keys enrolled by a test are
// not among them.
func (f *Federation) Trust() (*signing.Trust, error) {
	all, err := signing.NewTrust(signing.Federation)
	if err != nil {
		return nil, err
	}
	for _, name := range f.Names() {
		own, err := f.sites[name].trust()
		if err == nil {
			err = all.Merge(own)
		}
		if err != nil {
			return nil, fmt.Errorf("find the keys of %s: %w", name, err)
		}
	}
	return all, nil
}

func (s *Site) trust() (*signing.Trust, error) {
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "trust.json"))
	if err != nil {
		return nil, err
	}
	return signing.LoadTrust(text, root)
}

// root is the member root of site.yaml, which stands on a line of its own.
func (s *Site) root() (ed25519.PublicKey, error) {
	name := filepath.Join(s.Dir, "site.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "root:"); ok {
			key, err := base64.StdEncoding.DecodeString(strings.Trim(strings.TrimSpace(value), `"'`))
			if err != nil || len(key) != ed25519.PublicKeySize {
				return nil, fmt.Errorf("%s: root is not the base64 of a public key", name)
			}
			return key, nil
		}
	}
	return nil, fmt.Errorf("%s names no root", name)
}

// Enrol lets the site believe a test key. Only a site started with --allow-test-keys looks.
func (s *Site) Enrol(k TestKey) error {
	dir := filepath.Join(s.Dir, "test-keys")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("enrol a test key at %s: %w", s.Name, err)
	}
	text, err := json.Marshal(struct {
		Source string   `json:"source"`
		Types  []string `json:"types"`
		Public []byte   `json:"public"`
	}{k.Public.Source, k.Public.Types, k.Public.Public})
	if err != nil {
		return fmt.Errorf("enrol a test key at %s: %w", s.Name, err)
	}
	return replace(filepath.Join(dir, k.KeyID()+".json"), text)
}

// replace makes a file appear with all of its content or not at all.
func replace(name string, content []byte) error {
	if err := os.WriteFile(name+".new", content, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
