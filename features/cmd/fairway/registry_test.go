package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTheOperatorListsRotatesSuspendsAndLetsGo(t *testing.T) {
	federation, site := federated(t)
	join := filepath.Join(site, "join.json")
	contains := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in: %s", part, text)
			}
		}
	}
	contains(works(t, "federation", "list", "--dir", federation), "molgenis", "active", "entry 1", "2 keys")
	contains(works(t, "site", "rotate-keys", "--dir", site, "--service", "gateway"), "Not yet in use", "gateway", "federation rotate")
	contains(works(t, "federation", "rotate", join, "--dir", federation), "1 new keys, 1 that end and 0 that are revoked", "not published")
	refuses(t, 1, []string{"molgenis", "site rotate-keys"}, "federation", "rotate", join, "--dir", federation)
	works(t, "site", "join", filepath.Join(federation, "admissions", "molgenis.json"), "--dir", site)
	contains(works(t, "site", "renew", "--dir", site), "federation admit")
	works(t, "federation", "admit", join, "--dir", federation, "--agreement", "DUA")
	refuses(t, 1, []string{"no code", "incident"}, "federation", "suspend", "molgenis", "--dir", federation, "--reason", "Who knows?")
	contains(works(t, "federation", "suspend", "molgenis", "--dir", federation, "--reason", "incident"), "molgenis is suspended")
	contains(works(t, "federation", "list", "--dir", federation), "suspended (incident)", "entry 4", "DUA", "3 keys")
	works(t, "federation", "reinstate", "molgenis", "--dir", federation)
	refuses(t, 1, []string{"active already"}, "federation", "reinstate", "molgenis", "--dir", federation)
	refuses(t, 1, []string{"takes no part", "molgenis"}, "federation", "suspend", "nowhere", "--dir", federation, "--reason", "incident")
	works(t, "federation", "leave", "molgenis", "--dir", federation, "--reason", "agreement-ended")
	refuses(t, 1, []string{"final"}, "federation", "reinstate", "molgenis", "--dir", federation)
	refuses(t, 1, []string{"cannot be reached"}, "federation", "publish", "--dir", federation)
}
