package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// diagram is a sequence diagram: its head stays in sight while the body scrolls.
type diagram struct {
	Head, Body template.HTML
	Rows       int
}

const (
	clockWidth, hopHeight, headHeight = 78.0, 26.0, 46.0
	siteLane, serviceLane             = 152.0, 128.0
	letter                            = 6.3 // width of a drawn letter
)

type sketch struct {
	page  *page
	lanes []lane
	width float64 // of a lane
	start time.Time
}

func (p *page) diagram(id string, events []Event, wholeSites bool) diagram {
	all := hops(events, p.followers, wholeSites)
	s := sketch{page: p, lanes: lanesOf(all, p.Run.Sites), width: serviceLane, start: events[0].Time}
	if wholeSites {
		s.width = siteLane
	}
	total := s.x(len(s.lanes)) + 20
	head := newCanvas(id+"-head", "lanes", total, headHeight, "Lanes", "Who speaks, from left to right.")
	body := newCanvas(id, "sequence", total, float64(len(all))*hopHeight+20, "Sequence of events",
		"Time runs down; each arrow goes from who said something to who acted on it. The table of events below holds the same.")
	for i, l := range s.lanes {
		s.head(head, i, l)
		body.line(s.x(i), 0, s.x(i), float64(len(all))*hopHeight+20, "lifeline")
	}
	for i, h := range all {
		s.hop(body, h, float64(i)*hopHeight+22)
	}
	return diagram{head.done(), body.done(), len(all)}
}

func (s sketch) x(i int) float64 { return clockWidth + 34 + s.width*float64(i) }

func (s sketch) head(c *canvas, i int, l lane) {
	name, under := l.service, s.page.SiteName(l.site)
	if l.service == "" {
		name, under = s.page.SiteName(l.site), s.page.site(l.site).Country
	}
	if l == people {
		name, under = "people", ""
	}
	limit := int(s.width / 7.2)
	c.text(s.x(i), 20, "label", "middle", cut(name, limit))
	c.text(s.x(i), 36, "small", "middle", cut(under, limit))
}

func (s sketch) hop(c *canvas, h hop, y float64) {
	from := s.x(slices.Index(s.lanes, h.from))
	class := "hop"
	if h.refused() {
		class = "hop refused"
	}
	c.begin("g", "class", class, "data-words", strings.ToLower(h.words()))
	c.words("title", h.words())
	c.text(clockWidth-12, y+4, "clock", "end", s.clock(h.events[0].Time))
	low, high := from, from
	for _, l := range h.to {
		at := s.x(slices.Index(s.lanes, l))
		low, high = math.Min(low, at), math.Max(high, at)
		c.arrow(at, y, math.Copysign(1, at-from), "head")
	}
	c.mark("circle", "cx", num(from), "cy", num(y), "r", "3.5", "class", "dot")
	if low < high {
		c.line(low, y, high, y, "ray")
	}
	s.label(c, h, from, low, high, y)
	c.end()
}

// label writes above an arrow, between its ends, or beside a dot.
func (s sketch) label(c *canvas, h hop, from, low, high, y float64) {
	text := h.label()
	if low < high {
		c.text((low+high)/2, y-5, "label", "middle", cut(text, int(math.Max(high-low, s.width*1.2)/letter)))
		return
	}
	room := min(s.x(len(s.lanes))+10-from, s.width*1.6)
	c.text(from+9, y+4, "label", "start", cut(text, int(room/letter)))
}

func (h hop) label() string {
	first := h.events[0]
	switch {
	case len(h.events) > 1:
		return fmt.Sprintf("%d events, to %s", len(h.events), brief(h.events[len(h.events)-1].Type))
	case first.Reason != "":
		return "✗ " + first.Reason
	}
	if strings.HasSuffix(first.Topic, ".acts.v1") {
		return order(first.Type)
	}
	return brief(first.Type)
}

// words are all that a reader may hover or filter for, one line an event.
func (h hop) words() string {
	var lines []string
	for _, e := range h.events {
		line := e.Type + " · " + e.Subject + " #" + strconv.FormatInt(e.Sequence, 10)
		if e.Actor != "" {
			line += " · by " + e.Actor
		}
		if e.Reason != "" {
			line += " · refused: " + e.Reason
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " \u2022 ")
}

func (s sketch) clock(t time.Time) string {
	return "+" + strconv.FormatFloat(t.Sub(s.start).Seconds(), 'f', 3, 64) + " s"
}
