package report

import (
	"fmt"
	"math"
	"time"

	"github.com/fairway-tre/fairway/features/facets"
)

// The run below is invented for these tests: only the known answers, log-rank
// numbers and site profiles are those of the real study. No curve, event, time,
// digest or byte count in it was measured.

var began = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func ours(x float64) *float64 { return &x }

func fixture() Run {
	r := Run{
		Title:      "Hormone therapy and recurrence, asked of three sites",
		Summary:    "One person asks three research environments the same question. Two answer, one refuses, and nothing but released results crosses a border.",
		Started:    began,
		Wall:       17420 * time.Millisecond,
		PeakMemory: 412_300_000,
		Versions:   []Version{{"fairway", "0.1.0"}, {"go", "1.26.8"}, {"broker", "Apache Kafka"}},
		Repeat:     []Command{{"make demo", "plays this run again and writes this page"}, {"make test", "runs every test"}},
		Sites:      sites(),
		Studies:    []Study{breast(), lung(), silent(), genotypes()},
		Story:      story(),
		Decisions:  decisions(),
		Refusals:   refusals(),
		Invariants: invariants(),
	}
	for _, s := range r.Studies {
		r.Events = append(r.Events, journey(s, len(r.Events))...)
	}
	r.Crossings = crossings()
	return r
}

func sites() []Site {
	return []Site{
		{"molgenis", "Rotterdam", "NL", []string{"Rotterdam breast cancer cohort, 2,982 people"}, 5, "1", []string{"data access committee, 2 of 3"}, "second factor within 8 h", "aggregate functions only"},
		{"denbi", "de.NBI", "DE", []string{"GBSG breast cancer cohort, 686 people"}, 10, "2", []string{"steering group, 1", "data holder, 1"}, "second factor within 12 h", "catalogued workflows only"},
		{"sensitive-cloud", "Sensitive Cloud", "CZ", []string{"lung cancer cohort, 228 people, 18 institutions"}, 10, "2, blinded", []string{"security office, 1", "data holder, 1"}, "second factor within 1 h, from 127.0.8.0/24 only", "typed and native"},
	}
}

func breast() Study {
	rows := []struct {
		name        string
		known, ours float64
	}{
		{"Rotterdam, O−E of the treated", 35.34012319651, 35.340123196510376},
		{"Rotterdam, V", 131.6824025204, 131.6824025203809},
		{"Rotterdam, chi-square", 9.484367566511, 9.484367566510878},
		{"GBSG, O−E of the treated", -24.65691704167, -24.656917041665025},
		{"GBSG, V", 70.98413473521, 70.9841347252146},
		{"GBSG, chi-square", 8.564780853539, 8.564780853539002},
		{"Combined, stratified by site, chi-square", 0.5631462169239, 0.56314621692388},
	}
	s := Study{
		ID: "breast", Title: "Breast cancer: hormone therapy and recurrence", Host: "molgenis",
		Question: "Does hormone therapy change the time to recurrence?",
		Note:     "Neither cohort is a trial of this question, and nothing is adjusted for.",
		Effects:  []Effect{{"molgenis", "hormone therapy", 35.34012319651, 131.6824025204}, {"denbi", "hormone therapy", -24.65691704167, 70.98413473521}},
		Curves: []Curve{
			curve("molgenis", "no hormone therapy", 2643, 5, 5473, 1.05), curve("molgenis", "hormone therapy", 339, 5, 3593, 1.02),
			curve("denbi", "no hormone therapy", 440, 10, 1990, .85), curve("denbi", "hormone therapy", 246, 10, 1989, .62),
		},
		Manifest: []SiteAnswer{
			{"molgenis", Returned, "", "", digest(1), 9120, ""}, {"denbi", Returned, "", "", digest(2), 3411, ""},
			{"sensitive-cloud", Refused, "variable-unknown", "no dataset here maps the concept hormone therapy", "", 0, ""},
		},
	}
	for _, r := range rows {
		s.Answers = append(s.Answers, Answer{r.name, r.known, ours(r.ours), 1e-9})
	}
	return s
}

