package report

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// failed is a run in which something went wrong in every part.
func failed() Run {
	r := fixture()
	r.Problems = []string{"de.NBI did not start: port 9092 is in use"}
	r.Studies[0].Answers[0].Ours = nil
	r.Studies[0].Answers[1].Ours = ours(131.6824)
	r.Studies[0].Answers[2].Ours = ours(math.NaN())
	r.Studies[0].Curves = nil
	r.Studies[0].Effects[1].Variance = 0
	r.Studies[1].Manifest = nil
	r.Story[0].Steps[6].Status, r.Story[0].Steps[6].Problem = Failed, "waited for a manifest of three sites, saw two"
	r.Story[0].Steps[7].Status, r.Story[0].Steps[8].Status = Skipped, Skipped
	r.Story[0].Steps[7].Duration, r.Story[0].Steps[8].Duration = 0, 0
	r.Refusals[0].Reason = ""
	r.Refusals[1].Reason = "schema-invalid"
	r.Refusals[2].ProbeAccepted = false
	r.Refusals[3].Effects = 1
	r.Refusals[4].AuditLeaf = ""
	r.Invariants[0].Violations = []string{"result 01JX crossed without a decision"}
	r.Invariants[1].Checked = 0
	return r
}

func TestAFailedRunSaysSo(t *testing.T) {
	page, results := written(t, failed())
	text := words(t, page)
	for _, said := range []string{
		"Not met", "3 of 9 known answers not met", "5 of 7 refusals not as meant", "2 of 4 invariants not held", "3 of 17 steps not passed",
		"port 9092 is in use", "waited for a manifest of three sites, saw two", "not refused", "expected", "probe not accepted", "1 effect",
		"result 01JX crossed without a decision", "Not judged", "No manifest of this study", "No estimate from de.NBI", "none",
	} {
		if !strings.Contains(text, said) {
			t.Errorf("the page does not say %q", said)
		}
	}
	if index := page["index.html"]; !strings.Contains(index, `class="verdict unmet"`) || strings.Contains(index, `class="verdict met"`) {
		t.Error("the verdict does not look like one that is not met")
	}
	rows := results["rows"].([]any)
	if results["met"] != false || rows[0].(map[string]any)["ours"] != nil || rows[2].(map[string]any)["ours"] != nil {
		t.Error("results.json hides the failure")
	}
}

func TestAnyOneFailureTurnsTheVerdict(t *testing.T) {
	for name, spoil := range map[string]func(*Run){
		"no studies":             func(r *Run) { r.Studies = nil },
		"no story":               func(r *Run) { r.Story = nil },
		"no refusals":            func(r *Run) { r.Refusals = nil },
		"no invariants":          func(r *Run) { r.Invariants = nil },
		"a problem":              func(r *Run) { r.Problems = []string{"x"} },
		"an answer off":          func(r *Run) { r.Studies[1].Answers[0].Ours = ours(8.52446738) },
		"an answer missing":      func(r *Run) { r.Studies[1].Answers[0].Ours = nil },
		"a step undefined":       func(r *Run) { r.Story[1].Steps[0].Status = Undefined },
		"a refusal without leaf": func(r *Run) { r.Refusals[0].AuditLeaf = "" },
		"an unjudged invariant":  func(r *Run) { r.Invariants[3].Checked = 0 },
	} {
		run := fixture()
		if v := run.Verdict(); !v.Met {
			t.Fatalf("the fixture is not met: %s", v.Line)
		}
		spoil(&run)
		if v := run.Verdict(); v.Met {
			t.Errorf("%s: still met: %s", name, v.Line)
		}
	}
}

