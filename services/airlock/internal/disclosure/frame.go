package disclosure

import (
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// frame is what concepts mean in a prepared table, and who is in it.
type frame struct {
	base  population
	means map[string]meaning // of a made concept
	keys  map[string]string  // of a made concept that only its step defines
}

// meaning is who has the levels of a concept that a step made. Levels are all that
// there are, nil if the step does not say; digest is that of the step.
type meaning struct {
	of     func(level string) population
	levels []string
	digest string
}

// framed follows the steps of a preparation. What steps make of a linked dataset
// is known by the digest of those steps: two such concepts are the same if they
// were made alike.
func framed(prepare []vocabulary.Preparation) frame {
	f := frame{base: population{}, means: map[string]meaning{}, keys: map[string]string{}}
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
			f.means[p.As] = meaning{func(level string) population { return grouped(key, p, level) }, p.Levels, made}
		case p.Op == analyses.Derive:
			f.means[p.As] = meaning{f.decided(p, made), []string{no, yes}, made}
		case p.Op == analyses.Recode:
			f.means[p.As] = meaning{f.recoded(p, made), nil, made}
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
		return means.of(level)
	}
	return population{f.key(concept): of(level)}
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
	key := f.key(c.Concept)
	if len(c.Levels) > 0 {
		if means, made := f.means[c.Concept]; made {
			return means.among(c.Levels, c.Op == analyses.NotIn)
		}
		if c.Op == analyses.NotIn {
			return population{key: allBut(c.Levels...)}
		}
		return population{key: of(c.Levels...)}
	}
	at, _ := strconv.ParseFloat(c.Value, 64) // checked when it was asked
	r := everything()
	switch c.Op {
	case analyses.LT, analyses.LE:
		r.high = bound{at, c.Op == analyses.LT}
	default:
		r.low = bound{at, c.Op == analyses.GT}
	}
	return population{key: {numeric: true, spans: []span{r}}}
}

// among is who has one of some levels, or with except one of the others: by what
// the levels are made of, so that they are compared with all that is told of it.
// Levels that are of no one condition together are known by their step.
func (m meaning) among(levels []string, except bool) population {
	if except && m.levels != nil {
		levels, except = less(m.levels, levels), false
	}
	p, ok := m.together(levels)
	if ok && except {
		p, ok = p.contrary()
	}
	if !ok {
		return population{m.digest: {levels: union(levels, nil), except: except}}
	}
	return p
}

// together is who has one of some levels, if that is one condition on one concept.
func (m meaning) together(levels []string) (p population, ok bool) {
	for i, level := range levels {
		if q := m.of(level); i == 0 {
			p = q
		} else if p, ok = p.or(q); !ok {
			return nil, false
		}
	}
	return p, len(p) > 0
}

// grouped is the range of numbers that a level stands for.
func grouped(key string, p vocabulary.Preparation, level string) population {
	r := everything()
	i := slices.Index(p.Levels, level)
	if i > 0 {
		r.low.at, _ = strconv.ParseFloat(p.Cuts[i-1], 64)
	}
	if i >= 0 && i < len(p.Cuts) {
		r.high.at, _ = strconv.ParseFloat(p.Cuts[i], 64)
		r.high.open = true
	}
	return population{key: {numeric: true, spans: merged([]span{r})}}
}

// decided is who meets the conditions of a yes; a no is known by its step alone,
// unless there is one condition, whose contrary it is.
func (f frame) decided(p vocabulary.Preparation, made string) func(string) population {
	meets, misses := f.all(p.Where), population{made: of(no)}
	contrary := map[string]string{analyses.LT: analyses.GE, analyses.LE: analyses.GT, analyses.GT: analyses.LE, analyses.GE: analyses.LT,
		analyses.In: analyses.NotIn, analyses.NotIn: analyses.In}
	if len(p.Where) == 1 {
		c := p.Where[0]
		c.Op = contrary[c.Op]
		misses = f.one(c)
	}
	return func(level string) population {
		if level == yes {
			return meets
		}
		return misses
	}
}

func (f frame) recoded(p vocabulary.Preparation, made string) func(string) population {
	means, again := f.means[p.Concept]
	key := f.key(p.Concept)
	return func(level string) population {
		var from []string
		renamed := false
		for _, r := range p.Recodes {
			if r.To == level {
				from = append(from, r.From)
			}
			renamed = renamed || r.From == level
		}
		kept := !renamed && (!again || means.levels == nil || slices.Contains(means.levels, level))
		switch {
		case again && kept:
			return means.among(append(from, level), false)
		case again && len(from) > 0:
			return means.among(from, false)
		case again:
			return population{made: of(level)}
		case kept && len(from) == 0:
			return population{key: of(level)}
		case kept:
			return population{key: {levels: union(from, nil), perhaps: []string{level}}}
		}
		return population{key: of(from...)}
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