func lung() Study {
	return Study{
		ID: "lung", Title: "Lung cancer: survival by sex", Host: "sensitive-cloud",
		Question: "Does survival differ by sex, stratified by 18 institutions?",
		Note:     "The one row without an institution is dropped.",
		Answers:  []Answer{{"Chi-square, stratified by institution", 8.524467363323, ours(8.52446736332319), 1e-9}},
		Effects:  []Effect{{"sensitive-cloud", "female", -17.075414102006, 34.203869207063}},
		Curves:   []Curve{curve("sensitive-cloud", "male", 137, 10, 583, 1.9), curve("sensitive-cloud", "female", 90, 10, 450, .85)},
		Manifest: []SiteAnswer{{Site: "sensitive-cloud", Outcome: Returned, Digest: digest(3), Bytes: 2054}},
	}
}

func silent() Study {
	return Study{
		ID: "silent", Title: "Breast cancer again, with a site that falls silent", Host: "molgenis",
		Question: "What does the answer become when one site stops answering?",
		Answers:  []Answer{{"Rotterdam alone, chi-square", 9.484367566511, ours(9.484367566510878), 1e-9}},
		Manifest: []SiteAnswer{
			{"molgenis", Returned, "", "", digest(4), 9120, ""}, {"denbi", TimedOut, "", "no answer by the study's deadline", "", 0, ""},
			{"sensitive-cloud", Refused, "variable-unknown", "no dataset here maps the concept hormone therapy", "", 0, ""},
		},
		Silence: &Silence{[]string{"denbi"}, "Combined chi-square", 0.5631462169239, 9.484367566511},
	}
}

// genotypes has a picture of every kind but survival. Its numbers are made up.
func genotypes() Study {
	s := Study{
		ID: "genotypes", Title: "genotypes and a table with cells that are not told", Host: "denbi", Question: "Which variant goes with the disease?", Deciders: []string{"denbi", "thl"},
		Manifest: []SiteAnswer{
			{Site: "denbi", Outcome: Returned, Digest: digest(5), Bytes: 2054}, {Site: "molgenis", Outcome: Returned, Digest: digest(6), Bytes: 3054, Dataset: "rotterdam"},
			{Site: "molgenis", Outcome: TimedOut, Dataset: "utrecht"},
			{Site: "sensitive-cloud", Outcome: Refused, Reason: "consent-missing", Detail: "the permit does not cover this use"},
		},
		Scans: []Scan{scan(4000)},
		Fits: []Fit{{Title: "disease", Measure: "log odds ratio", People: 944, Rounds: 6, Terms: []Term{
			{intercept, -1.25, 0.31, 0.0001, false}, {"age", 0.0421, 0.0031, 1e-9, false}, {"sex=male", -0.256, 0.0811, 0.0016, false},
		}}, {Title: "cost", Measure: "difference", Terms: []Term{{"bmi", 12.5, 3.25, 0.0002, false}}}},
		Means: []Means{{Measure: "score", Groups: []Mean{
			{Group: "case = no", Site: "denbi", N: 212, Mean: -0.1448275471698, SD: 0.743, Percentiles: []Percentile{{25, -0.5125}, {50, -0.125}}},
			{Group: "case = yes", Site: "denbi", N: 251, Mean: 0.3181959920319, SD: 0.7012, Percentiles: []Percentile{{50, 0.3125}}},
			{Group: "case = unknown", Site: "denbi", Suppressed: true},
		}}},
		Tables: []Table{{Concepts: []string{"sex", "age-group"}, Cells: []Cell{
			{[]string{"female", "18-39"}, 3215, false}, {[]string{"female", "40-59"}, 523, false}, {Levels: []string{"female", "60-or-more"}, Suppressed: true},
			{[]string{"male", "18-39"}, 2368, false}, {[]string{"male", "40-59"}, 939, false}, {Levels: []string{"male", "60-or-more"}, Suppressed: true},
		}}, {Cells: []Cell{{nil, 7045, false}}}},
		Frequencies: []Frequencies{{Sites: []string{"denbi", "molgenis"}, ID: []string{"rs1", "rs2", "rs3"}, Shares: [][]float64{{0.1, 0.2}, {0.5, 0.45}, {0.9, 0.97}}}},
	}
	return s
}

