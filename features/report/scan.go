package report

import (
	"cmp"
	"html/template"
	"math"
	"slices"
	"strconv"
)

// scanPart is the pictures of an association with many variants.
type scanPart struct {
	Scan
	Manhattan, QQ template.HTML
	Told, Drawn   int // variants told, and points in the Manhattan plot
	First         []variant
	Strongest     fitPart
}

// variant is one row of the table beside the picture.
type variant struct {
	ID, Place string
	P         float64
}

// genomeWide is the p-value under which a variant of a whole genome is commonly said to be associated.
const genomeWide = 5e-8

// always is the p-value under which a point is drawn whatever lies beside it.
const always = 1e-3

// dot is a point of a picture in pixels.
type dot struct{ x, y float64 }

// thinned keeps of the dots that fall into the same square of a grid the first, and those that must be kept.
func thinned(dots []dot, cell float64, keep func(i int) bool) []int {
	taken := map[[2]int]bool{}
	var out []int
	for i, d := range dots {
		square := [2]int{int(math.Floor(d.x / cell)), int(math.Floor(d.y / cell))}
		if taken[square] && !keep(i) {
			continue
		}
		taken[square] = true
		out = append(out, i)
	}
	return out
}

// speckle draws dots as one path of round caps, which is short.
func (c *canvas) speckle(dots []dot, which []int, class string) {
	var path []byte
	for _, i := range which {
		path = append(path, "M"+num(dots[i].x)+" "+num(dots[i].y)+"h0"...)
	}
	c.mark("path", "d", string(path), "class", class)
}

const (
	scanWidth, scanHeight = 460.0, 250.0
	qqSize                = 250.0
	scanLeft, scanTop     = 40.0, 22.0
	scanBottom            = 40.0
	grain                 = 2.5
)

// logP is −log10 p; a p that has no logarithm is drawn as 1.
func logP(p float64) float64 {
	if !(p > 0) || p > 1 {
		return 0
	}
	return -math.Log10(p)
}

func (p *page) drawScan(id string, s Scan) scanPart {
	part := scanPart{Scan: s, Told: len(s.P)}
	named := s.Strongest
	named.Terms = slices.Clone(named.Terms)
	for i, t := range named.Terms {
		if !t.Combined {
			named.Terms[i].Name = p.SiteName(t.Name)
		}
	}
	part.Strongest = drawFit(id+"-best", named)
	if len(s.P) == 0 || len(s.P) != len(s.Position) || len(s.P) != len(s.Chromosome) || len(s.P) != len(s.ID) {
		return part
	}
	part.manhattan(id + "-manhattan")
	part.qq(id + "-qq")
	order := make([]int, len(s.P))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.P[a], s.P[b]) })
	for _, i := range order[:min(10, len(order))] {
		part.First = append(part.First, variant{s.ID[i], s.Chromosome[i] + ":" + strconv.Itoa(s.Position[i]), s.P[i]})
	}
	return part
}

// chromosome is where one begins on the axis of places, and ends, in base pairs.
type chromosome struct {
	name       string
	start, end float64
}

// places lays the chromosomes one after the other, in the order of their numbers, each from its first variant told.
func (s Scan) places() ([]chromosome, []float64) {
	low, high := map[string]int{}, map[string]int{}
	var names []string
	for i, name := range s.Chromosome {
		at := s.Position[i]
		if _, seen := low[name]; !seen {
			names, low[name], high[name] = append(names, name), at, at
		}
		low[name], high[name] = min(low[name], at), max(high[name], at)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), cmp.Compare(a, b))
	})
	var all []chromosome
	begin := map[string]float64{}
	at := 0.0
	for _, name := range names {
		begin[name] = at - float64(low[name])
		all = append(all, chromosome{name, at, at + float64(high[name]-low[name])})
		at = all[len(all)-1].end + 1
	}
	where := make([]float64, len(s.Position))
	for i, name := range s.Chromosome {
		where[i] = begin[name] + float64(s.Position[i])
	}
	return all, where
}

// numberOf a chromosome; those with a name come after all numbers.
func numberOf(name string) int {
	n, err := strconv.Atoi(name)
	if err != nil {
		return math.MaxInt
	}
	return n
}

func (s *scanPart) top() float64 {
	top := logP(genomeWide) + 0.7
	for _, p := range s.P {
		top = math.Max(top, logP(p)+0.7)
	}
	return top
}

