package certify_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/features/certify"
)

// python is an interpreter that has what airlock-python/requirements.txt names: FAIRWAY_PYTHON, or the machine's.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("FAIRWAY_PYTHON")
	if name == "" {
		name = "python3"
	}
	out, err := exec.Command(name, "-c", "import confluent_kafka, cryptography").CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		t.Skipf("there is no %s", name)
	case err != nil && os.Getenv("FAIRWAY_PYTHON") != "":
		t.Fatalf("FAIRWAY_PYTHON cannot import what the airlock needs: %v\n%s", err, out)
	case err != nil:
		t.Skipf("%s lacks confluent_kafka or cryptography: scripts/certify.sh installs them into a folder of its own", name)
	}
	return name
}

// inPython starts the airlock in Python, or a variant of it.
func inPython(t *testing.T, program ...string) certify.Connection {
	t.Helper()
	dir, err := filepath.Abs("../airlock-python")
	if err != nil {
		t.Fatal(err)
	}
	return certify.Connection{Command: append([]string{python(t)}, program...), Dir: dir, Env: []string{"PYTHONPATH=" + dir, "PYTHONDONTWRITEBYTECODE=1"},
		Start: time.Minute, Answer: 30 * time.Second, Run: certify.DefaultRun}
}

// TestAnAirlockFromTheContractsAlonePasses: it shares no code with ours, nor a language.
func TestAnAirlockFromTheContractsAlonePasses(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute; runs without -short")
	}
	if _, result := judged(t, inPython(t, "-m", "airlock")); !result.Passed() {
		t.Errorf("problems %q", result.Problems)
	}
}

// TestEachBrokenAirlockIsCaughtByTheScenarioMeantForItAndByNoOther: else the scenarios would be one and the same.
func TestEachBrokenAirlockIsCaughtByTheScenarioMeantForItAndByNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes; runs without -short")
	}
	for variant, meant := range variants {
		t.Run(variant, func(t *testing.T) {
			c := inPython(t, "mutants/"+variant+".py")
			c.Answer = 15 * time.Second
			verdicts, result := judged(t, c)
			fails(t, verdicts, meant)
			if result.Passed() || len(verdicts) < 15 {
				t.Errorf("%d verdicts", len(verdicts))
			}
		})
	}
}

// broken are airlocks in which the rules of several scenarios are broken at once, each of which must fail, and no other.
// Happiness is judged alone: without it no scenario has a control case.
var broken = []struct {
	name    string
	rules   []string // by the scenario that each is meant for
	besides []string // in which such a rule is needed too
	only    []string // scenarios that are played; none: all
}{
	{name: "happy path", rules: []string{"SC-AIR-001"}, only: []string{"SC-AIR-001"}},
	// an airlock that waits for nothing may miss what it rests on in any scenario
	{name: "order", rules: []string{"SC-AIR-018"}, only: []string{"SC-AIR-018"}},
	{name: "who may act", rules: []string{"SC-AIR-002", "SC-AIR-004", "SC-AIR-005", "SC-AIR-011", "SC-AIR-022", "SC-AIR-028"}, besides: []string{"SC-AIR-009"}},
	{name: "what is asked", rules: []string{"SC-AIR-003", "SC-AIR-006", "SC-AIR-008", "SC-AIR-009", "SC-AIR-010", "SC-AIR-012", "SC-AIR-013", "SC-AIR-014", "SC-AIR-016"}},
	{name: "what is read and said", rules: []string{"SC-AIR-020", "SC-AIR-021", "SC-AIR-023", "SC-AIR-024", "SC-AIR-025", "SC-AIR-026", "SC-AIR-027"}},
}

// variants are broken in one thing each, by the scenario that is meant for it.
var variants = map[string]string{"any_signature": "SC-AIR-019", "one_is_two": "SC-AIR-007", "deaf_to_revocation": "SC-AIR-015", "releases_again": "SC-AIR-017",
	"drops_forged": "SC-AIR-019"}

// TestEveryScenarioHasABrokenAirlockThatItCatches: a scenario that nothing can fail shows nothing.
func TestEveryScenarioHasABrokenAirlockThatItCatches(t *testing.T) {
	caught := slices.Collect(maps.Values(variants))
	for _, b := range broken {
		caught = append(caught, b.rules...)
	}
	for _, id := range scenarios(t) {
		if !slices.Contains(caught, id) {
			t.Errorf("no airlock in airlock-python/mutants is broken in what %s is for", id)
		}
	}
}

// TestEachBrokenRuleIsCaughtByTheScenarioMeantForIt, and what is not broken passes.
func TestEachBrokenRuleIsCaughtByTheScenarioMeantForIt(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes; runs without -short")
	}
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			c := inPython(t, append([]string{"mutants/breaks.py"}, b.rules...)...)
			c.Answer = 15 * time.Second
			verdicts, _ := judged(t, c, b.only...)
			fails(t, verdicts, slices.Concat(b.rules, b.besides)...)
			if len(b.only) == 0 && len(verdicts) < 15 {
				t.Errorf("%d verdicts", len(verdicts))
			}
		})
	}
}