// scan has p-values as if nothing were associated, and three that are far from that.
func scan(n int) Scan {
	s := Scan{Outcome: "case", Cases: 500, Controls: 506, Masked: 692, Flipped: 5201, LeftOut: 1653, Lambda: 0.993}
	for i := range n {
		s.Chromosome = append(s.Chromosome, []string{"10", "2"}[i%2])
		s.Position, s.ID = append(s.Position, 1000+i*4000), append(s.ID, fmt.Sprintf("rs%d", i))
		s.P = append(s.P, (float64((i*7919)%n)+0.5)/float64(n))
	}
	s.P[100], s.P[101], s.P[102] = 3.8e-08, 2.5e-05, 0.00091
	s.Strongest = Fit{Title: "rs100, one more C", Measure: "log odds ratio", People: 990,
		Terms: []Term{{"denbi", -0.324258, 0.133843, 0.0154066, false}, {"combined", -0.509006, 0.0925531, 3.8e-08, true}}}
	return s
}

// curve falls as an exponential would, in steps of a little over the threshold.
func curve(site, arm string, people, threshold int, last, rate float64) Curve {
	c := Curve{Site: site, Arm: arm, Time: "recurrence-time (day)", People: people}
	steps := min(60, int(float64(people)*(1-math.Exp(-rate)))/threshold)
	for i := 1; i <= steps; i++ {
		share := math.Pow(float64(i)/float64(steps), 1.6)
		c.Steps = append(c.Steps, CurveStep{math.Round(20 + share*(last-20)), math.Exp(-rate * math.Pow(share, .7)),
			int(float64(people)*math.Exp(-rate*share)*(1-.9*share)) + threshold, threshold + i%3})
	}
	return c
}

func digest(n int) string { return fmt.Sprintf("sha256:%064x", uint64(n)*0x9E3779B97F4A7C15) }

func shows(layer, safe string) facets.Shown {
	return facets.Shown{Layers: []string{layer}, Safes: []string{safe}}
}

func story() []Scenario {
	step := func(text, who, site, rule string, ms int) Step {
		return Step{text, who, site, rule, Passed, time.Duration(ms) * time.Millisecond, ""}
	}
	return []Scenario{
		{Study: "breast", Feature: "Trials", ID: "SC-breast", Title: "One question, three sites, one released answer", Shows: shows("legal", "outputs"), Steps: []Step{
			step("Given the three sites have published what they hold", "data managers", "", "", 812),
			step("And a researcher has registered, trained and signed the agreement", "molgenis:01JR…7Q", "molgenis", "training valid for 2 years", 240),
			step("When she applies for hormone therapy, time and recurrence in two cohorts", "molgenis:01JR…7Q", "molgenis", "", 96),
			step("And two of three members of the data access committee decide in favour", "data access committee", "molgenis", "data access committee, 2 of 3", 310),
			step("And the steering group, then the data holder, decide in favour", "steering group, data holder", "denbi", "steering group, 1; then data holder, 1", 388),
			step("And the job goes to every site that was asked", "gateway", "molgenis", "every site answers for itself", 120),
			step("Then two sites return a result and one refuses: variable-unknown", "", "sensitive-cloud", "a site without the concept refuses", 1480),
			step("And each output is reviewed by those who did not write it", "output checkers", "denbi", "2 reviewers, never the author", 690),
			step("And the combined answer is released to her", "output checker", "molgenis", "the combination is itself an output", 420),
		}},
		{Study: "lung", Feature: "Trials", ID: "SC-lung", Title: "A second study, hosted elsewhere", Shows: shows("legal", "outputs"), Steps: []Step{
			step("Given a permit for survival by sex at Sensitive Cloud", "security office, data holder", "sensitive-cloud", "security office, 1; then data holder, 1", 402),
			step("When the stratified log-rank job runs", "", "sensitive-cloud", "", 260),
			step("Then its released chi-square is the known one", "", "sensitive-cloud", "", 30),
		}},
		{Study: "", Feature: "Trials", ID: "SC-", Title: "What must be refused is refused", Shows: shows("legal", "outputs"), Steps: []Step{
			step("When the author reviews her own output", "molgenis:01JR…7Q", "molgenis", "the author never reviews", 44),
			step("Then the act is refused, and a valid one after it is accepted", "", "molgenis", "", 71),
		}},
		{Study: "silent", Feature: "Trials", ID: "SC-silent", Title: "A site falls silent", Shows: shows("legal", "outputs"), Steps: []Step{
			step("Given the process of de.NBI is stopped", "", "denbi", "", 12),
			step("When the study's deadline passes", "", "molgenis", "deadline of the study, capped by the profile", 2100),
			step("Then the partial result names de.NBI as timed out", "", "molgenis", "silence is never zero", 60),
		}},
	}
}

