package setup

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

// Trust reads whom a site believes of its own principals, verified by its root.
func Trust(siteDir string, site File) (*signing.Trust, error) {
	root, err := site.RootKey()
	if err != nil {
		return nil, err
	}
	text, err := readRegular(siteDir, TrustFile)
	if err != nil {
		return nil, err
	}
	own, err := signing.LoadTrust(text, root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: restore it from a backup", filepath.Join(siteDir, TrustFile), err)
	}
	if own.Site() != site.Site {
		return nil, fmt.Errorf("%s: %w: it is the trust of site %s", filepath.Join(siteDir, TrustFile), ErrKey, own.Site())
	}
	return own, nil
}

// Registry reads the federation's registry as this site last took it, verified as the operator's list; the keys of its
// participants are for the directory to verify. Errors: ErrNotJoined.
func Registry(siteDir string, site File) (registry.Registry, error) {
	if err := joined(siteDir, site); err != nil {
		return registry.Registry{}, err
	}
	operator, err := PublicKey(site.Federation.Root)
	if err != nil {
		return registry.Registry{}, fmt.Errorf("%s: federation.root: %w", filepath.Join(siteDir, SiteFile), err)
	}
	text, err := readRegular(siteDir, RegistryFile)
	if err != nil {
		return registry.Registry{}, err
	}
	r, err := registry.Open(text, operator)
	if err != nil {
		return registry.Registry{}, fmt.Errorf("%s: %w: run site join again with the operator's answer", filepath.Join(siteDir, RegistryFile), err)
	}
	return r, nil
}

func joined(siteDir string, site File) error {
	if site.Federation == nil {
		return fmt.Errorf("%s: %w: give %s to the operator and run site join with the answer", siteDir, ErrNotJoined, JoinFile)
	}
	return nil
}

// Directory is whom a gateway believes to begin with: its own site, and the participants as the site last took them from
// the operator's own hand. Errors: ErrNotJoined.
func Directory(siteDir string, own signing.Keys) (*registry.Directory, error) {
	site, err := ReadFile(siteDir)
	if err != nil {
		return nil, err
	}
	r, err := Registry(siteDir, site)
	if err != nil {
		return nil, err
	}
	operator, err := PublicKey(site.Federation.Root)
	if err != nil {
		return nil, err
	}
	return registry.NewDirectory(site.Site, own, operator, r)
}

// TestKey is a file test-keys/<anything>.json, by which a test enrols a key of its own. Its id is signing.KeyID.
type TestKey struct {
	Source string   `json:"source"` // whom it may sign as, of any site
	Types  []string `json:"types"`  // as signing.Key.Types
	Public []byte   `json:"public"` // base64 of the Ed25519 public key
}

// testKeys believes, besides the real keys, those enrolled in a folder, also when they came after the start.
type testKeys struct {
	real signing.Keys
	dir  string
	log  *slog.Logger
}

// Lookup finds real keys first, so that a test cannot replace one.
func (t testKeys) Lookup(keyID string) (signing.Key, bool) {
	if k, ok := t.real.Lookup(keyID); ok {
		return k, true
	}
	files, err := os.ReadDir(t.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.log.Warn("test keys cannot be read", "dir", t.dir, "err", err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		k, err := readTestKey(filepath.Join(t.dir, f.Name()))
		if err != nil {
			t.log.Warn("test key left out", "err", err)
			continue
		}
		if k.ID == keyID {
			return k, true
		}
	}
	return signing.Key{}, false
}

func readTestKey(name string) (signing.Key, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return signing.Key{}, fmt.Errorf("read test key: %w", err)
	}
	var k TestKey
	if err := json.Unmarshal(text, &k, json.RejectUnknownMembers(true)); err != nil {
		return signing.Key{}, fmt.Errorf("test key %s: expected {source, types, public}: %w", name, err)
	}
	if len(k.Public) != ed25519.PublicKeySize {
		return signing.Key{}, fmt.Errorf("test key %s: %w: public has %d bytes, expected %d", name, ErrKey, len(k.Public), ed25519.PublicKeySize)
	}
	return signing.Key{ID: signing.KeyID(k.Public), Source: k.Source, Types: k.Types, Public: k.Public, Test: true,
		NotBefore: time.Unix(0, 0).UTC(), NotAfter: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil
}
