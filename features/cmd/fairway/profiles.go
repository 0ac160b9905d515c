package main

import (
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/features/plan"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/profile"
)

// ownProfile is the text of a profile that comes with the program, or of a file.
func ownProfile(name string) ([]byte, error) {
	if strings.Contains(name, "/") {
		return os.ReadFile(name)
	}
	return sites.Lookup(name)
}

// rulesOf are what a plan must know of a profile.
func rulesOf(name, partner string) (plan.Rules, error) {
	text, err := ownProfile(name)
	if err != nil {
		return plan.Rules{}, err
	}
	p, err := profile.Parse(text)
	if err != nil {
		return plan.Rules{}, fmt.Errorf("%s: %w", name, err)
	}
	r := plan.Rules{Title: p.Title, Country: p.Country, Threshold: p.Threshold, ExportGroup: p.Export.Group, Addresses: p.SignIn.Addresses,
		SignIn: signIn(p.SignIn), Analyses: mode(p.Analyses), Allows: p.Analyses.Allows, Admits: p.Admits(partner), LatestPermit: p.Permit.MaxDuration.After,
		MaxPermit: written(p.Permit.MaxDuration), MaxDeadline: p.Study.MaxDeadline.Std(), Course: p.Training.Course, Agreement: p.Agreement.Name,
		Version: p.Agreement.Version}
	for _, b := range p.Chain(partner) {
		r.Chain = append(r.Chain, plan.Body{Name: b.Body, Quorum: b.Quorum, PerDataset: b.PerDataset})
	}
	for _, s := range p.Review.Steps() {
		r.Stages = append(r.Stages, plan.Stage(s))
	}
	if !p.Hosting.Holds() {
		r.HostedAt = p.Hosting.At
	}
	return r, nil
}

func written(s profile.Span) string {
	text, _ := s.MarshalText() // never fails
	return string(text)
}

// signIn and mode tell the report what a profile says.
func signIn(s profile.SignIn) string {
	text := fmt.Sprintf("second factor within %s", strings.TrimSuffix(strings.TrimSuffix(s.SecondFactorMaxAge.Std().Truncate(time.Minute).String(), "0s"), "0m"))
	if len(s.Addresses) > 0 {
		text += ", from " + addresses(s.Addresses)
	}
	return text
}

func addresses(all []netip.Prefix) string {
	var text []string
	for _, a := range all {
		text = append(text, a.String())
	}
	return strings.Join(text, ", ")
}

func mode(a profile.Analyses) string {
	return map[string]string{profile.Aggregate: "aggregate functions only", profile.Catalogued: "catalogued workflows only",
		profile.TypedAndNative: "typed and native"}[a.Mode]
}

var profileName = regexp.MustCompile(`(?m)^name:.*$`)

// renamed is a profile for a site of another name.
func renamed(text []byte, site string) []byte {
	return profileName.ReplaceAll(text, []byte("name: "+site))
}
