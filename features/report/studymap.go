package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// station is a site in the map of one study: what it was asked and what became of it.
type station struct {
	Site
	parts   []SiteAnswer // one for each dataset that it was asked for
	asked   int64        // bytes from the host
	said    int64        // bytes to the host
	decided bool         // it gave the project a permit
}

// outcome of all its parts: returned or timed out if all are, refused if one is.
func (s station) outcome() Outcome {
	if len(s.parts) == 0 {
		return ""
	}
	for _, o := range []Outcome{Refused, TimedOut} {
		if slices.ContainsFunc(s.parts, func(a SiteAnswer) bool { return a.Outcome == o }) {
			return o
		}
	}
	return s.parts[0].Outcome
}

// spoken tells whether the host and the site said anything to each other in this study.
func (s station) spoken() bool { return s.asked > 0 || s.said > 0 || len(s.parts) > 0 }

// lastAsked is the place of the last site that the host spoke with, -1 if there is none.
func lastAsked(all []station) int {
	last := -1
	for i, s := range all {
		if s.spoken() {
			last = i
		}
	}
	return last
}

// studyMaps draws the sites of a study around its host, for a desk and for a phone.
func (p *page) studyMaps(s Study, crossed []Crossing) []template.HTML {
	if s.Host == "" {
		return nil
	}
	all, own := p.stations(s, crossed)
	id := func(width string) string { return "route-" + studyFile(p.studyIndex(s.ID)) + "-" + width }
	return []template.HTML{
		routeShape{strings.ReplaceAll(id("wide"), ".html", ""), "wide", 640, 236}.draw(p.site(s.Host), own, all),
		routeShape{strings.ReplaceAll(id("narrow"), ".html", ""), "narrow", 340, 128}.draw(p.site(s.Host), own, all),
	}
}

// stations are the sites asked beside the host, those of one country next to each other, and what the host itself said.
func (p *page) stations(s Study, crossed []Crossing) (all []station, own []SiteAnswer) {
	add := func(id string) *station {
		i := slices.IndexFunc(all, func(o station) bool { return o.ID == id })
		if i < 0 {
			i, all = len(all), append(all, station{Site: p.site(id)})
		}
		return &all[i]
	}
	for _, a := range s.Manifest {
		if a.Site == s.Host {
			own = append(own, a)
			continue
		}
		st := add(a.Site)
		st.parts = append(st.parts, a)
	}
	for _, c := range crossed {
		switch s.Host {
		case c.From:
			add(c.To).asked += c.Bytes
		case c.To:
			add(c.From).said += c.Bytes
		}
	}
	for _, id := range s.Deciders {
		if id != s.Host {
			add(id).decided = true
		}
	}
	first := func(country string) int {
		return slices.IndexFunc(all, func(o station) bool { return o.Country == country })
	}
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b station) int { return first(a.Country) - first(b.Country) })
	return order, own
}

// routeShape says how large the map is: its width, and how far from the left the sites that were asked stand.
type routeShape struct {
	id, class string
	width     float64
	left      float64
}

const (
	routeTrunk          = 26.0 // the federation's broker, a line down the left
	routeBox, routeStep = 84.0, 108.0
	routeHead           = 28.0 // above the host
	routeFirst          = routeHead + routeBox + 62
)

func (r routeShape) draw(host Site, own []SiteAnswer, all []station) template.HTML {
	height := routeFirst + float64(len(all))*routeStep
	if len(all) == 0 {
		height = routeHead + routeBox + 14
	}
	c := newCanvas(r.id, "map "+r.class, r.width, height, "The sites of this study",
		"The host above, the sites that it asked below, each within its country; arrows carry the question and the answer in bytes. The manifest holds the same.")
	r.hosts(c, host, own)
	if last := lastAsked(all); last >= 0 {
		end := routeFirst + float64(last)*routeStep + routeBox/2
		c.line(routeTrunk, routeHead+routeBox, routeTrunk, end, "trunk")
		c.text(routeTrunk+10, routeHead+routeBox+22, "small", "start", "through the federation’s broker")
	}
	for i, s := range all {
		top := routeFirst + float64(i)*routeStep
		if i == 0 || all[i-1].Country != s.Country {
			rows := 1
			for i+rows < len(all) && all[i+rows].Country == s.Country {
				rows++
			}
			c.border(r.left-10, top-22, r.width-r.left+9, float64(rows)*routeStep, s.Country)
		}
		r.site(c, s, top)
	}
	return c.done()
}

