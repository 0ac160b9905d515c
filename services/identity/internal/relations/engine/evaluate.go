package engine

import (
	"context"
	"errors"
	"fmt"
)

// ErrTooDeep says that the graph goes on after the limit of steps or places: neither yes nor no is known.
var ErrTooDeep = errors.New("relation graph too deep or too wide")

// Limits bound one check.
type Limits struct {
	Depth int // steps from the question
	Width int // places visited
}

type graph map[node]map[string]struct{}

// holds reports whether subject stands at from, level by level, so that the answer does not depend on any order:
// true as soon as a level has it, ErrTooDeep when something is left after the last level.
func (g graph) holds(ctx context.Context, m Model, from node, subject string, limit Limits) (bool, error) {
	seen := map[node]bool{from: true}
	level := []node{from}
	for depth := 1; len(level) > 0; depth++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if depth > limit.Depth || len(seen) > limit.Width {
			return false, fmt.Errorf("%w: stopped after %d steps and %d places", ErrTooDeep, depth-1, len(seen))
		}
		for _, n := range level {
			if _, ok := g[n][subject]; ok {
				return true, nil
			}
		}
		var next []node
		for _, n := range level {
			for _, below := range g.below(m, n) {
				if !seen[below] {
					seen[below] = true
					next = append(next, below)
				}
			}
		}
		level = next
	}
	return false, nil
}

// below lists the places whose holders stand at n too.
func (g graph) below(m Model, n node) (below []node) {
	for subject := range g[n] {
		if s, ok := set(subject); ok && s.relation != "" {
			below = append(below, s)
		}
	}
	namespace, _ := m.namespace(n.namespace)
	for _, rule := range namespace.Permits[n.relation] {
		if rule.Via == "" {
			below = append(below, node{n.namespace, n.object, rule.Relation})
			continue
		}
		for subject := range g[node{n.namespace, n.object, rule.Via}] {
			if s, ok := set(subject); ok {
				below = append(below, node{s.namespace, s.object, rule.Then})
			}
		}
	}
	return below
}

func (g graph) add(t Tuple) {
	if g[t.node()] == nil {
		g[t.node()] = map[string]struct{}{}
	}
	g[t.node()][t.Subject] = struct{}{}
}

func (g graph) remove(t Tuple) {
	delete(g[t.node()], t.Subject)
	if len(g[t.node()]) == 0 {
		delete(g, t.node())
	}
}

func (g graph) has(t Tuple) bool {
	_, ok := g[t.node()][t.Subject]
	return ok
}
