package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/datause"
)

// Rules are what a plan must know of the profile of a site.
type Rules struct {
	Title, Country string
	Threshold      int
	Chain          []Body  // for the partner of the plan, in the order in which they decide
	Stages         []Stage // of the review of an output
	ExportGroup    string  // role that has to agree where the requester has it not; empty: none
	Addresses      []netip.Prefix
	SignIn         string // in words, for the report
	Analyses       string // the same
	Allows         func(kind string) bool
	Admits         bool // the partner of the plan
	LatestPermit   func(from time.Time) time.Time
	MaxPermit      string // as the profile has it
	MaxDeadline    time.Duration
	Course         string // which people must have completed
	Agreement      string // which they must have signed
	Version        string
	HostedAt       string // where the data of a holder without a workspace lie; empty: it has one
}

// Body is one decision of a chain.
type Body struct {
	Name       string
	Quorum     int
	PerDataset bool // it decides on each dataset by itself
}

// Stage is one step of a review.
type Stage struct {
	Role   string
	Quorum int
}

// Resolve looks up the profiles and completes what depends on them. lookup has the rules of a profile, for applications of
// a partner type; its error is told at the site's line.
func (p *Plan) Resolve(lookup func(profile, partner string) (Rules, error), now time.Time) (map[string]Rules, error) {
	c := checking{Plan: p}
	all := map[string]Rules{}
	for i := range p.Sites {
		s := &p.Sites[i]
		at := "sites." + s.Name
		rules, err := lookup(s.Profile, p.Permit.Partner)
		if err != nil {
			c.wrong(at+".profile", "%v", err)
			continue
		}
		all[s.Name] = rules
		or(&s.Title, rules.Title)
		or(&s.Country, rules.Country)
		c.address(s, at, rules)
		c.terms(s, rules, now)
	}
	c.conditions(now)
	if len(c.found.Problems) == 0 {
		for _, s := range p.Sites {
			c.hosting(s, all)
		}
		c.people(all)
	}
	return all, c.err()
}

// address finds from where the people of a site sign in.
func (c *checking) address(s *Site, at string, rules Rules) {
	if s.Address != "" {
		given, err := netip.ParseAddr(s.Address)
		if err != nil || !given.IsLoopback() {
			c.wrong(at+".address", "expected an address of this machine, such as 127.0.8.7")
			return
		}
		if len(rules.Addresses) > 0 && !slices.ContainsFunc(rules.Addresses, func(p netip.Prefix) bool { return p.Contains(given) }) {
			c.wrong(at+".address", "the profile %s lets nobody sign in from there, only from %v", s.Profile, rules.Addresses)
		}
		return
	}
	if len(rules.Addresses) == 0 {
		return
	}
	i := slices.IndexFunc(rules.Addresses, func(p netip.Prefix) bool { return p.Addr().Is4() && p.Addr().IsLoopback() })
	if i < 0 {
		c.wrong(at+".profile", "the profile %s lets people sign in from %v only, and no address of this machine is there", s.Profile, rules.Addresses)
		return
	}
	first := rules.Addresses[i].Addr()
	if next := first.Next(); rules.Addresses[i].Contains(next) {
		first = next
	}
	s.Address = first.String()
}

// terms holds what the permit asks for against what the profile grants.
func (c *checking) terms(s *Site, rules Rules, now time.Time) {
	if len(s.Datasets) == 0 && s.Name != c.Host && rules.HostedAt == "" {
		c.wrong("sites."+s.Name, "it has no data and is not the host: give it datasets, or leave it out")
	}
	if until := now.AddDate(0, 0, c.Permit.Days); until.After(rules.LatestPermit(now)) {
		c.wrong("permit.days", "%d days are refused by %s, whose profile %s permits at most %s", c.Permit.Days, s.Name, s.Profile, rules.MaxPermit)
	}
	if !rules.Admits {
		c.wrong("permit.partner", "%s takes no applications of %s partners: the profile %s refuses them", s.Name, c.Permit.Partner, s.Profile)
	}
	if s.Name == c.Host && c.Deadline > rules.MaxDeadline {
		c.wrong("deadline", "%s, the host, waits at most %s: so its profile %s", s.Name, rules.MaxDeadline, s.Profile)
	}
	for i, a := range c.Analyses {
		if len(s.Datasets) > 0 && !rules.Allows(a.Kind) {
			c.wrong(fmt.Sprintf("analyses.%d.kind", i+1), "%s does not run %s: the profile %s lists what it runs", s.Name, a.Kind, s.Profile)
		}
	}
}

// conditions holds what the permit asks for against the conditions of each dataset, as its holder's site will. What they
// forbid is played, and refused there; only a study of which nothing is left is not begun.
func (c *checking) conditions(now time.Time) {
	purpose := datause.Purpose{Uses: c.Permit.Uses, Commercial: c.Permit.Partner == "industry", Host: c.Host, Now: now, Until: now.AddDate(0, 0, c.Permit.Days)}
	left := 0
	c.datasets(func(_ *Site, d *Dataset) {
		if match, term := datause.Match(d.Conditions, purpose); match == datause.Deny {
			d.forbidden = term
		} else if !c.linked(d.ID) {
			left++
		}
	})
	if left == 0 {
		c.wrong("permit", "the conditions of every dataset forbid what it asks for: there is nobody to ask")
	}
}

// Forbidden calls told with each dataset that will be refused, and the condition of its holder that forbids it.
func (p *Plan) Forbidden(told func(s *Site, d *Dataset, condition string)) {
	p.datasets(func(s *Site, d *Dataset) {
		if d.forbidden != "" {
			told(s, d, d.forbidden)
		}
	})
}

// hosting finds data that cannot lie where the plan has them.
func (c *checking) hosting(s Site, all map[string]Rules) {
	at := "sites." + s.Name
	lies := all[s.Name].HostedAt
	switch {
	case lies == "":
	case s.Name == c.Host:
		c.wrong("host", "%s has no workspace of its own and hosts no study", s.Name)
	case c.site(lies) == nil:
		c.wrong(at+".profile", "the data of this site lie at %s, which is not one of the sites", lies)
	case len(s.Datasets) > 0:
		c.wrong(at+".datasets", "the data of this site lie at %s: put them there, with holder: %s", lies, s.Name)
	}
	for _, d := range s.Datasets {
		if held, is := all[d.Holder]; is && d.Holder != s.Name && held.HostedAt != s.Name {
			c.wrong(s.at(&d)+".holder", "the data of %s do not lie at %s: its profile says otherwise", d.Holder, s.Name)
		}
	}
}

// decider is the site that decides on a dataset.
func decider(s *Site, d *Dataset, all map[string]Rules) string {
	if held, is := all[d.Holder]; is && held.HostedAt == s.Name {
		return d.Holder
	}
	return s.Name
}

// deciders lists the sites whose people decide on a permit, in the order of the plan.
func (p *Plan) deciders(all map[string]Rules) (names []string) {
	p.datasets(func(s *Site, d *Dataset) {
		if name := decider(s, d, all); d.forbidden == "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// words joins what a site's people are called.
func words(role string) string { return strings.ReplaceAll(role, "-", " ") }
