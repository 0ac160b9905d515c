package report

import (
	"html/template"
	"strconv"
)

// scatterPart compares the frequencies of alleles at two sites.
type scatterPart struct {
	Frequencies
	Plot        template.HTML
	Drawn, Told int
}

func (p *page) drawFrequencies(id string, f Frequencies) scatterPart {
	part := scatterPart{Frequencies: f, Told: len(f.ID)}
	one, two := p.SiteName(f.Sites[0]), p.SiteName(f.Sites[1])
	c := newCanvas(id, "plot", qqSize+60, qqSize+60, "Allele frequencies at "+one+" and "+two,
		"Each variant by the share of its effect allele at the one site and at the other; on the line both are alike.")
	end := qqSize + 60
	x := func(share float64) float64 { return scanLeft + share*(end-scanLeft-12) }
	y := func(share float64) float64 { return end - scanBottom - share*(end-scanBottom-12) }
	for i := range 5 {
		share := float64(i) / 4
		c.line(scanLeft, y(share), end-12, y(share), "grid")
		c.text(scanLeft-6, y(share)+4, "small", "end", strconv.Itoa(i*25)+"%")
		c.text(x(share), end-scanBottom+18, "small", "middle", strconv.Itoa(i*25)+"%")
	}
	c.line(x(0), y(0), x(1), y(1), "expected")
	c.text((scanLeft+end)/2, end-4, "small", "middle", "→ "+cut(one, 20)+"   ↑ "+cut(two, 20))
	var dots []dot
	for _, shares := range f.Shares {
		if len(shares) > 1 {
			dots = append(dots, dot{x(shares[0]), y(shares[1])})
		}
	}
	keep := thinned(dots, 3.5, func(int) bool { return false })
	part.Drawn = len(keep)
	c.speckle(dots, keep, "dots dots0")
	part.Plot = c.done()
	return part
}
