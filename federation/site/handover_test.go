package site_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/site"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// TestAHandOverHasOnlyWhatTheServiceNeeds: its own secrets, and none of another principal.
func TestAHandOverHasOnlyWhatTheServiceNeeds(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "molgenis"), filepath.Join(t.TempDir(), "given")
	if _, err := site.Init(dir, site.InitOptions{Profile: "molgenis", Broker: "127.0.0.1:9999"}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again, as after a change of the profile
		if err := site.HandOver(dir, topics.Airlock, to); err != nil {
			t.Fatal(err)
		}
	}
	var secrets []string
	for _, principal := range []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Gateway, topics.Portal} {
		for _, name := range []string{setup.SigningKeyFile, setup.PasswordFile} {
			text, err := os.ReadFile(filepath.Join(dir, principal, name))
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, string(text))
		}
	}
	names := map[string]bool{}
	err := filepath.Walk(to, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		names[filepath.Base(name)] = true
		text, err := os.ReadFile(name)
		for _, s := range secrets {
			if strings.Contains(string(text), strings.TrimSpace(s)) {
				t.Errorf("%s holds a secret of another principal", name)
			}
		}
		own := filepath.Base(name) == setup.SigningKeyFile || filepath.Base(name) == setup.PasswordFile
		if own && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"service.json", setup.CAFile, setup.TrustFile, setup.ProfileFile, "profile.json", setup.SigningKeyFile, setup.PasswordFile} {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if len(names) != 7 {
		t.Errorf("there are %v", names)
	}
}

func TestOnlySomeServicesCanBeHandedOver(t *testing.T) {
	for _, service := range []string{topics.Identity, topics.Gateway, "nobody"} {
		if err := site.HandOver(t.TempDir(), service, t.TempDir()); !errors.Is(err, site.ErrHandOver) {
			t.Errorf("%s: %v", service, err)
		}
	}
}