func TestHeterogeneityOfTheTwoCohorts(t *testing.T) {
	a, _ := estimateOf("a", 35.34012319651, 131.6824025204, false)
	b, _ := estimateOf("b", -24.65691704167, 70.98413472521, false)
	h := heterogeneityOf([]estimate{a, b})
	// The sites' chi-squares sum to Q and the combined chi-square.
	if want := 9.484367566511 + 8.564780853539 - 0.5631462169239; math.Abs(h.Q-want) > 1e-9 {
		t.Errorf("Q is %v, want %v", h.Q, want)
	}
	// Quantiles of the chi-square distribution at 5%, as in any table of it.
	for df, x := range map[int]float64{1: 3.841459, 2: 5.991465, 3: 7.814728, 4: 9.487729, 11: 19.675138} {
		if p := chiSquareTail(x, df); math.Abs(p-0.05) > 1e-6 {
			t.Errorf("P(X > %v) with %d is %v, want 0.05", x, df, p)
		}
	}
}

func TestCohortsAreSaidToDisagreeOnlyIfTheyDo(t *testing.T) {
	run := fixture()
	page, _ := written(t, run)
	if !strings.Contains(page.String(), "The cohorts disagree") {
		t.Error("the disagreement is not said")
	}
	run.Studies[0].Effects[1].OE = 20
	page, _ = written(t, run)
	if strings.Contains(page.String(), "The cohorts disagree") {
		t.Error("cohorts that agree are said to disagree")
	}
}

func TestArrowsGoToWhoActed(t *testing.T) {
	events := []Event{
		{ID: "1", Source: "/sites/a/portal", Topic: "a.airlock.acts.v1"},
		{ID: "2", Source: "/sites/a/airlock", Topic: "a.airlock.events.v1", Cause: "1"},
		{ID: "3", Source: "/sites/a/gateway", Topic: "federation.b.inbox.v1", Cause: "2"},
		{ID: "4", Source: "/sites/b/workspace", Topic: "b.workspace.events.v1", Cause: "3"},
		{ID: "5", Source: "/sites/b/portal", Topic: "b.federation.acts.v1"},
	}
	var got []string
	for _, h := range hops(events, followers(events), false) {
		to := "nobody"
		if len(h.to) > 0 {
			to = h.to[0].site + "/" + h.to[0].service
		}
		got = append(got, h.from.site+"/"+h.from.service+">"+to)
	}
	want := []string{"/people>a/airlock", "a/airlock>a/gateway", "a/gateway>b/gateway", "b/workspace>nobody", "/people>b/gateway"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSomebodysOwnRunIsJudgedByWhatItPlayed(t *testing.T) {
	r := fixture()
	r.Refusals, r.Own = nil, true
	r.Invariants = append(r.Invariants, Invariant{Name: "nothing to judge"})
	if v := r.Verdict(); !v.Met {
		t.Fatalf("a run without refusals: %s", v.Line)
	}
	r.Story = nil
	if v := r.Verdict(); v.Met {
		t.Fatal("a run without steps was met")
	}
}

func TestNoDisagreementFoundIsNotAgreementShown(t *testing.T) {
	run := fixture()
	run.Studies[0].Effects[1].OE = 20
	page, _ := written(t, run)
	if !strings.Contains(page.String(), "No disagreement between the cohorts was found") || !strings.Contains(page.String(), "large differences only") {
		t.Error("the page does not say how little the test can find")
	}
}

func TestSiteThatKnowsNextToNothingIsNamedAndNotDrawn(t *testing.T) {
	run := fixture()
	run.Studies[0].Effects[1].OE, run.Studies[0].Effects[1].Variance = 1e-9, 1e-9
	page, _ := written(t, run)
	if strings.Contains(page.String(), "NaN") || strings.Contains(page.String(), "Inf") || !strings.Contains(page.String(), "No estimate from") {
		t.Error("an interval that no axis holds is drawn, or its site is not named")
	}
}

func TestNumbersForReadingAreShort(t *testing.T) {
	for x, want := range map[float64]string{0.1 + 0.2: "0.3", 12000: "12000", -12345.6: "−12346", 0.000012345: "1.234e−05", 3653: "3653", 0: "0"} {
		if got := short(x); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
