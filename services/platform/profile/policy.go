package profile

import (
	"slices"
	"time"
)

// What follows are policies that most sites leave out: a profile without the section works by the federation's default,
// which the section's comment gives.

// The types of partners, who an application is for.
const (
	Academic  = "academic"
	Public    = "public"
	NonProfit = "non-profit"
	Industry  = "industry"
)

// DecidesFor says whether the body decides on applications of a partner type.
func (b Body) DecidesFor(partner string) bool {
	return len(b.Partners) == 0 || slices.Contains(b.Partners, partner)
}

// Chain lists the bodies that decide on an application of a partner type, in order.
func (p Profile) Chain(partner string) []Body {
	return slices.DeleteFunc(slices.Clone(p.ApprovalChain), func(b Body) bool { return !b.DecidesFor(partner) })
}

// Admits says whether a site takes applications of a partner type at all.
func (p Profile) Admits(partner string) bool {
	return len(p.Partners) == 0 || slices.Contains(p.Partners, partner)
}

// Projects says what the register of projects tells. Default: the title that the applicant gave, of every project.
type Projects struct {
	// Confidential lists the types of partners whose projects stand in the register without their title.
	Confidential []string `yaml:"confidential,omitempty"`
}

// Hosting says which parts of a TRE a site runs itself. Default: all of them.
type Hosting struct {
	// Workspace is none for a holder of data that runs no workspace and no airlock: its data lie at another site.
	Workspace string `yaml:"workspace"` // own, none
	// At is the site that hosts the data of a holder without a workspace; else empty.
	At string `yaml:"at,omitempty"`
	// For lists the sites without a workspace whose data are hosted here, by their own decision on every project.
	For []string `yaml:"for,omitempty"`
}

// Holds says whether data may be used here: not at a site without a workspace.
func (h Hosting) Holds() bool { return h.Workspace != None }

// None means that the site has no such part.
const None = "none"

// Membership says who makes somebody a researcher of the site. Default: the identity officers of the site.
type Membership struct {
	Source string `yaml:"source"` // local, external-group
	// RevokeWithin is the longest time from the removal of a member outside until access has ended here.
	RevokeWithin Duration `yaml:"revokeWithin"`
}

// External says that membership comes from a group outside the site.
func (m Membership) External() bool { return m.Source == ExternalGroup }

// ExternalGroup is the source of members that a system outside the site keeps.
const ExternalGroup = "external-group"

// Stage is one step of the review of an output: so many people of a role must approve it, and then the next stage begins.
type Stage struct {
	Role   string `yaml:"role"`
	Quorum int    `yaml:"quorum"`
}

// OutputChecker is the role of those who review outputs where a profile names no stages.
const OutputChecker = "output-checker"

// Steps lists the stages of a review: those of the profile, or one of its reviewers.
func (r Review) Steps() []Stage {
	if len(r.Stages) > 0 {
		return r.Stages
	}
	return []Stage{{Role: OutputChecker, Quorum: r.Reviewers}}
}

// Export limits what may leave. Default: no limit beside those of the federation.
type Export struct {
	MaxBytes           int      `yaml:"maxBytes,omitempty"`           // of one release
	MediaTypes         []string `yaml:"mediaTypes,omitempty"`         // allowed ones
	NamePattern        string   `yaml:"namePattern,omitempty"`        // which the name of a released file matches
	Group              string   `yaml:"group,omitempty"`              // role that whoever asks for a release must have
	ResultTypes        []string `yaml:"resultTypes,omitempty"`        // one must be declared, of these
	LowRisk            []string `yaml:"lowRisk,omitempty"`            // result types that need no reviewer if declared and every rule passes
	ScanRequired       bool     `yaml:"scanRequired,omitempty"`       // a verdict other than clean blocks the release
	IdentifiersRefused bool     `yaml:"identifiersRefused,omitempty"` // a dataset may not bind an identifier of persons to a concept that can be asked for
}

// Needs says whether a release must be declared as one of the result types.
func (e Export) Needs() bool { return len(e.ResultTypes) > 0 }

// Disclosure names the rule set by which outputs are checked, beside the threshold. Default: the federation's rules.
type Disclosure struct {
	RuleSet string `yaml:"ruleSet"` // federation, datashield, opensafely
	// Rounding is the number to whose multiples counts are rounded before they leave; 0: none.
	Rounding int `yaml:"rounding,omitempty"`
	// Settings are published with the policy, by the names that the rule set's own users know, such as nfilter.tab.
	Settings []Setting `yaml:"settings,omitempty"`
}