func (s *scanPart) manhattan(id string) {
	c := newCanvas(id, "plot", scanWidth, scanHeight, "Manhattan plot of "+s.Outcome,
		"Each variant at its place, the higher the smaller its p-value; the dashed line is 5e-8. The table of the smallest p-values holds the peaks.")
	all, where := s.places()
	top, end := s.top(), all[len(all)-1].end
	x := func(at float64) float64 { return scanLeft + 6 + at/math.Max(end, 1)*(scanWidth-scanLeft-18) }
	y := func(l float64) float64 { return scanHeight - scanBottom - l/top*(scanHeight-scanBottom-scanTop) }
	c.levels(top, y, scanWidth-8)
	c.line(scanLeft, y(logP(genomeWide)), scanWidth-8, y(logP(genomeWide)), "threshold")
	s.alongside(c, all, x)
	dots := make([]dot, len(s.P))
	for i, p := range s.P {
		dots[i] = dot{x(where[i]), y(logP(p))}
	}
	keep := thinned(dots, grain, func(i int) bool { return s.P[i] < always })
	s.Drawn = len(keep)
	for k, ch := range all {
		of := slices.DeleteFunc(slices.Clone(keep), func(i int) bool { return s.Chromosome[i] != ch.name })
		c.speckle(dots, of, "dots dots"+strconv.Itoa(k%2))
	}
	s.name(c, dots)
	s.Manhattan = c.done()
}

// levels draws the lines of −log10 p.
func (c *canvas) levels(top float64, y func(float64) float64, right float64) {
	for l := 0.0; l <= top; l += 2 {
		c.line(scanLeft, y(l), right, y(l), "grid")
		c.text(scanLeft-6, y(l)+4, "small", "end", short(l))
	}
	c.text(4, 13, "small", "start", "−log₁₀ p")
}

// alongside writes under the axis: places in millions of one chromosome, or the names of several.
func (s *scanPart) alongside(c *canvas, all []chromosome, x func(float64) float64) {
	under := scanHeight - scanBottom + 18
	if len(all) > 1 {
		for _, ch := range all {
			c.text(x((ch.start+ch.end)/2), under, "small", "middle", cut(ch.name, 5))
		}
		c.text(scanWidth/2, scanHeight-4, "small", "middle", "chromosome")
		return
	}
	first := float64(slices.Min(s.Position)) / 1e6
	for _, t := range roundTicks(math.Max(all[0].end/1e6+first, 1e-6)) {
		if t >= first {
			c.text(x((t-first)*1e6), under, "small", "middle", short(t))
		}
	}
	c.text(scanWidth/2, scanHeight-4, "small", "middle", "place on chromosome "+cut(all[0].name, 8)+", millions of base pairs")
}

// name writes the names of variants beyond the line, of at most three, else of the strongest.
func (s *scanPart) name(c *canvas, dots []dot) {
	var hits []int
	for i, p := range s.P {
		if p < genomeWide {
			hits = append(hits, i)
		}
	}
	if len(hits) == 0 || len(hits) > 3 {
		best := 0
		for i, p := range s.P {
			if p < s.P[best] {
				best = i
			}
		}
		hits = []int{best}
	}
	for _, i := range hits {
		anchor, shift := "start", 7.0
		if dots[i].x > scanWidth*0.7 {
			anchor, shift = "end", -7
		}
		c.mark("circle", "cx", num(dots[i].x), "cy", num(dots[i].y), "r", "4", "class", "hit")
		c.text(dots[i].x+shift, dots[i].y-5, "label", anchor, cut(s.ID[i], 24))
	}
}

// qq sets the p-values against those expected if nothing were associated: of n, the i-th smallest is near (i − ½)/n.
func (s *scanPart) qq(id string) {
	c := newCanvas(id, "plot", qqSize, scanHeight, "Quantile-quantile plot of "+s.Outcome,
		"p-values seen against those expected if no variant were associated; the line is where both are alike. Lambda tells the same of the middle.")
	sorted := slices.Sorted(slices.Values(s.P))
	n, top := float64(len(sorted)), s.top()
	right := logP(0.5/n) + 0.3
	x := func(l float64) float64 { return scanLeft + 4 + l/right*(qqSize-scanLeft-12) }
	y := func(l float64) float64 { return scanHeight - scanBottom - l/top*(scanHeight-scanBottom-scanTop) }
	c.levels(top, y, qqSize-8)
	for l := 0.0; l <= right; l++ {
		c.text(x(l), scanHeight-scanBottom+18, "small", "middle", short(l))
	}
	c.text((scanLeft+qqSize)/2, scanHeight-4, "small", "middle", "expected")
	c.line(x(0), y(0), x(math.Min(right, top)), y(math.Min(right, top)), "expected")
	dots := make([]dot, len(sorted))
	for i, p := range sorted {
		dots[i] = dot{x(logP((float64(i) + 0.5) / n)), y(logP(p))}
	}
	c.speckle(dots, thinned(dots, 1.5, func(i int) bool { return i < 20 }), "dots dots0")
	s.QQ = c.done()
}
