package provision_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

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
	trust, err := setup.Trust(filepath.Join(dir, "denbi"), other)
	if err != nil {
		t.Fatal(err)
	}
	for _, principal := range []string{topics.Gateway, topics.Workspace} {
		env, err := setup.Load(t.Context(), filepath.Join(dir, "molgenis"), principal, setup.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer env.Objects.Close()
		believed := env.Trust
		if principal == topics.Gateway {
			if believed, err = setup.Directory(env.Settings[setup.SettingSiteDir], env.Trust); err != nil {
				t.Fatal(err)
			}
		}
		for _, k := range trust.Keys() {
			got, ok := believed.Lookup(k.ID)
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
		"unknown field":      {edit(setup.SiteFile, "layout: 1", "layout: 1\nsites: 2"), setup.ErrDamaged, "sites"},
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
