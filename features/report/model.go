package report

import (
	"time"

	"github.com/fairway-tre/fairway/features/facets"
)

// Run is everything that one run of the judge has seen, as plain data. The
// harness fills it; the page shows it and never adds to it. A part that was not
// seen is left empty, and the page says that it is missing.
//
// People appear by pseudonym only, and no field may hold row-level values.
type Run struct {
	Title   string
	Summary string // one or two sentences on what was asked
	Started time.Time
	Wall    time.Duration
	// PeakMemory is the sum of the peak resident sets of all processes, in bytes.
	PeakMemory int64
	Versions   []Version
	// Problems are sentences on what went wrong outside any step, such as a site
	// that did not start. One is enough to turn the verdict.
	Problems []string
	// Own marks a run of somebody's own scenarios, which need not try everything.
	Own bool

	Sites      []Site
	Studies    []Study
	Story      []Scenario
	Events     []Event // in the order seen, over all brokers
	Crossings  []Crossing
	Decisions  []Decision
	Refusals   []Refusal
	Invariants []Invariant
	Repeat     []Command

	Judged []Judgement // of a service that is not ours, one for each scenario
}

// Judgement is the verdict on one scenario of a service's role, and what it rests on.
type Judgement struct {
	ID           string     `json:"id"` // SC-AIR-007
	Title        string     `json:"title"`
	Verdict      string     `json:"verdict"` // PASS, FAIL or INCONCLUSIVE
	Why          string     `json:"why"`     // of an inconclusive one: control, no-answer, not-tried, run-budget, ours; else empty
	Requirements []string   `json:"requirements"`
	Expected     string     `json:"expected"`
	Observed     string     `json:"observed"` // empty where it is what was expected
	Events       []Evidence `json:"events"`
	Repeat       string     `json:"repeat"` // command
}

// Evidence is a record that a verdict rests on, and where it lies.
type Evidence struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Version names a part that took part in the run, and which one it was: "go" 1.26.8, "broker" embedded.
type Version struct{ Name, Version string }

// Command is one line to type to repeat the run, and what it does.
type Command struct{ Line, Purpose string }

// Site is one TRE as its published profile describes it.
type Site struct {
	ID        string // as in topics and sources: "molgenis"
	Name      string // for people: "Rotterdam"
	Country   string // "NL"
	Holds     []string
	Threshold int      // smallest count that may leave
	Reviewers string   // "2, blinded"
	Chain     []string // approval bodies in order: "steering group, 1"
	SignIn    string   // "second factor within 12 h"
	Analyses  string   // "catalogued workflows only"
}

// Study is one question asked of several sites.
type Study struct {
	ID       string
	Title    string
	Question string
	Host     string // Site.ID
	Note     string // what a reader must know to read the numbers, may be empty

	Answers  []Answer
	Manifest []SiteAnswer
	Deciders []string // Site.ID of those that gave its project a permit

	// what was released
	Curves      []Curve
	Effects     []Effect
	Tables      []Table
	Means       []Means
	Fits        []Fit
	Scans       []Scan
	Frequencies []Frequencies

	Silence *Silence // nil unless a site was made silent
}

// Answer sets a published number beside ours.
type Answer struct {
	Quantity  string
	Known     float64
	Ours      *float64 // nil: no answer was had
	Tolerance float64  // relative: |ours − known| <= Tolerance × |known|
}

// Curve is the Kaplan-Meier curve of one arm at one site, as it left the site.
type Curve struct {
	Site   string // Site.ID
	Arm    string // "hormone therapy"
	Time   string // what is counted on the axis: "recurrence-time (day)"
	People int    // in the arm at time zero, 0 where it was not published
	Steps  []CurveStep
}

// CurveStep is one published step of a thinned curve. Survival is exact at Time;
// AtRisk counts the people at risk just after it, whose time is later; Events
// those since the last published step.
type CurveStep struct {
	Time     float64
	Survival float64
	AtRisk   int
	Events   int
}

// Effect is one site's log-rank result for the arm named: observed minus expected
// events and their variance.
type Effect struct {
	Site     string // Site.ID
	Arm      string // the arm whose events are counted
	OE       float64
	Variance float64
}

// SiteAnswer is one line of the manifest.
type SiteAnswer struct {
	Site    string
	Outcome Outcome
	Reason  string // code, for a refusal
	Detail  string // the sentence that came with it
	Digest  string // of the result that it returned
	Bytes   int64
	Dataset string // where the site was asked several
}

// Outcome is what became of a job at a site. Silence is never zero.
type Outcome string

const (
	Returned   Outcome = "returned"
	Refused    Outcome = "refused"
	TimedOut   Outcome = "timed out"
	Suppressed Outcome = "suppressed"
)

// Silence is an answer with and without the sites that fell silent.
type Silence struct {
	Sites    []string
	Quantity string
	With     float64 // had they answered
	Without  float64 // as combined, without them
}

// Scenario is one scenario of the feature, step by step.
type Scenario struct {
	Study   string // Study.ID, empty for what comes before any study
	Feature string // the title of its file
	ID      string // such as SC-TRI-003, empty if it has none
	Title   string
	Steps   []Step
	Shows   facets.Shown
}

// Step is one step of a scenario. Who, Site and Rule may be empty.
type Step struct {
	Text     string // with its keyword: "When two members decide"
	Who      string // body or pseudonym
	Site     string
	Rule     string
	Status   Status
	Duration time.Duration
	Problem  string // why it did not pass
}

// Status is the verdict on one step. Any other than Passed turns the verdict.
type Status string

const (
	Passed    Status = "passed"
	Failed    Status = "failed"
	Skipped   Status = "skipped"
	Undefined Status = "undefined"
	Pending   Status = "pending"
)

// Event is one record seen on a broker. Acts are events too.
type Event struct {
	ID       string
	Time     time.Time
	Topic    string // "molgenis.airlock.events.v1", "federation.denbi.inbox.v1"
	Type     string // "fairway.airlock.release.published.v1"
	Source   string // "/sites/molgenis/airlock"
	Subject  string
	Sequence int64
	Cause    string // ID of the event that caused it
	Actor    string // pseudonym, for acts
	Reason   string // code, for refusals
	Study    string // Study.ID, may be empty
	Bytes    int64
}

// Crossing sums the records of one type that went from one site to another over
// the federation's broker, each counted once.
type Crossing struct {
	Study    string
	From, To string // Site.ID
	Type     string
	Bytes    int64
	Count    int
	// Decision is the digest of the release decision under which a result left.
	Decision string
}

// Decision is what a body or a person decided, and the audit leaf that proves it.
type Decision struct {
	Time      time.Time
	Study     string
	Site      string
	Decision  string // "permit granted"
	By        string // body and pseudonym
	Rule      string
	AuditLeaf string
}

// Refusal is one attempt that must be refused.
type Refusal struct {
	Scenario int // place in Run.Story from 1, 0 if it belongs to none
	Study    string
	Site     string
	Attempt  string // "the author reviews her own output"
	By       string
	Expected string // reason code that the rule asks for
	Reason   string // reason code that came, empty if nothing refused it
	Sentence string // what the refusal said
	// Probe is the valid act tried after it; that it was accepted while the
	// attempt left no effect shows that the refusal was not mere slowness.
	Probe         string
	ProbeAccepted bool
	Effects       int // effects of the attempt seen by the time of the probe
	AuditLeaf     string
}

// Invariant is one law judged over all records.
type Invariant struct {
	Name       string
	Statement  string
	Checked    int // records that it was judged over
	Violations []string
	Shows      facets.Shown
}
