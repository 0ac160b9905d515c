package disclosure

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// population is a kind of people: those who meet a condition on each of its
// concepts, as they stand in the data. Everybody is the empty one.
type population map[string]condition

// condition is a range of numbers, or levels; with except all but these.
type condition struct {
	numeric   bool
	low, high bound
	levels    []string // sorted
	except    bool
}

// bound is an end of a range; open if the number itself is outside.
type bound struct {
	at   float64
	open bool
}

// within tells whether everybody who meets c meets d.
func (c condition) within(d condition) bool {
	in := func(levels []string) func(string) bool {
		return func(level string) bool { return slices.Contains(levels, level) }
	}
	switch {
	case c.numeric != d.numeric:
		return false
	case c.numeric:
		return (c.low.at > d.low.at || c.low.at == d.low.at && (c.low.open || !d.low.open)) &&
			(c.high.at < d.high.at || c.high.at == d.high.at && (c.high.open || !d.high.open))
	case !c.except && !d.except:
		return !slices.ContainsFunc(c.levels, func(l string) bool { return !in(d.levels)(l) })
	case !c.except && d.except:
		return !slices.ContainsFunc(c.levels, in(d.levels))
	case c.except && d.except:
		return !slices.ContainsFunc(d.levels, func(l string) bool { return !in(c.levels)(l) })
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
		out := c
		if d.low.at > c.low.at || d.low.at == c.low.at && d.low.open {
			out.low = d.low
		}
		if d.high.at < c.high.at || d.high.at == c.high.at && d.high.open {
			out.high = d.high
		}
		return out
	case c.except && d.except:
		return condition{except: true, levels: slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(c.levels), d.levels...))))}
	}
	if c.except {
		c, d = d, c
	}
	kept := slices.DeleteFunc(slices.Clone(c.levels), func(l string) bool { return slices.Contains(d.levels, l) == d.except })
	return condition{levels: kept}
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

// frame is what concepts mean in a prepared table, and who is in it.
type frame struct {
	base  population
	means map[string]func(level string) population // of a made concept
	keys  map[string]string                        // of a made concept that only its step defines
}

// framed follows the steps of a preparation. What steps make of a linked dataset
// is known by the digest of those steps: two such concepts are the same if they
// were made alike.
func framed(prepare []vocabulary.Preparation) frame {
	f := frame{base: population{}, means: map[string]func(string) population{}, keys: map[string]string{}}
	chain := map[string]string{} // dataset -> the steps on it so far
	for _, p := range prepare {
		made := chain[p.Dataset] + analyses.Digest(p)
		switch {
		case p.Op == analyses.Aggregate || p.Op == analyses.Dosage:
			f.keys[p.As] = made
		case p.Dataset != "":
			chain[p.Dataset] = made
			f.keys[p.As] = made
		case p.Op == analyses.Filter:
			f.base = f.base.and(f.all(p.Where))
		case p.Op == analyses.Derive && len(p.Cuts) > 0:
			key := f.key(p.Concept)
			f.means[p.As] = func(level string) population { return grouped(key, p, level) }
		case p.Op == analyses.Derive:
			f.means[p.As] = f.decided(p, made)
		case p.Op == analyses.Recode:
			f.means[p.As] = f.recoded(p, made)
		}
	}
	return f
}

func (f frame) key(concept string) string {
	if key, made := f.keys[concept]; made {
		return key
	}
	return concept
}

// level is who has a level of a concept.
func (f frame) level(concept, level string) population {
	if means, made := f.means[concept]; made {
		return means(level)
	}
	return population{f.key(concept): {levels: []string{level}}}
}

// all is who meets all conditions.
func (f frame) all(where []vocabulary.Condition) population {
	out := population{}
	for _, c := range where {
		out = out.and(f.one(c))
	}
	return out
}

func (f frame) one(c vocabulary.Condition) population {
	if len(c.Levels) == 1 && c.Op == analyses.In {
		return f.level(c.Concept, c.Levels[0])
	}
	key := f.key(c.Concept)
	if len(c.Levels) > 0 {
		if _, made := f.means[c.Concept]; made {
			key = "made " + key // no level of it is compared with the numbers it is made of
		}
		return population{key: {levels: slices.Sorted(slices.Values(c.Levels)), except: c.Op == analyses.NotIn}}
	}
	at, _ := strconv.ParseFloat(c.Value, 64) // checked when it was asked
	r := condition{numeric: true, low: bound{at: math.Inf(-1)}, high: bound{at: math.Inf(1)}}
	switch c.Op {
	case analyses.LT, analyses.LE:
		r.high = bound{at, c.Op == analyses.LT}
	default:
		r.low = bound{at, c.Op == analyses.GT}
	}
	return population{key: r}
}

// grouped is the range of numbers that a level stands for.
func grouped(key string, p vocabulary.Preparation, level string) population {
	r := condition{numeric: true, low: bound{at: math.Inf(-1)}, high: bound{at: math.Inf(1)}}
	i := slices.Index(p.Levels, level)
	if i > 0 {
		r.low.at, _ = strconv.ParseFloat(p.Cuts[i-1], 64)
	}
	if i >= 0 && i < len(p.Cuts) {
		r.high.at, _ = strconv.ParseFloat(p.Cuts[i], 64)
		r.high.open = true
	}
	return population{key: r}
}

// decided is who meets the conditions of a yes; a no is known by its step alone,
// unless there is one condition, whose contrary it is.
func (f frame) decided(p vocabulary.Preparation, made string) func(string) population {
	yes, no := f.all(p.Where), population{made: {levels: []string{"no"}}}
	contrary := map[string]string{analyses.LT: analyses.GE, analyses.LE: analyses.GT, analyses.GT: analyses.LE, analyses.GE: analyses.LT,
		analyses.In: analyses.NotIn, analyses.NotIn: analyses.In}
	if len(p.Where) == 1 {
		c := p.Where[0]
		c.Op = contrary[c.Op]
		no = f.one(c)
	}
	return func(level string) population {
		if level == "yes" {
			return yes
		}
		return no
	}
}

func (f frame) recoded(p vocabulary.Preparation, made string) func(string) population {
	_, of := f.means[p.Concept]
	key := f.key(p.Concept)
	return func(level string) population {
		if of {
			return population{made: {levels: []string{level}}}
		}
		var from []string
		renamed := false
		for _, r := range p.Recodes {
			if r.To == level {
				from = append(from, r.From)
			}
			renamed = renamed || r.From == level
		}
		if !renamed {
			from = append(from, level)
		}
		return population{key: {levels: slices.Compact(slices.Sorted(slices.Values(from)))}}
	}
}

// of is who a kind of people of a result is, in the frame's table.
func (f frame) of(by []outputs.Level) population {
	out := f.base
	for _, level := range by {
		out = out.and(f.level(level.Concept, level.Level))
	}
	return out
}
