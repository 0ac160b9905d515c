// Package profile reads a site's profile: everything that differs between two sites as data, so that no program asks
// which site it runs at. A profile holds no secrets and no paths and may be published.
package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"time"

	json "github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

// FederationFloor is the lowest threshold a site may set: below it no site of this federation publishes a count.
const FederationFloor = 5

// Profile is a valid profile; Parse is the only way to one outside a test.
type Profile struct {
	Name            string `yaml:"name"`            // as in /sites/<name>/<service>
	Title           string `yaml:"title"`           // for people
	Country         string `yaml:"country"`         // ISO 3166-1 alpha-2
	ModelledOn      string `yaml:"modelledOn"`      // which public descriptions, and that there is no affiliation
	HostDescription string `yaml:"hostDescription"` // one sentence about the site as the host of a study

	Threshold     int       `yaml:"threshold"` // smallest count that may be published
	Review        Review    `yaml:"review"`
	SignIn        SignIn    `yaml:"signIn"`
	ApprovalChain []Body    `yaml:"approvalChain"` // in the order in which the bodies decide
	Analyses      Analyses  `yaml:"analyses"`
	Training      Training  `yaml:"training"`
	Agreement     Agreement `yaml:"agreement"`
	Study         Study     `yaml:"study"`
	Release       Release   `yaml:"release"`
	Permit        Permit    `yaml:"permit"`
	Executors     []string  `yaml:"executors"` // where analyses may run: typed, sandbox, tes

	Partners   []string   `yaml:"partners,omitempty"` // whose applications are taken; none listed: everybody's
	Projects   Projects   `yaml:"projects,omitempty"`
	Hosting    Hosting    `yaml:"hosting,omitempty"`
	Membership Membership `yaml:"membership,omitempty"`
	Workspaces Workspaces `yaml:"workspaces,omitempty"`
	Tools      []Tool     `yaml:"tools,omitempty"` // registry of catalogued workflows; none listed: the kinds of analyses.catalogued
	Imports    Imports    `yaml:"imports,omitempty"`
	Crates     Crates     `yaml:"crates,omitempty"`
	Export     Export     `yaml:"export,omitempty"`
	Disclosure Disclosure `yaml:"disclosure,omitempty"`
	Discovery  Discovery  `yaml:"discovery,omitempty"`
	Retention  Retention  `yaml:"retention,omitempty"`
	Audit      Audit      `yaml:"audit,omitempty"`
	Border     Border     `yaml:"border,omitempty"`
}

// Review is how outputs are checked by people.
type Review struct {
	Reviewers int         `yaml:"reviewers"` // how many independent reviewers must approve
	Blinded   bool        `yaml:"blinded"`   // reviewers do not see each other's decision before the last
	Within    WorkingDays `yaml:"deadline"`
	Stages    []Stage     `yaml:"stages,omitempty"` // in order, instead of the one of the reviewers
	Rounds    string      `yaml:"rounds,omitempty"` // covered: the approval of a model's first round covers the later ones; each: people review each. Default covered
}

// How the rounds of a model over sites are reviewed.
const (
	CoveredRounds = "covered"
	EachRound     = "each"
)

// Deadline is when a review asked for at from must be decided.
func (r Review) Deadline(from time.Time) time.Time { return r.Within.After(from) }

// SignIn is what a session needs.
type SignIn struct {
	Assurance          string         `yaml:"assurance"` // aal2
	SecondFactorMaxAge Duration       `yaml:"secondFactorMaxAge"`
	Addresses          []netip.Prefix `yaml:"addresses"` // empty: from anywhere
}

// AddressAllowed says whether a person may sign in from addr.
func (s SignIn) AddressAllowed(addr netip.Addr) bool {
	contains := func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) }
	return len(s.Addresses) == 0 || slices.ContainsFunc(s.Addresses, contains)
}

// Body is one decision of the approval chain: Quorum positive assessments out of Of members.
type Body struct {
	Body       string   `yaml:"body"`
	Quorum     int      `yaml:"quorum"`
	Of         int      `yaml:"of"`
	Partners   []string `yaml:"partners,omitempty"`   // decides only on applications of these partner types; none listed: on all
	PerDataset bool     `yaml:"perDataset,omitempty"` // decides on each dataset by itself, such as a region on its own
	Blinded    bool     `yaml:"blinded,omitempty"`    // members do not learn each other's votes before the body has decided
}

// The modes of Analyses.
const (
	Aggregate      = "aggregate"        // typed functions that return aggregates only
	Catalogued     = "catalogued"       // only the kinds listed
	TypedAndNative = "typed-and-native" // typed functions and researchers' own code
)

// Analyses says what may be run.
type Analyses struct {
	Mode       string   `yaml:"mode"`
	Catalogued []string `yaml:"catalogued"` // filled for mode catalogued, else empty
}

// Allows says whether a typed analysis of this kind may be run here.
func (a Analyses) Allows(kind string) bool {
	if a.Mode == Catalogued {
		return slices.Contains(a.Catalogued, kind)
	}
	return slices.Contains(kinds, kind)
}

// Training is the course a person must have completed, and for how long it counts.
type Training struct {
	Course   string `yaml:"course"`
	ValidFor Span   `yaml:"validFor"`
}

// Agreement is what a person must have signed.
type Agreement struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
}

// Study limits what open-study may ask for.
type Study struct {
	MaxDeadline Duration `yaml:"maxDeadline"`
}

// Release says for how long a release decision lets bytes cross the border.
type Release struct {
	ValidFor Span `yaml:"validFor"`
}

// Permit limits how long a permit can be asked for, and how long its end may take.
type Permit struct {
	MaxDuration Span `yaml:"maxDuration"`
	// RevokeWithin is the longest time from the word that a permit of the site has ended, or that a person of the site is
	// suspended or no researcher any more, to its last effect anywhere. Default: 15 minutes.
	RevokeWithin Duration `yaml:"revokeWithin,omitempty"`
}

// Bound is RevokeWithin, or the federation's where the profile says nothing.
func (p Permit) Bound() time.Duration {
	if p.RevokeWithin.Std() > 0 {
		return p.RevokeWithin.Std()
	}
	return 15 * time.Minute
}

// Lease is how long a site that hosts data for this one may go by a permit since it was last affirmed. The rest of the
// bound is for clocks that differ and for what is on its way.
func (p Permit) Lease() time.Duration { return p.Bound() * 2 / 3 }

// mostBound is the longest that a profile may let the end of a permit take.
const mostBound = 24 * time.Hour

// MostLease is the longest Lease that any profile leads to: whoever affirms for longer has none of them.
const MostLease = mostBound * 2 / 3

// AffirmEvery is how often permits are affirmed to such a site, so that one word may get lost.
func (p Permit) AffirmEvery() time.Duration { return p.Bound() / 3 }

// Digest is "sha256:" and the hash of the canonical form: the profile as JSON with the field names of the file, keys
// sorted, no spaces. Comments, order and layout of the file do not count.
func (p Profile) Digest() string {
	sum := sha256.Sum256(p.canonical())
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (p Profile) canonical() []byte {
	var fields map[string]any
	text, err := yaml.Marshal(p)
	if err == nil {
		err = yaml.Unmarshal(text, &fields)
	}
	if err == nil {
		text, err = json.Marshal(fields, json.Deterministic(true))
	}
	if err != nil {
		panic("profile: a struct of strings, numbers and lists cannot be written: " + err.Error())
	}
	return text
}
