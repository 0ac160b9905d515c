package profile

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/fairway-tre/fairway/contracts/lookups"
)

var (
	partners      = []string{Academic, Public, NonProfit, Industry}
	granularities = []string{None, Boolean, Counted}
	ruleSets      = []string{"federation", "datashield", "opensafely"}
	reviewRoles   = []string{OutputChecker, "release-committee"}
	importKinds   = []string{lookups.Kind}
	mediaPattern  = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]{1,80}$`)
	digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// policies checks the sections that a profile may leave out.
func (p Profile) policies(r *rules) {
	r.listOf(partners, "partners", p.Partners)
	r.listOf(partners, "projects.confidential", p.Projects.Confidential)
	p.Review.stages(r)
	p.Hosting.rules(r, p.Name)
	if p.Membership != (Membership{}) {
		r.oneOf([]string{"local", ExternalGroup}, "membership.source", p.Membership.Source)
	}
	r.bound("membership.revokeWithin", p.Membership.RevokeWithin)
	r.bound("permit.revokeWithin", p.Permit.RevokeWithin)
	r.want(p.Border.RecordsPerSecond >= 0 && p.Border.RecordsPerSecond <= 1000, "border.recordsPerSecond", "%d is not between 0, which is the federation's, and 1000", p.Border.RecordsPerSecond)
	if p.Workspaces != (Workspaces{}) {
		r.oneOf([]string{"direct", Batch}, "workspaces.queue", p.Workspaces.Queue)
	}
	p.tools(r)
	p.Export.rules(r)
	p.Imports.rules(r)
	p.Disclosure.rules(r)
	if p.Discovery != (Discovery{}) {
		r.oneOf(granularities, "discovery.anybody", p.Discovery.Anybody)
		r.oneOf(granularities, "discovery.researcher", p.Discovery.Researcher)
		r.want(slices.Index(granularities, p.Discovery.Anybody) <= slices.Index(granularities, p.Discovery.Researcher),
			"discovery.anybody", "tells more to anybody than to researchers with standing")
		r.want(p.Discovery.Rounding >= 0 && p.Discovery.Rounding <= 1000, "discovery.rounding", "%d is not between 0 and 1000", p.Discovery.Rounding)
		r.want(p.Discovery.Questions >= 0 && p.Discovery.Questions <= 10000, "discovery.questions", "%d is not between 0 and 10000", p.Discovery.Questions)
	}
}

// bound checks a time within which something must have ended, where the profile names one.
func (r *rules) bound(field string, d Duration) {
	r.want(d == 0 || d.Std() >= time.Second && d.Std() <= mostBound, field, "%s is not between 1s and 24h", d.Std())
}

func (v Review) stages(r *rules) {
	sum, seen := 0, map[string]bool{}
	for i, s := range v.Stages {
		r.want(slices.Contains(reviewRoles, s.Role), "review.stages", "stage %d: %q is not one of %v", i+1, s.Role, reviewRoles)
		r.want(s.Quorum >= 1 && s.Quorum <= 9, "review.stages", "stage %d: quorum %d is not between 1 and 9", i+1, s.Quorum)
		r.want(!seen[s.Role], "review.stages", "stage %d: %s reviews in two stages", i+1, s.Role)
		sum, seen[s.Role] = sum+s.Quorum, true
	}
	r.want(len(v.Stages) == 0 || sum == v.Reviewers, "review.reviewers", "%d, while the quorums of the stages sum to %d", v.Reviewers, sum)
}

func (h Hosting) rules(r *rules, self string) {
	if h.Workspace == "" {
		return
	}
	r.oneOf([]string{"own", None}, "hosting.workspace", h.Workspace)
	r.want((h.Workspace == None) == (h.At != ""), "hosting.at", "names the site that hosts the data, for a site without a workspace and no other")
	for _, site := range append(slices.Clone(h.For), h.At) {
		if site != "" {
			r.match(namePattern, "hosting", site)
			r.want(site != self, "hosting", "%s is the site itself", site)
		}
	}
}

func (p Profile) tools(r *rules) {
	for i, tool := range p.Tools {
		r.want(slices.Contains(p.Analyses.Catalogued, tool.Kind), "tools", "tool %d: %q is not one of analyses.catalogued", i+1, tool.Kind)
		r.match(digestPattern, "tools", tool.Digest)
	}
}

func (e Export) rules(r *rules) {
	r.want(e.MaxBytes >= 0 && e.MaxBytes <= 1<<30, "export.maxBytes", "%d is not between 0 and 1073741824", e.MaxBytes)
	for _, m := range e.MediaTypes {
		r.match(mediaPattern, "export.mediaTypes", m)
	}
	if _, err := regexp.Compile(e.NamePattern); err != nil {
		r.want(false, "export.namePattern", "%v", err)
	}
	if e.Group != "" {
		r.oneOf([]string{"export-group"}, "export.group", e.Group)
	}
	for _, t := range e.ResultTypes {
		r.match(codePattern, "export.resultTypes", t)
	}
	r.listOf(e.ResultTypes, "export.lowRisk", e.LowRisk)
}

func (i Imports) rules(r *rules) {
	if !i.Allowed {
		r.want(len(i.Kinds) == 0 && i.MaxBytes == 0 && !i.ScanRequired, "imports.allowed", "is false, while the section says what may be brought in")
		return
	}
	r.want(len(i.Kinds) > 0, "imports.kinds", "is empty: list at least one of %v", importKinds)
	r.listOf(importKinds, "imports.kinds", i.Kinds)
	r.want(i.MaxBytes >= 1 && i.MaxBytes <= 1<<20, "imports.maxBytes", "%d is not between 1 and 1048576", i.MaxBytes)
}

func (d Disclosure) rules(r *rules) {
	if d.RuleSet == "" {
		return
	}
	r.oneOf(ruleSets, "disclosure.ruleSet", d.RuleSet)
	r.want(d.Rounding >= 0 && d.Rounding <= 1000, "disclosure.rounding", "%d is not between 0 and 1000", d.Rounding)
	seen := map[string]bool{}
	for _, s := range d.Settings {
		r.match(codePattern, "disclosure.settings", s.Name)
		_, err := strconv.ParseFloat(s.Value, 64)
		r.want(err == nil, "disclosure.settings", "%s: %q is no decimal number", s.Name, s.Value)
		r.want(!seen[s.Name], "disclosure.settings", "%s is set twice", s.Name)
		seen[s.Name] = true
	}
}
