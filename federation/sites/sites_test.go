package sites_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/profile"
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
	if len(sites.Names()) < 3 {
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

// A changed digest means that every site running the profile must be told: change it on purpose.
func TestDigestsStayUntilAProfileIsChangedOnPurpose(t *testing.T) {
	want := map[string]string{
		"denbi":           "sha256:380f71ecdf4969eef3ae9366a91d122221a33e31e021482862c329909315f444",
		"molgenis":        "sha256:b0e7ba81139659fe425c6fb0a8e64b624bed1fc6cd574f923ca27237db865c59",
		"sensitive-cloud": "sha256:bf772c7a1e03ae29e2e19e1181642a23ff1548e80d535d91ed553f037c8e18bc",
	}
	for name, digest := range want {
		if got := load(t, name).Digest(); got != digest {
			t.Errorf("%s: digest %s, expected %s", name, got, digest)
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
	rows := []struct {
		label string
		cell  func(profile.Profile) string
	}{
		{"", func(p profile.Profile) string { return p.Name }},
		{"country", func(p profile.Profile) string { return p.Country }},
		{"approval chain", chain},
		{"threshold (the federation's floor is 5)", func(p profile.Profile) string { return fmt.Sprint(p.Threshold) }},
		{"reviewers of an output", reviewers},
		{"review deadline", func(p profile.Profile) string { return fmt.Sprintf("%dwd", p.Review.Within) }},
		{"second factor within", func(p profile.Profile) string {
			return fmt.Sprintf("%dh", p.SignIn.SecondFactorMaxAge.Std()/time.Hour)
		}},
		{"sign-in from", addresses},
		{"analyses", analyses},
		{"training valid", func(p profile.Profile) string { return fmt.Sprintf("%dy", p.Training.ValidFor.Years) }},
		{"executors", func(p profile.Profile) string { return strings.Join(p.Executors, ", ") }},
	}
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + row.label)
		if row.label != "" {
			b.WriteString(" ")
		}
		for _, name := range sites.Names() {
			b.WriteString("| " + row.cell(load(t, name)) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(sites.Names())+1) + "|\n")
		}
	}
	return b.String()
}

func chain(p profile.Profile) string {
	var parts []string
	for _, b := range p.ApprovalChain {
		parts = append(parts, fmt.Sprintf("%s %d of %d", b.Body, b.Quorum, b.Of))
	}
	return strings.Join(parts, ", then ")
}

func reviewers(p profile.Profile) string {
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
