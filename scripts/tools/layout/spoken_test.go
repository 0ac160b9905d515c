package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheListOfWhatNobodySpeaksIsHeldAgainstTheSource(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, typ := range map[string]string{"visa_issued": "VisaIssued", "role_grant": "RoleGrant", "keys_published": "KeysPublished", "act_refused": "ActRefused"} {
		write("contracts/identity/v1/"+name+".go", "package identity\n\nfunc ("+typ+") EventType() string { return \"\" }\n")
	}
	write("services/identity/acts.go", "package identity\n\nimport \"github.com/fairway-tre/fairway/contracts/identity/v1\"\n\nvar _ identity.RoleGrant\n")
	write("services/identity/acts_test.go", "package identity\n\nimport \"github.com/fairway-tre/fairway/contracts/identity/v1\"\n\nvar _ identity.VisaIssued\n")
	write("federation/doc.go", "package federation\n")
	for list, want := range map[string][]string{
		"keys-published, visa-issued":             nil,
		"keys-published":                          {"does not list identity/visa-issued"},
		"keys-published, role-grant, visa-issued": {"lists identity/role-grant as spoken"},
		"keys-published, nothing, visa-issued":    {"lists identity/nothing as spoken"},
	} {
		write(spokenPage, "| service | acts and facts |\n|---|---|\n| identity | "+list+" |\n")
		found, err := spoken(dir)
		if err != nil || len(found) != len(want) {
			t.Fatalf("%s: %v %v", list, found, err)
		}
		for i, w := range want {
			if !strings.Contains(found[i].String(), w) {
				t.Errorf("%s: %v, want %s", list, found[i], w)
			}
		}
	}
}
