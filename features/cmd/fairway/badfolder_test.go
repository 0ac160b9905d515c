package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/federation/sites"
)

// profileText is the profile of molgenis with one piece changed.
func profileText(t *testing.T, old, changed string) string {
	t.Helper()
	text, err := sites.Lookup("molgenis")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("the profile has no %q", old)
	}
	return strings.Replace(string(text), old, changed, 1)
}

func TestAWrongProfileIsToldByLineAndField(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, site := filepath.Join(dir, "mine.yaml"), filepath.Join(dir, "site")
	init := []string{"site", "init", "--dir", site, "--profile", file}
	for _, c := range []struct{ changed, line, field string }{
		{"threshold: 5\nwarehouse: 3\n", "line ", "warehouse"},
		{"threshold: 4\n", "line ", "threshold"},
		{"threshold: \"5\"\n", "line ", "threshold"},
		{"threshold: [5]\n", "line ", "threshold"},
		{"", "line ", "threshold"},
		{"threshold: 5\n\tx: {\n", "line ", "tab"},
	} {
		write(t, file, profileText(t, "threshold: 5\n", c.changed))
		refuses(t, 1, []string{file, c.line, c.field, "invalid site profile"}, init...)
	}
	write(t, file, "")
	refuses(t, 1, []string{file, "invalid site profile"}, init...)
	write(t, file, profileText(t, "threshold: 5", "threshold: 7"))
	works(t, init...)
}

func TestASiteDoesNotRunWithAProfileThatWasChangedBehindItsBack(t *testing.T) {
	t.Parallel()
	_, site := federated(t)
	file := filepath.Join(site, "profile.yaml")
	before := readText(t, file)
	write(t, file, profileText(t, "threshold: 5", "threshold: 6"))
	parts := []string{file, "sha256:", "restore the profile", "site profile"}
	refuses(t, 1, parts, "site", "run", "--dir", site)
	refuses(t, 1, parts, "service", "catalog", "--dir", site)
	write(t, file, before)
	runs(t, site)
}

func TestAChangedProfileIsAcceptedByTheSitesRootAndAdmittedAgain(t *testing.T) {
	t.Parallel()
	federation, site := federated(t)
	file := filepath.Join(t.TempDir(), "new.yaml")
	write(t, file, profileText(t, "threshold: 5", "threshold: 6"))
	works(t, "site", "profile", file, "--dir", site)
	works(t, "federation", "admit", filepath.Join(site, "join.json"), "--dir", federation)
	works(t, "site", "join", filepath.Join(federation, "admissions", "molgenis.json"), "--dir", site)
	runs(t, site)
}

func TestAFileOfASiteThatIsMissingDamagedOrOpenIsToldWithItsRemedy(t *testing.T) {
	t.Parallel()
	_, site := federated(t)
	for _, c := range []struct {
		name  string
		harm  func(name string) error
		parts []string
	}{
		{"identity/signing.key", open, []string{"0644", "chmod 600"}},
		{"identity/scram.password", open, []string{"0644", "chmod 600"}},
		{"broker/users.yaml", open, []string{"0644", "chmod 600"}},
		{"broker/tls.key", open, []string{"0644", "chmod 600"}},
		{"audit/signing.key", open, []string{"0644", "chmod 600"}},
		{"gateway/federation.password", open, []string{"0644", "chmod 600"}},
		{"identity/signing.key", os.Remove, []string{"missing", "backup"}},
		{"airlock/scram.password", os.Remove, []string{"missing", "backup"}},
		{"trust.json", os.Remove, []string{"missing", "backup"}},
		{"registry.json", os.Remove, []string{"missing"}},
		{"ca.pem", os.Remove, []string{"missing", "backup"}},
		{"broker/users.yaml", os.Remove, []string{"missing", "backup"}},
		{"broker/tls.pem", os.Remove, []string{"tls.pem"}},
		{"catalog/signing.key", damage, []string{"PEM"}},
		{"workspace/scram.password", empty, []string{"empty"}},
		{"trust.json", damage, nil},
		{"registry.json", damage, nil},
		{"ca.pem", damage, []string{"certificate"}},
		{"broker/tls.pem", damage, nil},
		{"site.yaml", damage, nil},
		{"site.yaml", empty, []string{"empty"}},
		{"site.yaml", otherLayout, []string{"layout 9", "use the program that made it"}},
		{"profile.yaml", os.Remove, []string{"missing", "backup"}},
	} {
		name := filepath.Join(site, c.name)
		before := readText(t, name)
		if err := c.harm(name); err != nil {
			t.Fatal(err)
		}
		where := name
		if c.name == "site.yaml" {
			where = site
		}
		refuses(t, 1, append(c.parts, where), "site", "run", "--dir", site)
		_ = os.Remove(name) // its rights may be others
		write(t, name, before)
	}
	runs(t, site)
}

