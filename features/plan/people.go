package plan

import (
	"fmt"
	"slices"
)

const (
	researcher  = "researcher"
	dataManager = "data-manager"
)

const decides = "so its profile has it decide"

// need is a role of which a site must have so many people.
type need struct {
	role   string
	people int
	why    string
}

// needs lists what the profile of a site asks for.
func (p *Plan) needs(s *Site, all map[string]Rules) (list []need) {
	rules := all[s.Name]
	if s.Name == p.Host {
		list = append(list, need{researcher, 1, "it is the host"})
	}
	if len(s.Datasets) > 0 {
		list = append(list, need{dataManager, 1, "somebody publishes its datasets"})
	}
	if slices.Contains(p.deciders(all), s.Name) {
		for _, body := range rules.Chain {
			list = append(list, need{body.Name, body.Quorum, decides})
		}
	}
	if rules.HostedAt == "" {
		for _, stage := range rules.Stages {
			list = append(list, need{stage.Role, stage.Quorum, "so its profile has outputs reviewed"})
		}
		if rules.ExportGroup != "" {
			list = append(list, need{rules.ExportGroup, 1, "so its profile has releases agreed to"})
		}
	}
	return list
}

// people completes the persons of the plan, or finds who is missing where it names some.
func (c *checking) people(all map[string]Rules) {
	for i := range c.Sites {
		s := &c.Sites[i]
		named := slices.ContainsFunc(c.Persons, func(p Person) bool { return p.Site == s.Name })
		for _, n := range c.needs(s, all) {
			has := len(c.members(s.Name, n.role))
			switch {
			case has >= n.people:
			case n.role == researcher:
				c.Persons = append(c.Persons, Person{Name: researcher, Site: s.Name, Roles: []string{researcher}})
			case named:
				c.wrong("persons", "%s needs %d of the role %s, named are %d (the researcher aside): %s", s.Name, n.people, n.role, has, n.why)
			default:
				c.fill(s.Name, n)
			}
		}
	}
}

// members are those of a role at a site who may act in it: the requester neither decides nor reviews.
func (p *Plan) members(site, role string) (all []Person) {
	requester := p.requester()
	for _, one := range p.Persons {
		if one.Site == site && slices.Contains(one.Roles, role) && (role == researcher || role == dataManager || one.Name != requester || site != p.Host) {
			all = append(all, one)
		}
	}
	return all
}

// requester is the name of who asks: the first researcher of the host.
func (p *Plan) requester() string {
	for _, one := range p.Persons {
		if one.Site == p.Host && slices.Contains(one.Roles, researcher) {
			return one.Name
		}
	}
	return ""
}

var ordinals = []string{"", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"}

// fill adds the people of a role, named after it.
func (p *Plan) fill(site string, n need) {
	for i := range n.people {
		name := words(n.role)
		if n.why == decides && n.role != "data-holder" {
			name += " member"
		}
		if n.people > 1 {
			if i+1 < len(ordinals) {
				name = ordinals[i+1] + " " + name
			} else {
				name = fmt.Sprintf("%s %s", name, string(rune('a'+i%26)))
			}
		}
		p.Persons = append(p.Persons, Person{Name: name, Site: site, Roles: []string{n.role}})
	}
}