// border draws the frontier of a country.
func (c *canvas) border(x, y, w, h float64, country string) {
	c.box(x, y, w, h-2, "country")
	if country == "" {
		country = "no country told"
	}
	c.text(x+10, y+15, "small", "start", country)
}

func (r routeShape) hosts(c *canvas, host Site, own []SiteAnswer) {
	c.border(1, 2, r.width-2, routeHead+routeBox+6, host.Country)
	c.box(11, routeHead, r.width-22, routeBox, "site host")
	room := int((r.width - 50) / 6.6)
	c.text(25, routeHead+26, "name", "start", cut(host.Name, room*3/4))
	c.text(25, routeHead+47, "small", "start", cut(host.ID+": host, combines what came back", room))
	if len(own) == 0 {
		c.text(25, routeHead+68, "small", "start", "was not asked itself")
		return
	}
	c.outcomes(25, routeHead+68, 0, room, own)
}

// outcomes writes one line for each of at most two, the later ones below, by so much.
func (c *canvas) outcomes(x, y, below float64, room int, all []SiteAnswer) {
	for i, a := range all {
		words := mark(a.Outcome) + " " + said(a.Outcome, a.Reason)
		if a.Dataset != "" && len(all) > 1 {
			words = mark(a.Outcome) + " " + a.Dataset + ": " + said(a.Outcome, a.Reason)
		}
		if i == 0 && len(all) > 1 && (below == 0 || len(all) > 2) {
			words += fmt.Sprintf(" (and %d more)", len(all)-1)
		}
		c.text(x, y+float64(i)*below, "said "+outcomeClass(a.Outcome), "start", cut(words, room))
		if below == 0 || len(all) > 2 {
			return
		}
	}
}

func said(o Outcome, reason string) string {
	if reason != "" {
		return string(o) + ": " + reason
	}
	return string(o)
}

func (r routeShape) site(c *canvas, s station, top float64) {
	mid := top + routeBox/2 - 4
	outcome := s.outcome()
	class := map[Outcome]string{Returned: "returned", Refused: "refusing", TimedOut: "late"}[outcome]
	c.begin("g")
	c.words("title", s.Name+": "+string(outcome))
	c.box(r.left, top, r.width-r.left-11, routeBox-8, "site "+class)
	room := int((r.width - r.left - 36) / 6.6)
	c.text(r.left+12, top+22, "name", "start", cut(s.Name, room*3/4))
	line := 62.0
	if len(s.parts) == 2 {
		line = 42
	} else {
		c.text(r.left+12, top+42, "small", "start", cut(s.ID, room))
	}
	switch {
	case len(s.parts) > 0:
	case s.decided:
		c.text(r.left+12, top+62, "said ok", "start", cut("✓ decided: gave the permit", room))
	default:
		c.text(r.left+12, top+62, "small", "start", cut("no outcome was seen", room))
	}
	c.outcomes(r.left+12, top+line, 20, room, s.parts)
	if s.spoken() {
		r.arrows(c, s, mid, class)
	}
	c.end()
}

// arrows carry the question and the answer between the trunk and a site.
func (r routeShape) arrows(c *canvas, s station, mid float64, class string) {
	edge, words := r.left-2, (routeTrunk+r.left)/2-4
	c.line(routeTrunk, mid-10, edge, mid-10, "stream out")
	c.arrow(edge, mid-10, 1, "head out")
	c.text(words, mid-16, "small", "middle", "asked "+size(s.asked))
	if s.said > 0 {
		c.line(routeTrunk, mid+10, edge, mid+10, "stream in "+class)
		c.arrow(routeTrunk, mid+10, -1, "head in")
		c.text(words, mid+26, "small", "middle", "said "+size(s.said))
	} else {
		c.line(routeTrunk, mid+10, edge, mid+10, "stream none")
		c.text(words, mid+26, "small", "middle", "nothing came")
	}
}