func decisions() []Decision {
	at := func(s int) time.Time { return began.Add(time.Duration(s) * 731 * time.Millisecond) }
	return []Decision{
		{at(2), "breast", "molgenis", "application decided: positive", "data access committee, molgenis:01JR…A1", "data access committee, 2 of 3", "1841"},
		{at(3), "breast", "molgenis", "application decided: positive", "data access committee, molgenis:01JR…A2", "data access committee, 2 of 3", "1857"},
		{at(4), "breast", "denbi", "application decided: positive", "steering group, denbi:01JR…B1", "steering group, 1", "922"},
		{at(5), "breast", "denbi", "application decided: positive", "data holder, denbi:01JR…B2", "data holder, 1", "931"},
		{at(9), "breast", "denbi", "output approved", "output checker, denbi:01JR…B3", "2 reviewers, never the author", "1010"},
		{at(10), "breast", "denbi", "output approved", "output checker, denbi:01JR…B4", "2 reviewers, never the author", "1016"},
		{at(11), "breast", "molgenis", "combined output approved", "output checker, molgenis:01JR…A3", "1 reviewer, never the author", "1999"},
	}
}

func refusals() []Refusal {
	row := func(study, site, attempt, by, reason, sentence, probe, leaf string) Refusal {
		return Refusal{0, study, site, attempt, by, reason, reason, sentence, probe, true, 0, leaf}
	}
	return []Refusal{
		row("breast", "molgenis", "The author reviews her own output", "molgenis:01JR…7Q", "author-reviews", "a reviewer must not be the author of the output", "another checker reviews it", "1960"),
		row("breast", "denbi", "A table with a cell under the threshold", "molgenis:01JR…7Q", "below-threshold", "one cell is under this site's threshold of 10", "the same table with wider groups", "988"),
		row("breast", "molgenis", "A release decision with a forged signature", "a stranger's key", "signature-invalid", "the signature is not that of the key named", "the true decision", "1971"),
		row("breast", "molgenis", "A release decision whose hash is not that of the bytes", "an enrolled test key", "digest-mismatch", "the decision is about other bytes than these", "the true decision", "1975"),
		row("breast", "denbi", "A permit revoked while the job runs", "data holder", "permit-revoked", "the permit was revoked; the job is stopped and access ended", "a job under a valid permit", "1033"),
		row("breast", "molgenis", "An act without training", "molgenis:01JR…9C", "training-missing", "no valid training is recorded for this person", "the same act after training", "1790"),
		row("breast", "molgenis", "A person without the role", "molgenis:01JR…9C", "role-missing", "this act asks for the role output checker", "the act by an output checker", "1793"),
	}
}

func invariants() []Invariant {
	return []Invariant{
		{"Nothing released without a decision", "Every result that crossed a border rests on a signed release decision with the hash of its bytes.", 31, nil, shows("technical", "settings")},
		{"Nothing twice", "No release, permit or result exists twice.", 214, nil, shows("technical", "settings")},
		{"Every effect has a cause", "Every event but an act names an event that was seen before it.", 214, nil, shows("technical", "settings")},
		{"Every refusal has a reason", "Every refusal carries a reason code and an audit leaf.", 9, nil, shows("technical", "settings")},
	}
}

func crossings() []Crossing {
	return []Crossing{
		{"breast", "molgenis", "denbi", "fairway.federation.job.dispatched.v1", 1712, 1, ""},
		{"breast", "molgenis", "sensitive-cloud", "fairway.federation.job.dispatched.v1", 1718, 1, ""},
		{"breast", "denbi", "molgenis", "fairway.federation.result.part.v1", 3411, 1, digest(2)},
		{"breast", "sensitive-cloud", "molgenis", "fairway.federation.job.refused.v1", 902, 1, ""},
		{"silent", "molgenis", "denbi", "fairway.federation.job.dispatched.v1", 1712, 1, ""},
	}
}
