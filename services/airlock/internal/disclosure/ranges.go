package disclosure

import (
	"math"
	"slices"
)

// bound is an end of a range; open if the number itself is outside.
type bound struct {
	at   float64
	open bool
}

// span is the numbers from low to high.
type span struct{ low, high bound }

// everything is all numbers.
func everything() span { return span{bound{at: math.Inf(-1)}, bound{at: math.Inf(1)}} }

// before tells whether a range that begins at b begins before one that begins at c.
func (b bound) before(c bound) bool { return b.at < c.at || b.at == c.at && !b.open && c.open }

// beyond tells whether a range that ends at b ends after one that ends at c.
func (b bound) beyond(c bound) bool { return b.at > c.at || b.at == c.at && !b.open && c.open }

func (s span) within(t span) bool { return !s.low.before(t.low) && !s.high.beyond(t.high) }

// empty tells whether there is no number in it.
func (s span) empty() bool {
	return s.low.at > s.high.at || s.low.at == s.high.at && (s.low.open || s.high.open)
}

func (s span) and(t span) span {
	if t.low = slices.MaxFunc([]bound{s.low, t.low}, begins); s.high.beyond(t.high) {
		return t
	}
	return span{t.low, s.high}
}

// begins orders the bounds at which ranges begin.
func begins(b, c bound) int {
	switch {
	case b.before(c):
		return -1
	case c.before(b):
		return 1
	}
	return 0
}

// merged are the same numbers as ranges that do not touch, in their order.
func merged(all []span) []span {
	out := []span{}
	all = slices.DeleteFunc(slices.Clone(all), span.empty)
	slices.SortFunc(all, func(a, b span) int { return begins(a.low, b.low) })
	for _, s := range all {
		last := len(out) - 1
		touches := last >= 0 && (s.low.at < out[last].high.at || s.low.at == out[last].high.at && !(s.low.open && out[last].high.open))
		switch {
		case !touches:
			out = append(out, s)
		case s.high.beyond(out[last].high):
			out[last].high = s.high
		}
	}
	return out
}

// shared are the numbers that both have.
func shared(of, with []span) []span {
	var all []span
	for _, s := range of {
		for _, t := range with {
			all = append(all, s.and(t))
		}
	}
	return merged(all)
}
