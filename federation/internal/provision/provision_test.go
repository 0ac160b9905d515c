package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/objects"
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

func TestEveryServiceOfAJoinedSiteLoadsWithItsOwnKeyAndUser(t *testing.T) {
	dir, made := together(t)
	for _, principal := range setup.Services() {
		env, err := setup.Load(t.Context(), filepath.Join(dir, "molgenis"), principal, setup.Options{})
		if err != nil {
			t.Fatalf("%s: %v", principal, err)
		}
		defer env.Objects.Close()
		if env.Signer.Source() != "/sites/molgenis/"+principal || env.Bus.Username != principal || env.Profile.Name != "molgenis" {
			t.Errorf("%s: signs as %s, user %s", principal, env.Signer.Source(), env.Bus.Username)
		}
		k, ok := env.Trust.Lookup(env.Signer.KeyID())
		if !ok || k.Source != env.Signer.Source() || !slices.Equal(k.Types, topics.WrittenBy(principal)) {
			t.Errorf("%s: its own key is trusted as %+v, %v", principal, k, ok)
		}
		want := map[string]int{topics.Identity: 1, topics.Gateway: 1}[principal]
		if len(env.Links) != want {
			t.Errorf("%s has %d links, expected %d", principal, len(env.Links), want)
		}
	}
	identity, err := setup.Load(t.Context(), filepath.Join(dir, "molgenis"), topics.Identity, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer identity.Objects.Close()
	if got := identity.Settings[setup.SettingEnrolment]; got != objects.Digest([]byte(made[0].Code)) {
		t.Errorf("enrolment digest %s", got)
	}
	if identity.Links[setup.LinkPortal].Signer.Source() != "/sites/molgenis/portal" {
		t.Error("identity cannot speak for the portal")
	}
}

func TestIdentityIsToldWhereItsEnginesAre(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	err := edit(setup.SiteFile, "layout: 1", "layout: 1\nengines: {ketoRead: \"127.0.0.1:4466\", ketoWrite: \"127.0.0.1:4467\"}")(site)
	if err != nil {
		t.Fatal(err)
	}
	env, err := setup.Load(t.Context(), site, topics.Identity, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer env.Objects.Close()
	if env.Settings[setup.SettingKetoRead] != "127.0.0.1:4466" || env.Settings[setup.SettingKratosPublic] != "" {
		t.Fatalf("settings %v", env.Settings)
	}
}

func TestOnlyTheGatewayBelievesOtherSitesAndOnlyAtTheBorder(t *testing.T) {
	dir, _ := together(t)
	other, err := setup.ReadFile(filepath.Join(dir, "denbi"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := setup.Trust(filepath.Join(dir, "denbi"), other, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, principal := range []string{topics.Gateway, topics.Workspace} {
		env, err := setup.Load(t.Context(), filepath.Join(dir, "molgenis"), principal, setup.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer env.Objects.Close()
		for _, k := range trust.Keys() {
			got, ok := env.Trust.Lookup(k.ID)
			border := k.Source == "/sites/denbi/gateway" || k.Source == "/sites/denbi/airlock"
			if want := principal == topics.Gateway && border; ok != want {
				t.Errorf("%s of molgenis trusts %s: %v, expected %v", principal, k.Source, ok, want)
			}
			if ok && k.Source == "/sites/denbi/airlock" && len(got.Types) != 1 {
				t.Errorf("the other airlock may sign %v", got.Types)
			}
		}
	}
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
		if _, err := provision.Admit(federation, text); !errors.Is(err, provision.ErrRefused) {
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
	_, err := provision.Admit(filepath.Join(dir, provision.FederationDir), read(t, impostor, setup.JoinFile))
	if !errors.Is(err, provision.ErrRefused) || !strings.Contains(err.Error(), "another root") {
		t.Fatalf("got %v", err)
	}
	// nor does the impostor's folder take the real site's admission
	_, err = provision.Join(impostor, read(t, provision.AdmissionFile(filepath.Join(dir, provision.FederationDir), "molgenis")))
	if !errors.Is(err, provision.ErrRefused) {
		t.Fatalf("got %v", err)
	}
}

func TestAnAdmissionIsForItsSiteOnlyAndNeverAnOlderOne(t *testing.T) {
	dir, _ := together(t)
	federation, site := filepath.Join(dir, provision.FederationDir), filepath.Join(dir, "molgenis")
	old := read(t, provision.AdmissionFile(federation, "molgenis"))
	if _, err := provision.Join(site, read(t, provision.AdmissionFile(federation, "denbi"))); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("another site's: %v", err)
	}
	if _, err := provision.Admit(federation, read(t, dir, "denbi", setup.JoinFile)); err != nil {
		t.Fatal(err)
	}
	newer := read(t, provision.AdmissionFile(federation, "molgenis"))
	if _, err := provision.Join(site, newer); err != nil {
		t.Fatal(err)
	}
	if _, err := provision.Join(site, old); !errors.Is(err, provision.ErrRefused) || !strings.Contains(err.Error(), "serial") {
		t.Errorf("an older one: %v", err)
	}
	tampered := change(t, newer, func(m map[string]any) { m["registry"].(map[string]any)["signature"] = "" })
	if _, err := provision.Join(site, tampered); !errors.Is(err, registry.ErrSignature) {
		t.Errorf("a tampered one: %v", err)
	}
}

func TestASiteThatHasNotJoinedHasNoGatewayButItsServicesLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "molgenis")
	if _, err := provision.InitSite(dir, options(t, "molgenis")[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := setup.Load(t.Context(), dir, topics.Gateway, setup.Options{}); !errors.Is(err, setup.ErrNotJoined) {
		t.Errorf("gateway: %v", err)
	}
	env, err := setup.Load(t.Context(), dir, topics.Airlock, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer env.Objects.Close()
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
	p, err := provision.Admit(filepath.Join(dir, provision.FederationDir), read(t, site, setup.JoinFile))
	if err != nil || p.ProfileDigest != env.Profile.Digest() {
		t.Fatalf("digest %s, %v", p.ProfileDigest, err)
	}
	if err := provision.AcceptProfile(site, profileOf(t, "denbi")); !errors.Is(err, provision.ErrRefused) {
		t.Fatalf("another site's profile: %v", err)
	}
}

func TestABrokenFolderIsToldWithFileAndRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(site string) error
		want error
		text string
	}{
		"foreign folder":     {func(s string) error { return os.Remove(filepath.Join(s, setup.SiteFile)) }, setup.ErrNotSite, "site init"},
		"no key":             {func(s string) error { return os.Remove(filepath.Join(s, "airlock", setup.SigningKeyFile)) }, setup.ErrMissing, "signing.key"},
		"readable key":       {func(s string) error { return os.Chmod(filepath.Join(s, "airlock", setup.SigningKeyFile), 0o640) }, setup.ErrPermissions, "chmod 600"},
		"readable password":  {func(s string) error { return os.Chmod(filepath.Join(s, "airlock", setup.PasswordFile), 0o604) }, setup.ErrPermissions, "mode is 0604"},
		"another's key":      {copyKey("catalog", "airlock"), setup.ErrKey, "does not list it"},
		"no certificate":     {write(setup.CAFile, "none"), setup.ErrKey, "no certificate"},
		"trust of nobody":    {write(setup.TrustFile, `{"trust":{},"signature":""}`), nil, setup.TrustFile},
		"site of tomorrow":   {edit(setup.SiteFile, "layout: 1", "layout: 2"), setup.ErrLayout, "layout 2"},
		"unknown field":      {edit(setup.SiteFile, "layout: 1", "layout: 1\nsites: 2"), setup.ErrNotSite, "sites"},
		"profile of another": {write(setup.ProfileFile, string(mustLookup("denbi"))), setup.ErrProfile, "denbi"},
		"broker not started": {edit(setup.SiteFile, "127.0.0.1:29092", "127.0.0.1:0"), setup.ErrAddress, "start it first"},
		"objects not a folder": {func(s string) error {
			return errors.Join(os.Remove(filepath.Join(s, setup.ObjectsDir)), os.WriteFile(filepath.Join(s, setup.ObjectsDir), nil, 0o600))
		}, nil, setup.ObjectsDir},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := together(t)
			site := filepath.Join(dir, "molgenis")
			if err := c.harm(site); err != nil {
				t.Fatal(err)
			}
			_, err := setup.Load(t.Context(), site, topics.Airlock, setup.Options{})
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got %v, expected %v with %q", err, c.want, c.text)
			}
		})
	}
}

func mustLookup(name string) []byte {
	text, err := sites.Lookup(name)
	if err != nil {
		panic(err)
	}
	return text
}

func write(file, text string) func(string) error {
	return func(site string) error { return os.WriteFile(filepath.Join(site, file), []byte(text), 0o644) }
}

func edit(file, old, text string) func(string) error {
	return func(site string) error {
		b, err := os.ReadFile(filepath.Join(site, file))
		if err == nil && !strings.Contains(string(b), old) {
			err = errors.New(old + " is not in " + file)
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(site, file), []byte(strings.Replace(string(b), old, text, 1)), 0o644)
	}
}

func copyKey(from, to string) func(string) error {
	return func(site string) error {
		b, err := os.ReadFile(filepath.Join(site, from, setup.SigningKeyFile))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(site, to, setup.SigningKeyFile), b, 0o600)
	}
}

func TestATestKeyIsBelievedOnlyWhereAllowedAlsoWhenItComesLater(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	load := func(allow bool) interface {
		Trusts(string) bool
	} {
		env, err := setup.Load(t.Context(), site, topics.Gateway, setup.Options{AllowTestKeys: allow})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { env.Objects.Close() })
		if env.TestKeys != allow {
			t.Errorf("TestKeys is %v", env.TestKeys)
		}
		return lookup(func(id string) bool { k, ok := env.Trust.Lookup(id); return ok && k.Test })
	}
	strict, open := load(false), load(true)
	id, text := testKey(t)
	if open.Trusts(id) {
		t.Fatal("believed before it was enrolled")
	}
	for name, content := range map[string][]byte{"a-broken.json": []byte("{"), "key.json": text, "key.json.new": text} {
		if err := os.WriteFile(filepath.Join(site, setup.TestKeysDir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if strict.Trusts(id) || !open.Trusts(id) {
		t.Fatalf("strict %v, open %v", strict.Trusts(id), open.Trusts(id))
	}
}

type lookup func(string) bool

func (l lookup) Trusts(id string) bool { return l(id) }

func TestFailpointsAreThereOnlyWhereAllowed(t *testing.T) {
	dir, _ := together(t)
	site := filepath.Join(dir, "molgenis")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for _, allow := range []bool{false, true} {
		env, err := setup.Load(ctx, site, topics.Workspace, setup.Options{AllowFailpoints: allow})
		if err != nil {
			t.Fatal(err)
		}
		defer env.Objects.Close()
		if (env.Failpoints != nil) != allow {
			t.Errorf("allowed %v, failpoints %v", allow, env.Failpoints)
		}
		if env.Settings[setup.SettingHoldings] != filepath.Join(site, setup.HoldingsFile) {
			t.Errorf("settings %v", env.Settings)
		}
	}
}