// fails expects that these scenarios failed, and all others passed.
func fails(t *testing.T, verdicts map[string]string, meant ...string) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(verdicts)) {
		want := certify.Pass
		if slices.Contains(meant, id) {
			want = certify.Fail
		}
		if verdicts[id] != want {
			t.Errorf("%s: %s, expected %s", id, verdicts[id], want)
		}
	}
}

// TestWhatSaysEverythingTwiceIsBorne: a record may lie on a topic twice.
func TestWhatSaysEverythingTwiceIsBorne(t *testing.T) {
	_, result := judged(t, inPython(t, "mutants/says_twice.py"), "SC-AIR-005", "SC-AIR-017", "SC-AIR-027")
	if !result.Passed() {
		t.Errorf("problems %q", result.Problems)
	}
}

// in gives a service little time, so that the tests of those that answer nothing are short.
func in(c certify.Connection, start, answer, run time.Duration) certify.Connection {
	c.Start, c.Answer, c.Run = start, answer, run
	return c
}

// nothing expects that no scenario passed, each for one of the reasons.
func nothing(t *testing.T, verdicts map[string]string, reasons ...string) {
	t.Helper()
	if len(verdicts) == 0 {
		t.Error("no verdict at all")
	}
	for id, v := range verdicts {
		if !slices.Contains(reasons, v) {
			t.Errorf("%s: %s, expected one of %q", id, v, reasons)
		}
	}
}

// TestWhatAnswersNothingIsInconclusive: whether it sleeps or dies at once; and all scenarios end, soon after the first.
func TestWhatAnswersNothingIsInconclusive(t *testing.T) {
	for name, command := range map[string][]string{"sleeps": {"sleep", "3600"}, "dies": {"false"}} {
		t.Run(name, func(t *testing.T) {
			verdicts, result := judged(t, in(certify.Connection{Command: command}, 3*time.Second, 3*time.Second, 10*time.Minute))
			nothing(t, verdicts, "INCONCLUSIVE no-answer", "INCONCLUSIVE control")
			if verdicts["SC-AIR-001"] != "INCONCLUSIVE no-answer" || result.Passed() || len(verdicts) < 15 {
				t.Errorf("%v", verdicts)
			}
		})
	}
}

// TestTheBudgetOfTheRunEndsIt: before any scenario has come to its end.
func TestTheBudgetOfTheRunEndsIt(t *testing.T) {
	verdicts, _ := judged(t, in(certify.Connection{Command: []string{"sleep", "3600"}}, time.Hour, time.Hour, 2*time.Second), "SC-AIR-002")
	nothing(t, verdicts, "INCONCLUSIVE run-budget")
}

func TestWhatAnswersLateIsNotPassed(t *testing.T) {
	c := in(inPython(t, "mutants/late.py"), 4*time.Second, 4*time.Second, 3*time.Minute)
	c.Env = append(c.Env, "LATE=12")
	verdicts, _ := judged(t, c, "SC-AIR-002")
	nothing(t, verdicts, "INCONCLUSIVE no-answer", "INCONCLUSIVE late", "INCONCLUSIVE control")
}

// TestWhatIsSignedByAWrongKeyIsNotSaid: no scenario passes by it, also where it is played alone.
func TestWhatIsSignedByAWrongKeyIsNotSaid(t *testing.T) {
	verdicts, _ := judged(t, inPython(t, "mutants/wrong_key.py"), "SC-AIR-001")
	nothing(t, verdicts, certify.Fail)
}

// TestWhatEndsByItselfFails where it should have answered, and is started again for the scenarios after that.
func TestWhatEndsByItselfFails(t *testing.T) {
	verdicts, result := judged(t, inPython(t, "mutants/ends.py"), "SC-AIR-006", "SC-AIR-012")
	for id, want := range map[string]string{"SC-AIR-001": certify.Pass, "SC-AIR-006": certify.Fail, "SC-AIR-012": certify.Pass} {
		if verdicts[id] != want {
			t.Errorf("%s: %q, expected %q", id, verdicts[id], want)
		}
	}
	for _, j := range result.Judged {
		if j.Verdict == certify.Fail && !strings.Contains(j.Observed, "its program has ended, exit status 7") {
			t.Errorf("how it ended is not told: %s", j.Observed)
		}
	}
}

// TestWhatFloodsIsSeenWholeAndNotPassed: up to 20,000 records that nobody can read.
func TestWhatFloodsIsSeenWholeAndNotPassed(t *testing.T) {
	c := in(inPython(t, "mutants/floods.py"), 5*time.Second, 5*time.Second, 3*time.Minute)
	c.Env = append(c.Env, "FLOOD=20000")
	verdicts, result := judged(t, c, "SC-AIR-002")
	nothing(t, verdicts, "INCONCLUSIVE no-answer", "INCONCLUSIVE control", "FAIL")
	whole := 0
	for _, p := range result.Problems {
		if strings.Contains(p, "may not be all") || strings.Contains(p, "were not there to be read") {
			t.Error(p)
		}
		if strings.Contains(p, "it does not open") {
			whole++
		}
	}
	if whole < 1000 { // each is named; how many it came to write depends on the machine
		t.Errorf("%d records that nobody can read were seen", whole)
	}
}
