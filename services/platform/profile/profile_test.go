package profile_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/profile"
)

const valid = `name: harbour
title: Harbour
country: NL
modelledOn: nothing
hostDescription: A site for tests.
threshold: 7
review: {reviewers: 2, blinded: true, deadline: 5wd}
signIn:
  assurance: aal2
  secondFactorMaxAge: 90m
  addresses: [127.0.8.0/24]
approvalChain:
  - {body: steering-group, quorum: 1, of: 2}
  - {body: data-holder, quorum: 1, of: 1}
analyses: {mode: catalogued, catalogued: [log-rank]}
training: {course: safe-researcher, validFor: 2y}
agreement: {name: data-use-agreement, version: "1.0"}
study: {maxDeadline: 72h}
release: {validFor: 30d}
permit: {maxDuration: 6m}
executors: [typed]
`

func parse(t *testing.T, text string) profile.Profile {
	t.Helper()
	p, err := profile.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAValidProfileIsReadCompletely(t *testing.T) {
	p := parse(t, valid)
	if p.Name != "harbour" || p.Threshold != 7 || !p.Review.Blinded || p.SignIn.SecondFactorMaxAge.Std() != 90*time.Minute {
		t.Fatalf("read %+v", p)
	}
	if len(p.ApprovalChain) != 2 || !reflect.DeepEqual(p.ApprovalChain[0], profile.Body{Body: "steering-group", Quorum: 1, Of: 2}) {
		t.Fatalf("chain %+v", p.ApprovalChain)
	}
	if p.Training.ValidFor != (profile.Span{Years: 2}) || p.Permit.MaxDuration != (profile.Span{Months: 6}) {
		t.Fatalf("spans %+v %+v", p.Training, p.Permit)
	}
}

func TestABadProfileIsRefusedWithLineFieldAndWhatIsAllowed(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown field":        {"threshold: 7", "treshold: 7", "line 6: treshold: unknown field; allowed here: name, title"},
		"unknown inner field":  {"reviewers: 2,", "reviewer: 2,", "line 7: review.reviewer: unknown field; allowed here: reviewers, blinded, deadline"},
		"missing field":        {"country: NL\n", "", "country: missing"},
		"missing in a list":    {"quorum: 1, of: 2", "quorum: 1", "line 13: approvalChain[0].of: missing"},
		"field twice":          {"country: NL\n", "country: NL\ncountry: NL\n", "country: given twice"},
		"below the floor":      {"threshold: 7", "threshold: 4", "line 6: threshold: 4 is not between the federation's floor 5"},
		"no number":            {"threshold: 7", "threshold: \"7\"", `line 6: threshold: "7" is no whole number`},
		"fraction":             {"threshold: 7", "threshold: 7.5", `line 6: threshold: "7.5" is no whole number`},
		"no boolean":           {"blinded: true", "blinded: yes", `line 7: review.blinded: "yes" is neither true nor false`},
		"version not quoted":   {`version: "1.0"`, "version: 1.0", "line 17: agreement.version: expected text, found float 1.0"},
		"no duration":          {"90m", "1 hour", "line 10: signIn.secondFactorMaxAge"},
		"negative duration":    {"90m", "-90m", "line 10: signIn.secondFactorMaxAge"},
		"no span":              {"validFor: 2y", "validFor: 17520h", `line 16: training.validFor: "17520h" is no span`},
		"no working days":      {"5wd", "5d", `line 7: review.deadline: "5d" is no number of working days: expected for example "5wd"`},
		"no address range":     {"127.0.8.0/24", "127.0.8.0", "line 11: signIn.addresses[0]"},
		"host bits":            {"127.0.8.0/24", "127.0.8.1/24", "write 127.0.8.0/24"},
		"unknown body":         {"body: steering-group", "body: board", `"board" is not one of data-access-committee`},
		"body twice":           {"body: steering-group", "body: data-holder", "data-holder decides twice"},
		"quorum above members": {"quorum: 1, of: 2", "quorum: 3, of: 2", "body 1: quorum 3 of 2"},
		"unknown mode":         {"mode: catalogued", "mode: any", `line 15: analyses.mode: "any" is not one of aggregate, catalogued, typed-and-native`},
		"unknown kind":         {"[log-rank]", "[rows]", `"rows" is not one of allele-frequency, association, count`},
		"nothing catalogued":   {"[log-rank]", "[]", "must list kinds"},
		"assurance":            {"assurance: aal2", "assurance: aal1", `line 9: signIn.assurance: "aal1" is not one of aal2`},
		"no list":              {"executors: [typed]", "executors: typed", "line 21: executors: expected a list"},
		"no mapping":           {"study: {maxDeadline: 72h}", "study: 72h", "line 18: study: expected the fields maxDeadline"},
		"null":                 {"title: Harbour", "title:", "line 2: title: expected text, found null"},
		"anchor":               {"title: Harbour", "title: &a Harbour", "anchors and aliases are not allowed"},
		"two documents":        {"executors: [typed]\n", "executors: [typed]\n---\na: b\n", "more than one YAML document"},
		"not YAML":             {"name: harbour", "name: [", "yaml"},
		"name":                 {"name: harbour", "name: ../harbour", "line 1: name"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(valid, c.old, c.new, 1)
			if text == valid {
				t.Fatalf("%q is not in the valid profile", c.old)
			}
			_, err := profile.Parse([]byte(text))
			if !errors.Is(err, profile.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAnEmptyOrHugeFileIsRefused(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "[]", "~", strings.Repeat("#", 70<<10)} {
		if _, err := profile.Parse([]byte(text)); !errors.Is(err, profile.ErrInvalid) {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestDigestIgnoresLayoutAndSeesEveryValue(t *testing.T) {
	base := parse(t, valid).Digest()
	reordered := strings.Replace(valid, "name: harbour\ntitle: Harbour\n", "# comment\ntitle:   'Harbour'\nname: harbour\n", 1)
	if got := parse(t, reordered).Digest(); got != base {
		t.Errorf("layout changed the digest: %s, %s", got, base)
	}
	for _, c := range [][2]string{{"threshold: 7", "threshold: 8"}, {"blinded: true", "blinded: false"}, {"5wd", "6wd"},
		{"127.0.8.0/24", "127.0.9.0/24"}, {"90m", "91m"}, {"2y", "3y"}, {"[log-rank]", "[count]"}, {"quorum: 1, of: 2", "quorum: 2, of: 2"}} {
		if parse(t, strings.Replace(valid, c[0], c[1], 1)).Digest() == base {
			t.Errorf("%s for %s keeps the digest", c[1], c[0])
		}
	}
}

func TestReviewDeadlineSkipsWeekendsAndEndsWithItsLastDay(t *testing.T) {
	day := func(s string) time.Time {
		v, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for from, want := range map[string]string{
		"2026-11-20T16:30": "2026-11-28T00:00", // Friday: Monday to Friday, ends with Friday
		"2026-11-21T09:00": "2026-11-28T00:00", // Saturday
		"2026-11-23T00:00": "2026-12-01T00:00", // Monday: Tuesday to Monday
	} {
		if got := (profile.Review{Within: 5}).Deadline(day(from)); !got.Equal(day(want)) {
			t.Errorf("from %s: %s, expected %s", from, got, want)
		}
	}
}

func TestTrainingEndsByTheCalendar(t *testing.T) {
	from := time.Date(2024, 2, 29, 10, 0, 0, 0, time.UTC)
	if got := (profile.Span{Years: 2}).After(from); got != time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) {
		t.Fatalf("got %s", got)
	}
}

func TestAddressesAreCheckedAgainstTheRanges(t *testing.T) {
	s := parse(t, valid).SignIn
	for addr, want := range map[string]bool{"127.0.8.9": true, "::ffff:127.0.8.9": true, "127.0.9.1": false, "::1": false} {
		if got := s.AddressAllowed(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if !(profile.SignIn{}).AddressAllowed(netip.MustParseAddr("192.0.2.1")) {
		t.Error("no ranges should allow any address")
	}
}

func TestOnlyCataloguedKindsAreAllowedWhereTheModeSaysSo(t *testing.T) {
	a := parse(t, valid).Analyses
	if !a.Allows("log-rank") || a.Allows("count") {
		t.Errorf("catalogued: %+v", a)
	}
	aggregate := profile.Analyses{Mode: profile.Aggregate}
	if !aggregate.Allows("count") || aggregate.Allows("rows") {
		t.Error("aggregate allows the typed kinds and no other")
	}
}

func FuzzParseNeverPanicsAndWhatItAcceptsHasADigest(f *testing.F) {
	f.Add(valid)
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := profile.Parse([]byte(text)); err == nil && len(p.Digest()) != 71 {
			t.Fatalf("digest %q", p.Digest())
		}
	})
}
