package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/steps"
)

const (
	ownRules = "profiles.feature"
	profiles = "../../federation/sites"
)

// names lists the profiles that come with the program.
func names(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(profiles, "*.yaml"))
	if err != nil || len(files) < 14 {
		t.Fatalf("profiles in %s: %v, %v", profiles, files, err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	return files
}

// rule is what one profile has of its own, as a scenario.
type rule struct{ site, tag string }

// rules are one of each profile, and the second ones.
func rules(t *testing.T) (all []rule) {
	t.Helper()
	for _, site := range names(t) {
		all = append(all, rule{site, "@SC-OWN-" + site})
	}
	return append(all, rule{"tsd", "@SC-OWN-tsd-end"}, rule{"health-data-hub", "@SC-OWN-health-data-hub-import"},
		rule{"securevre", "@SC-OWN-securevre-crate"})
}

// program is what is judged: FAIRWAY_BIN, or the one of this tree.
func program(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("FAIRWAY_BIN"); given != "" {
		return given
	}
	built := filepath.Join(t.TempDir(), "fairway")
	if out, err := exec.Command("go", "build", "-o", built, "../cmd/fairway").CombinedOutput(); err != nil {
		t.Fatalf("build the program to be judged: %v\n%s", err, out)
	}
	return built
}

// read is the feature as it stands.
func read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(ownRules)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// played plays the scenario of one profile, or all, in a federation of its own.
func played(t *testing.T, binary, text, tags string) harness.Result {
	t.Helper()
	var out bytes.Buffer
	_, result, err := steps.Play(t.Context(), steps.Options{
		Options: harness.Options{FS: fstest.MapFS{ownRules: {Data: []byte(text)}}, Paths: []string{ownRules}, Tags: tags, Out: &out},
		Config:  harness.Config{Binary: binary, Dir: t.TempDir()}, Data: "../data"})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return result
}

// instead is the feature in which the site of one profile works by another one, under its own name.
func instead(t *testing.T, text string, own rule, other string) string {
	t.Helper()
	site := own.site
	profile, err := os.ReadFile(filepath.Join(profiles, other+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// no site hosts for itself
	as := strings.NewReplacer("\nname: "+other+"\n", "\nname: "+site+"\n", "at: "+site+"\n", "at: elsewhere\n", "for: ["+site+"]", "for: [elsewhere]")
	file := filepath.Join(t.TempDir(), other+".yaml")
	if err := os.WriteFile(file, []byte(as.Replace(string(profile))), 0o644); err != nil {
		t.Fatal(err)
	}
	before, scenario, found := strings.Cut(text, own.tag+" ")
	if !found {
		t.Fatalf("%s has no scenario %s", ownRules, own.tag)
	}
	lines := strings.Split(scenario, "\n")
	for i, line := range lines {
		cells := strings.Split(line, "|")
		if len(cells) > 3 && strings.TrimSpace(cells[1]) == site && strings.TrimSpace(cells[2]) == site {
			cells[2] = " " + file + " "
			lines[i] = strings.Join(cells, "|")
			return before + own.tag + " " + strings.Join(lines, "\n")
		}
	}
	t.Fatalf("the scenario of %s does not name its profile", site)
	return ""
}

func TestEachProfileMeetsItsOwnRule(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 14 sites for a minute; runs without -short, and three of the scenarios beside their contraries with it")
	}
	result := played(t, program(t), read(t), "")
	for _, s := range result.Scenarios {
		if !s.Passed() {
			t.Errorf("%s: %s", s.Name, failure(s))
		}
	}
	if len(result.Scenarios) != len(rules(t)) || !result.Met() {
		t.Errorf("%d scenarios for %d rules, %q", len(result.Scenarios), len(rules(t)), result.Problems)
	}
}

// failure is the step that failed, with its problem.
func failure(s harness.ScenarioResult) string {
	for _, step := range s.Steps {
		if step.Status != harness.Passed {
			return string(step.Status) + ": " + step.Text + ": " + step.Problem
		}
	}
	return ""
}

// Under any other profile the scenario of a profile's own rule fails: by what the site says, never by its silence, and
// not before the site has people. With -short three profiles meet one other each, else all do, picked by the day;
// FAIRWAY_SUITE=full has all pairs.
func TestNoOtherProfileMeetsTheRuleOfOne(t *testing.T) {
	all, binary, text := names(t), program(t), read(t)
	day := time.Now().UTC().YearDay()
	for i, own := range rules(t) {
		for shift := 1; shift < len(all); shift++ {
			today := shift == 1+(day+i)%(len(all)-1)
			if few := testing.Short() && (i+day)%5 != 0; os.Getenv("FAIRWAY_SUITE") != "full" && (!today || few) {
				continue
			}
			other := all[(slices.Index(all, own.site)+shift)%len(all)]
			t.Run(other+" in the place of "+own.site+" for "+own.tag, func(t *testing.T) {
				if testing.Short() {
					if met := played(t, binary, text, own.tag); !met.Met() {
						t.Fatalf("%s under its own profile: %s", own.site, failure(met.Scenarios[0]))
					}
				}
				result := played(t, binary, instead(t, text, own, other), own.tag)
				why := failure(result.Scenarios[0])
				switch {
				case why == "":
					t.Fatalf("%s meets the rule that is to be %s's own", other, own.site)
				case strings.Contains(why, harness.ErrNotSeen.Error()):
					t.Fatalf("it fails by silence, which a slow machine would cause too: %s", why)
				case strings.Contains(why, "the environments:"), strings.Contains(why, "everybody whom its policy asks for:"):
					t.Fatalf("it fails before it comes to the rule: %s", why)
				}
				t.Log(strings.SplitN(why, "\n", 2)[0])
			})
		}
	}
}