func open(name string) error   { return os.Chmod(name, 0o644) }
func damage(name string) error { return os.WriteFile(name, []byte("{ not: what it was\n"), 0o600) }
func empty(name string) error  { return os.Truncate(name, 0) }

func otherLayout(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(strings.Replace(string(text), "layout: 1", "layout: 9", 1)), 0o600)
}

func TestAnAdmissionOfAnotherFederationIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	_, site := federated(t)
	other := filepath.Join(t.TempDir(), "other")
	works(t, "federation", "init", "--dir", other)
	works(t, "federation", "admit", filepath.Join(site, "join.json"), "--dir", other)
	before := readText(t, filepath.Join(site, "site.yaml"))
	foreign := filepath.Join(other, "admissions", "molgenis.json")
	refuses(t, 1, []string{foreign, "refused", "another operator"}, "site", "join", foreign, "--dir", site)
	altered := filepath.Join(t.TempDir(), "altered.json")
	write(t, altered, strings.Replace(readText(t, foreign), `"serial":1`, `"serial":7`, 1))
	refuses(t, 1, []string{altered, "refused"}, "site", "join", altered, "--dir", site)
	write(t, altered, "{}")
	refuses(t, 1, []string{altered, "refused"}, "site", "join", altered, "--dir", site)
	if readText(t, filepath.Join(site, "site.yaml")) != before {
		t.Error("a refused admission changed the site")
	}
	runs(t, site)
}

func TestASiteThatHasNotJoinedSaysHow(t *testing.T) {
	t.Parallel()
	site := filepath.Join(t.TempDir(), "denbi")
	works(t, "site", "init", "--dir", site, "--profile", "denbi")
	refuses(t, 1, []string{site, "join.json", "site join"}, "site", "run", "--dir", site)
}

func TestStaleStateIsToldAndLeftAsItIs(t *testing.T) {
	heavy(t)
	t.Parallel()
	_, site := federated(t)
	marker := filepath.Join(site, "broker", "data", "FAIRWAY-BROKER")
	foreign := filepath.Join(site, "broker", "data", "somebody-elses")
	if err := os.MkdirAll(filepath.Dir(marker), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, foreign, "keep me")
	refuses(t, 1, []string{filepath.Dir(marker), "somebody-elses", "give an empty directory"}, "site", "run", "--dir", site)
	if readText(t, foreign) != "keep me" {
		t.Error("the foreign file was changed")
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	runs(t, site)
	kept := readText(t, marker)
	write(t, marker, "fairway broker data, format 0\n")
	refuses(t, 1, []string{filepath.Dir(marker), "format 0", "use the program that wrote it"}, "site", "run", "--dir", site)
	write(t, marker, kept)
	for _, c := range []struct {
		name, text string
		parts      []string
	}{
		{"state.db", "not a database, whatever its name says", []string{"backup"}},
		{"quarantine.key", "short", []string{"damaged", "restore it from a backup"}},
	} {
		name := filepath.Join(site, "airlock", "state", c.name)
		before := readText(t, name)
		write(t, name, c.text)
		refuses(t, 1, append(c.parts, name), "site", "run", "--dir", site)
		if readText(t, name) != c.text {
			t.Errorf("%s was changed", name)
		}
		write(t, name, before)
	}
	runs(t, site)
}

func TestATruncatedDatabaseIsRefusedAndNotBegunAnew(t *testing.T) {
	heavy(t)
	t.Parallel()
	_, site := federated(t)
	runs(t, site)
	name := filepath.Join(site, "airlock", "state", "state.db")
	before := readText(t, name)
	if err := os.Truncate(name, int64(len(before)/2)); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, []string{name, "backup"}, "site", "run", "--dir", site)
	write(t, name, before)
	runs(t, site)
}