// Setting is one published number of a rule set, as decimal text.
type Setting struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// Retention says when what a project leaves is deleted. Default: never by itself.
type Retention struct {
	DeleteAfter Span `yaml:"deleteAfter"` // after the end of the permit, or of the workspace if that ends earlier
	// ArchiveFor is how long after that end the record of what was asked and released is kept. Default: none is made.
	ArchiveFor Span `yaml:"archiveFor,omitempty"`
}

// Due is when what was left at an end is deleted; false where the site deletes nothing by itself.
func (r Retention) Due(end time.Time) (time.Time, bool) {
	return r.DeleteAfter.After(end), r.DeleteAfter != Span{}
}

// KeepUntil is until when the archive of what ended is kept; false where none is made.
func (r Retention) KeepUntil(end time.Time) (time.Time, bool) {
	return r.ArchiveFor.After(end), r.ArchiveFor != Span{}
}

// Audit says how often the gateway shows the other sites the state of its audit log, for them to cosign. Default: never.
type Audit struct {
	Witnessed Duration `yaml:"witnessed"`
}

// Border limits what the gateway takes from other sites.
type Border struct {
	// RecordsPerSecond is how many records of one participant the gateway takes in a second, and as many as in four seconds at
	// once; further ones wait on the federation's broker and hold up nobody else's. Default: 16.
	RecordsPerSecond int `yaml:"recordsPerSecond"`
}

// PerSecond is RecordsPerSecond, or the federation's where the profile says nothing.
func (b Border) PerSecond() int {
	if b.RecordsPerSecond > 0 {
		return b.RecordsPerSecond
	}
	return 16
}

// Discovery says how questions about numbers of people are answered. Default: counts, to researchers with standing.
type Discovery struct {
	Anybody    string `yaml:"anybody"`    // none, boolean, count: to researchers of any site
	Researcher string `yaml:"researcher"` // to researchers whose own site attests training and agreement
	Rounding   int    `yaml:"rounding"`   // counts are told in multiples of it; 0: of the threshold
	// Questions is how many different questions one person may ask of one dataset on one day (UTC); 0: as many as Budget says.
	Questions int `yaml:"questions,omitempty"`
}

// Budget is how many different questions one person may ask of one dataset on one day. An attack on a beacon that tells
// of single variants takes hundreds to thousands (Shringarpure and Bustamante 2015).
func (d Discovery) Budget() int {
	if d.Questions > 0 {
		return d.Questions
	}
	return 50
}

// The granularities of an answer, each telling more than the one before.
const (
	Boolean = "boolean" // whether there are enough people; how many is not told
	Counted = "count"
)

// For is how much is told to an asker with or without standing: training and agreement, attested by the asker's own site.
func (d Discovery) For(standing bool) string {
	switch {
	case d == Discovery{} && standing:
		return Counted
	case d == Discovery{}:
		return None
	case standing:
		return d.Researcher
	}
	return d.Anybody
}

// Imports says whether a project may bring something in, and what. Default: nothing.
type Imports struct {
	Allowed      bool     `yaml:"allowed"`
	Kinds        []string `yaml:"kinds,omitempty"`        // what may be brought in: lookup
	MaxBytes     int      `yaml:"maxBytes,omitempty"`     // of one import
	ScanRequired bool     `yaml:"scanRequired,omitempty"` // a verdict other than clean blocks the import
}

// Crates says whether the door takes a request, and gives a released output, as a Five Safes RO-Crate. Default: neither.
type Crates struct {
	In  bool `yaml:"in"`
	Out bool `yaml:"out"`
}

// Tool is a catalogued workflow: an analysis that may run here, and the digest of its description.
type Tool struct {
	Kind   string `yaml:"kind"`
	Digest string `yaml:"digest"`
}

// Registered says whether a tool of this digest may run: any where the site has no registry.
func (p Profile) Registered(kind, digest string) bool {
	return len(p.Tools) == 0 || slices.Contains(p.Tools, Tool{kind, digest})
}

// Workspaces says how jobs are run. Default: side by side, as they come.
type Workspaces struct {
	Queue string `yaml:"queue"` // direct, batch: one job after the other
}

// Batch is the queue in which one job runs after the other.
const Batch = "batch"
