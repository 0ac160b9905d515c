package disclosure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// population is a kind of people: those who meet a condition on each of its
// concepts, as they stand in the data. Everybody is the empty one.
type population map[string]condition

// condition is ranges of numbers, or levels; with except all but these. Perhaps are
// levels too, if the data have them: the name that others were given may have been
// there before.
type condition struct {
	numeric bool
	spans   []span // that do not touch, in their order
	levels  []string
	perhaps []string
	except  bool
}

func of(levels ...string) condition { return condition{levels: union(levels, nil)} }

func allBut(levels ...string) condition { return condition{levels: union(levels, nil), except: true} }

// names tells whether a level is, or may be, among those named.
func (c condition) names(level string) bool {
	return slices.Contains(c.levels, level) || slices.Contains(c.perhaps, level)
}

// within tells whether everybody who meets c meets d, as far as is known.
func (c condition) within(d condition) bool {
	switch {
	case c.numeric != d.numeric:
		return false
	case c.numeric:
		return !slices.ContainsFunc(c.spans, func(s span) bool { return !slices.ContainsFunc(d.spans, s.within) })
	case !c.except && !d.except:
		return len(only(c.levels, d.names)) == len(c.levels)
	case !c.except && d.except:
		return len(only(c.levels, of(d.levels...).names)) == 0
	case c.except && d.except:
		return len(only(d.levels, c.names)) == len(d.levels)
	}
	return false
}

// and is who meets both.
func (c condition) and(d condition) condition {
	switch {
	case c.within(d):
		return c
	case d.within(c):
		return d
	case c.numeric && d.numeric:
		return condition{numeric: true, spans: shared(c.spans, d.spans)}
	case c.except && d.except:
		return condition{except: true, levels: union(c.levels, d.levels), perhaps: union(c.perhaps, d.perhaps)}
	case c.except:
		c, d = d, c
	}
	if d.except {
		return condition{levels: less(c.levels, d.levels), perhaps: less(c.perhaps, d.levels)}
	}
	return condition{levels: union(only(c.levels, d.names), only(d.levels, c.names)), perhaps: only(c.perhaps, of(d.perhaps...).names)}
}

// or is who meets one of them or both, where that is a condition again.
func (c condition) or(d condition) (either condition, ok bool) {
	switch {
	case c.numeric && d.numeric:
		return condition{numeric: true, spans: merged(append(slices.Clone(c.spans), d.spans...))}, true
	case c.numeric || d.numeric || c.except || d.except:
		return condition{}, false
	}
	levels := union(c.levels, d.levels)
	return condition{levels: levels, perhaps: less(union(c.perhaps, d.perhaps), levels)}, true
}

// union, only and less are sorted, and nil if there is none.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

func only(all []string, kept func(string) bool) (some []string) {
	for _, level := range union(all, nil) {
		if kept(level) {
			some = append(some, level)
		}
	}
	return some
}

func less(all, taken []string) []string {
	return only(all, func(level string) bool { return !slices.Contains(taken, level) })
}

// and is who belongs to both.
func (p population) and(q population) population {
	out := maps.Clone(p)
	for concept, c := range q {
		if before, there := out[concept]; there {
			c = c.and(before)
		}
		out[concept] = c
	}
	return out
}

// or is who belongs to one of two kinds, if both are of one condition on the same
// concept, and together of one again.
func (p population) or(q population) (population, bool) {
	for concept, c := range p {
		d, there := q[concept]
		either, ok := c.or(d)
		return population{concept: either}, there && ok && len(p) == 1 && len(q) == 1
	}
	return nil, false
}

// contrary is who does not meet the one condition on levels that p is of.
func (p population) contrary() (population, bool) {
	for concept, c := range p {
		c.except = !c.except
		return population{concept: c}, len(p) == 1 && !c.numeric
	}
	return nil, false
}

// within tells whether q is certain to hold everybody of p.
func (p population) within(q population) bool {
	for concept, c := range q {
		if mine, there := p[concept]; !there || !mine.within(c) {
			return false
		}
	}
	return true
}

// text is equal for equal populations.
func (p population) text() string {
	var out strings.Builder
	for _, concept := range slices.Sorted(maps.Keys(p)) {
		fmt.Fprintf(&out, "%q:%+v;", concept, p[concept])
	}
	return out.String()
}
