package report

import (
	"html/template"
	"math"
	"strconv"
)

// flow is what one site sent to and received from the federation's broker, in bytes.
type flow struct{ out, in int64 }

func flows(crossings []Crossing) map[string]flow {
	all := map[string]flow{}
	for _, c := range crossings {
		from, to := all[c.From], all[c.To]
		from.out += c.Bytes
		all[c.From] = from
		to = all[c.To]
		to.in += c.Bytes
		all[c.To] = to
	}
	return all
}

// mapShape places the sites beside the federation's broker, which stands as a
// bar between two columns, or on a phone to the left of one.
type mapShape struct {
	id, class                   string
	width, barX, barW           float64
	boxW, boxH, rowH, leftCount float64
}

func wideMap(sites int) mapShape {
	return mapShape{"map-wide", "wide", 800, 340, 120, 220, 104, 132, math.Ceil(float64(sites) / 2)}
}

func narrowMap() mapShape { return mapShape{"map-narrow", "narrow", 340, 0, 62, 182, 104, 126, 0} }

// siteMap draws the sites, the broker between them and the bytes each way.
func siteMap(s mapShape, sites []Site, moved map[string]flow) template.HTML {
	rows := math.Max(s.leftCount, float64(len(sites))-s.leftCount)
	height := math.Max(rows, 1)*s.rowH + 8
	c := newCanvas(s.id, "map "+s.class, s.width, height, "Map of the sites",
		"The sites around the federation's broker; each line carries the bytes that crossed.")
	c.box(s.barX+1, 4, s.barW-2, height-8, "broker")
	middle := s.barX + s.barW/2
	c.words("text", "Federation broker", "class", "name", "text-anchor", "middle", "x", num(middle), "y", num(height/2+4),
		"transform", "rotate(-90 "+num(middle)+" "+num(height/2)+")")
	var most int64 = 1
	for _, f := range moved {
		most = max(most, f.out, f.in)
	}
	for i, site := range sites {
		s.site(c, i, len(sites), height, site, moved[site.ID], float64(most))
	}
	return c.done()
}

func (s mapShape) site(c *canvas, i, n int, height float64, site Site, f flow, most float64) {
	left := float64(i) < s.leftCount
	x, column, row := s.width-s.boxW-1, float64(n)-s.leftCount, float64(i)-s.leftCount
	inner, edge, sign := x, s.barX+s.barW, -1.0
	if left {
		x, column, row = 1, s.leftCount, float64(i)
		inner, edge, sign = x+s.boxW, s.barX, 1.0
	}
	y := (height-column*s.rowH)/2 + row*s.rowH + (s.rowH-s.boxH)/2
	c.begin("g")
	c.words("title", site.Name+": "+size(f.out)+" sent, "+size(f.in)+" received")
	c.box(x, y, s.boxW, s.boxH, "site")
	c.text(x+14, y+28, "name", "start", cut(site.Name, int(s.boxW/9)))
	c.text(x+14, y+48, "small", "start", cut(site.ID+" · "+site.Country, int(s.boxW/6.4)))
	c.text(x+14, y+70, "small", "start", "nothing under "+strconv.Itoa(site.Threshold)+" leaves")
	c.text(x+14, y+88, "small", "start", cut("reviewers: "+site.Reviewers, int(s.boxW/6.4)))
	centre, mid := (inner+edge)/2, y+s.boxH/2
	stream(c, inner, edge, mid-12, sign, "out", f.out, most)
	stream(c, edge, inner, mid+12, -sign, "in", f.in, most)
	c.text(centre, mid-20, "small", "middle", size(f.out)+" out")
	c.text(centre, mid+30, "small", "middle", size(f.in)+" in")
	c.end()
}

// stream draws one direction, as thick as its share of the busiest one.
func stream(c *canvas, from, to, y, sign float64, class string, bytes int64, most float64) {
	if bytes == 0 {
		c.line(from, y, to, y, "stream none")
		return
	}
	width := 1 + 3.5*math.Sqrt(float64(bytes)/most)
	c.mark("line", "x1", num(from), "y1", num(y), "x2", num(to-7*sign), "y2", num(y),
		"class", "stream "+class, "stroke-width", num(width))
	c.mark("path", "d", "M"+num(to)+" "+num(y)+"l"+num(-9*sign)+" -5v10z", "class", "head "+class)
}
