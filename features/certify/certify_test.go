package certify_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/features"
	"github.com/fairway-tre/fairway/features/certify"
	"github.com/fairway-tre/fairway/features/harness/harnesstest"
)

// judged plays scenarios against a service, in its budgets, and returns the verdict on each.
func judged(t *testing.T, c certify.Connection, only ...string) (map[string]string, certify.Result) {
	t.Helper()
	if c.Role == "" {
		c.Role = "airlock"
	}
	if c.Start == 0 {
		c.Start, c.Answer, c.Run = certify.DefaultStart, certify.DefaultAnswer, certify.DefaultRun
	}
	result, err := certify.Run(context.Background(), certify.Options{Connection: c, File: "connection.yaml", Binary: harnesstest.Program(t),
		Work: t.TempDir(), Data: "../data", Only: only})
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	certify.Tell(&told, result)
	t.Log(told.String())
	verdicts := map[string]string{}
	for _, j := range result.Judged {
		verdicts[j.ID] = strings.TrimSpace(j.Verdict + " " + j.Why)
	}
	return verdicts, result
}

func TestTheBuiltInAirlockPassesTheScenariosOfItsRole(t *testing.T) {
	only := []string{}
	if testing.Short() {
		only = []string{"SC-AIR-005", "SC-AIR-017", "SC-AIR-019", "SC-AIR-025"}
	}
	_, result := judged(t, certify.Connection{BuiltIn: true}, only...)
	if !result.Passed() || (!testing.Short() && len(result.Judged) < 15) {
		t.Errorf("%d scenarios, problems %q", len(result.Judged), result.Problems)
	}
}

// scenarios lists the ids of those of an airlock.
func scenarios(t *testing.T) (ids []string) {
	t.Helper()
	text, err := features.Files.ReadFile("certification/airlock.feature")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range regexp.MustCompile(`(?m)^  @(SC-AIR-\d{3})`).FindAllStringSubmatch(string(text), -1) {
		ids = append(ids, tag[1])
	}
	return ids
}

// TestEachScenarioSaysWhatItIsAbout: one id that no other has, a requirement, the role and the kind.
func TestEachScenarioSaysWhatItIsAbout(t *testing.T) {
	text, err := features.Files.ReadFile("certification/airlock.feature")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "@certification @role:airlock\n") {
		t.Error("the feature does not name its role")
	}
	line := regexp.MustCompile(`^  @SC-AIR-\d{3}( @after:SC-AIR-\d{3})?( @REQ-(SATRE|ENTRUST|TEHDAS2)-[A-Z0-9.-]+)+ @kind:(positive|negative|recovery)$`)
	lines, seen, scenarios := strings.Split(string(text), "\n"), map[string]bool{}, 0
	for i, l := range lines {
		if !strings.HasPrefix(l, "  Scenario") {
			continue
		}
		scenarios++
		tags := lines[i-1]
		id, _, _ := strings.Cut(strings.TrimSpace(tags), " ")
		if !line.MatchString(tags) || seen[id] {
			t.Errorf("line %d: %q", i, tags)
		}
		seen[id] = true
	}
	if scenarios < 15 {
		t.Errorf("%d scenarios, at least 15 were agreed", scenarios)
	}
}

func TestAScenarioThatIsNotThereIsNamed(t *testing.T) {
	_, err := certify.Run(context.Background(), certify.Options{Connection: certify.Connection{Role: "airlock", BuiltIn: true, Run: time.Minute}, Only: []string{"SC-AIR-999"}})
	if !errors.Is(err, certify.ErrUnknown) || !strings.Contains(err.Error(), "SC-AIR-999") {
		t.Fatal(err)
	}
}
