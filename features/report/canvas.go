package report

import (
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// canvas writes SVG. Element and attribute names come from this package alone;
// every value and every text is escaped, so no model can inject markup.
type canvas struct {
	out  strings.Builder
	open []string
}

// newCanvas starts an image of the given size with its title and description.
func newCanvas(id, class string, width, height float64, title, desc string) *canvas {
	c := &canvas{}
	c.begin("svg", "viewBox", "0 0 "+num(width)+" "+num(height), "width", num(width), "height", num(height),
		"class", class, "role", "img", "aria-labelledby", id+"-t "+id+"-d")
	c.words("title", title, "id", id+"-t")
	c.words("desc", desc, "id", id+"-d")
	return c
}

func (c *canvas) begin(name string, attributes ...string) {
	c.tag(name, attributes)
	c.out.WriteString(">")
	c.open = append(c.open, name)
}

func (c *canvas) end() {
	last := len(c.open) - 1
	c.out.WriteString("</" + c.open[last] + ">")
	c.open = c.open[:last]
}

func (c *canvas) mark(name string, attributes ...string) {
	c.tag(name, attributes)
	c.out.WriteString("/>")
}

func (c *canvas) words(name, text string, attributes ...string) {
	c.begin(name, attributes...)
	c.out.WriteString(html.EscapeString(text))
	c.end()
}

func (c *canvas) text(x, y float64, class, anchor, text string) {
	c.words("text", text, "x", num(x), "y", num(y), "class", class, "text-anchor", anchor)
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	c.mark("line", "x1", num(x1), "y1", num(y1), "x2", num(x2), "y2", num(y2), "class", class)
}

func (c *canvas) box(x, y, w, h float64, class string) {
	c.mark("rect", "x", num(x), "y", num(y), "width", num(w), "height", num(h), "rx", "4", "class", class)
}

// arrow draws the head of an arrow with its tip at x, y, pointing along sign.
func (c *canvas) arrow(x, y, sign float64, class string) {
	c.mark("path", "d", "M"+num(x)+" "+num(y)+"l"+num(-7*sign)+" -3.5v7z", "class", class)
}

// done closes what is open and returns the image.
func (c *canvas) done() template.HTML {
	for len(c.open) > 0 {
		c.end()
	}
	return template.HTML(c.out.String())
}

func (c *canvas) tag(name string, attributes []string) {
	c.out.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		c.out.WriteString(" " + attributes[i] + `="` + html.EscapeString(attributes[i+1]) + `"`)
	}
}

func num(x float64) string {
	if !finite(x) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}
