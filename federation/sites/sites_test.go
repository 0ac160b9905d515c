package sites_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func load(t *testing.T, name string) profile.Profile {
	t.Helper()
	text, err := sites.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

func TestEveryProfileIsValidNamesItselfAndClaimsNoAffiliation(t *testing.T) {
	if len(sites.Names()) != 14 {
		t.Fatalf("profiles: %v", sites.Names())
	}
	for _, name := range sites.Names() {
		p := load(t, name)
		if p.Name != name {
			t.Errorf("%s.yaml calls itself %s", name, p.Name)
		}
		if !strings.Contains(p.ModelledOn, "modelled on public descriptions, not affiliated") {
			t.Errorf("%s: modelledOn %q", name, p.ModelledOn)
		}
	}
}

func TestUnknownProfileIsRefusedWithTheNamesThatExist(t *testing.T) {
	_, err := sites.Lookup("../sites/denbi")
	if err == nil || !strings.Contains(err.Error(), "molgenis") {
		t.Fatalf("got %v", err)
	}
}

func TestReadmeTableSaysWhatTheProfilesSay(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), table(t)) {
		t.Fatalf("README.md should contain:\n%s", table(t))
	}
}

func table(t *testing.T) string {
	columns := []struct {
		label string
		cell  func(profile.Profile) string
	}{
		{"site", func(p profile.Profile) string { return p.Name }},
		{"country", func(p profile.Profile) string { return p.Country }},
		{"approval chain", chain},
		{"threshold", func(p profile.Profile) string { return fmt.Sprint(p.Threshold) }},
		{"reviewers", reviewers},
		{"within", func(p profile.Profile) string { return fmt.Sprintf("%dwd", p.Review.Within) }},
		{"second factor", func(p profile.Profile) string {
			return fmt.Sprintf("%dh", p.SignIn.SecondFactorMaxAge.Std()/time.Hour)
		}},
		{"sign-in from", addresses},
		{"analyses", analyses},
		{"rules of its own", func(p profile.Profile) string { return strings.Join(own(p), "; ") }},
	}
	var b strings.Builder
	for _, c := range columns {
		b.WriteString("| " + c.label + " ")
	}
	b.WriteString("|\n" + strings.Repeat("|---", len(columns)) + "|\n")
	for _, name := range sites.Names() {
		for _, c := range columns {
			b.WriteString("| " + c.cell(load(t, name)) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// own lists what a profile rules that most leave to the federation.
func own(p profile.Profile) (rules []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			rules = append(rules, fmt.Sprintf(format, args...))
		}
	}
	say(len(p.Partners) > 0, "partners: %s", strings.Join(p.Partners, ", "))
	say(len(p.Projects.Confidential) > 0, "confidential in the register: %s", strings.Join(p.Projects.Confidential, ", "))
	say(p.Hosting.At != "", "data hosted at %s", p.Hosting.At)
	say(len(p.Hosting.For) > 0, "hosts data of %s", strings.Join(p.Hosting.For, ", "))
	say(p.Membership.External(), "members come from a group outside, removal within %s", p.Membership.RevokeWithin.Std())
	say(p.Workspaces.Queue == profile.Batch, "batch queue")
	say(len(p.Tools) > 0, "tools by digest")
	say(p.Crates.In, "crates in")
	say(p.Crates.Out, "crates out")
	say(p.Imports.Allowed, "imports: %s of at most %d KiB", strings.Join(p.Imports.Kinds, ", "), p.Imports.MaxBytes>>10)
	say(p.Imports.ScanRequired, "scanned imports")
	say(p.Export.MaxBytes > 0, "at most %d MiB leave", p.Export.MaxBytes>>20)
	say(p.Export.Group != "", "asked for by the %s", p.Export.Group)
	say(p.Export.NamePattern != "", "names and types of files")
	say(p.Export.Needs(), "a declared result type")
	say(len(p.Export.LowRisk) > 0, "low risk by declaration: %s", strings.Join(p.Export.LowRisk, ", "))
	say(p.Export.ScanRequired, "a clean scan")
	say(p.Export.IdentifiersRefused, "no identifiers")
	say(p.Disclosure.RuleSet != "", "rule set %s", p.Disclosure.RuleSet)
	say(p.Disclosure.Rounding > 0, "rounded to %d", p.Disclosure.Rounding)
	say(p.Discovery != profile.Discovery{}, "discovery: %s", discovery(p.Discovery))
	say(p.Retention != profile.Retention{}, "deleted %dm after the end", p.Retention.DeleteAfter.Months)
	return rules
}

func chain(p profile.Profile) string {
	var parts []string
	for _, b := range p.ApprovalChain {
		part := fmt.Sprintf("%s %d of %d", b.Body, b.Quorum, b.Of)
		if len(b.Partners) > 0 {
			part += " for " + strings.Join(b.Partners, ", ")
		}
		if b.PerDataset {
			part += " for each dataset"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", then ")
}

func reviewers(p profile.Profile) string {
	if len(p.Review.Stages) > 0 {
		var parts []string
		for _, s := range p.Review.Stages {
			parts = append(parts, fmt.Sprintf("%s %d", s.Role, s.Quorum))
		}
		return strings.Join(parts, ", then ")
	}
	if p.Review.Blinded {
		return fmt.Sprintf("%d, blinded", p.Review.Reviewers)
	}
	return fmt.Sprint(p.Review.Reviewers)
}

func addresses(p profile.Profile) string {
	if len(p.SignIn.Addresses) == 0 {
		return "anywhere"
	}
	var parts []string
	for _, a := range p.SignIn.Addresses {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, ", ")
}

func analyses(p profile.Profile) string {
	if len(p.Analyses.Catalogued) == 0 {
		return p.Analyses.Mode
	}
	return p.Analyses.Mode + ": " + strings.Join(p.Analyses.Catalogued, ", ")
}

func discovery(d profile.Discovery) string {
	words := d.Researcher + " to researchers, " + d.Anybody + " to others"
	if d.Questions > 0 {
		words += fmt.Sprintf(", %d questions a day", d.Questions)
	}
	return words
}

func TestAHolderRunsNeitherWorkspaceNorAirlock(t *testing.T) {
	for name, runs := range map[string]bool{"thl": false, "findata": true} {
		services := setup.ServicesOf(load(t, name))
		for _, principal := range []string{topics.Workspace, topics.Airlock} {
			if slices.Contains(services, principal) != runs {
				t.Errorf("%s runs %v", name, services)
			}
		}
		if !slices.Contains(services, topics.Catalog) {
			t.Errorf("%s runs %v", name, services)
		}
	}
}
