package provision_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func profileOf(t *testing.T, name string) []byte {
	t.Helper()
	text, err := sites.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func options(t *testing.T, names ...string) []provision.SiteOptions {
	t.Helper()
	var all []provision.SiteOptions
	for _, name := range names {
		all = append(all, provision.SiteOptions{Profile: profileOf(t, name), Broker: "127.0.0.1:29092", Holdings: []byte("datasets: []\n")})
	}
	return all
}

// together makes molgenis and denbi and returns the directory.
func together(t *testing.T) (dir string, made []provision.Site) {
	t.Helper()
	dir = t.TempDir()
	made, err := provision.Together(dir, provision.FederationOptions{Broker: "127.0.0.1:29093"}, options(t, "molgenis", "denbi"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, made
}

func read(t *testing.T, elem ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSecretsAreReadableByTheirOwnerAlone(t *testing.T) {
	dir, _ := together(t)
	secret := func(name string) bool {
		return strings.HasSuffix(name, ".key") || strings.HasSuffix(name, ".password") || strings.HasSuffix(name, "users.yaml") ||
			strings.HasSuffix(name, "enrolment-code") || strings.Contains(name, "admissions/")
	}
	found := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if secret(name) {
			found++
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %04o", name, info.Mode().Perm())
			}
		} else if text, _ := os.ReadFile(name); strings.Contains(string(text), "PRIVATE KEY") {
			t.Errorf("%s holds a private key", name)
		}
		return err
	})
	if err != nil || found < 40 {
		t.Fatalf("%d secrets, %v", found, err)
	}
}

func TestInitRefusesAFolderThatHoldsSomething(t *testing.T) {
	dir, _ := together(t)
	before := read(t, dir, "molgenis", setup.TrustFile)
	_, err := provision.InitSite(filepath.Join(dir, "molgenis"), options(t, "molgenis")[0])
	if !errors.Is(err, provision.ErrExists) || !strings.Contains(err.Error(), "give a new folder") {
		t.Errorf("site: %v", err)
	}
	if _, err := provision.InitFederation(filepath.Join(dir, provision.FederationDir), provision.FederationOptions{}); !errors.Is(err, provision.ErrExists) {
		t.Errorf("federation: %v", err)
	}
	if string(before) != string(read(t, dir, "molgenis", setup.TrustFile)) {
		t.Error("the folder was changed")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestABadProfileLeavesNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	_, err := provision.InitSite(dir, provision.SiteOptions{Profile: []byte("name: x")})
	if !errors.Is(err, profile.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the folder exists: %v", err)
	}
}

// change edits one member of a signed file without signing it again.
func change(t *testing.T, text []byte, edit func(map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAChangedJoinIsRefused(t *testing.T) {
	dir, _ := together(t)
	join := read(t, dir, "molgenis", setup.JoinFile)
	federation := filepath.Join(dir, provision.FederationDir)
	before := read(t, federation, setup.RegistryFile)
	for name, text := range map[string][]byte{
		"digest changed":  change(t, join, func(m map[string]any) { m["participant"].(map[string]any)["profileDigest"] = "sha256:00" }),
		"unknown member":  change(t, join, func(m map[string]any) { m["more"] = true }),
		"not JSON":        []byte("join"),
		"nothing":         {},
		"another's keys":  change(t, join, func(m map[string]any) { m["participant"] = map[string]any{} }),
		"signature empty": change(t, join, func(m map[string]any) { m["signature"] = "" }),
	} {
		if _, err := provision.Admit(federation, text, ""); !errors.Is(err, provision.ErrRefused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if string(before) != string(read(t, federation, setup.RegistryFile)) {
		t.Error("the registry was changed")
	}
}

func TestAnotherRootUnderAKnownNameIsRefused(t *testing.T) {
	dir, _ := together(t)
	impostor := filepath.Join(t.TempDir(), "impostor")
	if _, err := provision.InitSite(impostor, options(t, "molgenis")[0]); err != nil {
		t.Fatal(err)
	}
	_, err := provision.Admit(filepath.Join(dir, provision.FederationDir), read(t, impostor, setup.JoinFile), "")
	if !errors.Is(err, provision.ErrRefused) || !strings.Contains(err.Error(), "another root") {
		t.Fatalf("got %v", err)
	}
	// nor does the impostor's folder take the real site's admission
	_, err = provision.Join(impostor, read(t, provision.AdmissionFile(filepath.Join(dir, provision.FederationDir), "molgenis")))
	if !errors.Is(err, provision.ErrRefused) {
		t.Fatalf("got %v", err)
	}
}

// copied is a copy of a folder, with its secrets kept.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(name, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestAnAdmissionIsForItsSiteOnlyAndNeverAnOlderOne(t *testing.T) {
	dir, _ := together(t)
	federation, site := filepath.Join(dir, provision.FederationDir), filepath.Join(dir, "molgenis")
	old := read(t, provision.AdmissionFile(federation, "molgenis"))
	before := copied(t, federation)
	if _, err := provision.Join(site, read(t, provision.AdmissionFile(federation, "denbi"))); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("another site's: %v", err)
	}
	if _, err := provision.Admit(federation, read(t, dir, "denbi", setup.JoinFile), ""); err != nil {
		t.Fatal(err)
	}
	newer := read(t, provision.AdmissionFile(federation, "molgenis"))
	if _, err := provision.Join(site, newer); err != nil {
		t.Fatal(err)
	}
	if _, err := provision.Join(site, old); !errors.Is(err, provision.ErrRefused) || !strings.Contains(err.Error(), "serial") {
		t.Errorf("an older one: %v", err)
	}
	// the operator's folder as it was before, and another change in the place of the one that the site has seen
	for range 2 {
		if _, err := provision.Admit(before, read(t, dir, "molgenis", setup.JoinFile), "DTA"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := provision.Join(site, read(t, provision.AdmissionFile(before, "molgenis"))); !errors.Is(err, registry.ErrFork) {
		t.Errorf("another history: %v", err)
	}
	tampered := change(t, newer, func(m map[string]any) { m["registry"].(map[string]any)["signature"] = "" })
	if _, err := provision.Join(site, tampered); !errors.Is(err, registry.ErrSignature) {
		t.Errorf("a tampered one: %v", err)
	}
}

func TestAChangedProfileIsRefusedUntilAccepted(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	text := []byte(strings.Replace(string(profileOf(t, "molgenis")), "threshold: 5", "threshold: 6", 1))
	if err := os.WriteFile(filepath.Join(site, setup.ProfileFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := setup.Load(t.Context(), site, topics.Airlock, setup.Options{}); !errors.Is(err, setup.ErrProfile) {
		t.Fatalf("got %v", err)
	}
	if err := provision.AcceptProfile(site, text); err != nil {
		t.Fatal(err)
	}
	env, err := setup.Load(t.Context(), site, topics.Airlock, setup.Options{})
	if err != nil || env.Profile.Threshold != 6 {
		t.Fatalf("threshold %d, %v", env.Profile.Threshold, err)
	}
	defer env.Objects.Close()
	p, err := provision.Admit(filepath.Join(dir, provision.FederationDir), read(t, site, setup.JoinFile), "")
	if err != nil || p.ProfileDigest != env.Profile.Digest() {
		t.Fatalf("digest %s, %v", p.ProfileDigest, err)
	}
	if err := provision.AcceptProfile(site, profileOf(t, "denbi")); !errors.Is(err, provision.ErrRefused) {
		t.Fatalf("another site's profile: %v", err)
	}
}
