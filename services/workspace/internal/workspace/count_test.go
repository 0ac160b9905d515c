package workspace

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCountsAreToldFromTwiceTheBaseInMultiplesOfIt(t *testing.T) {
	for _, c := range []struct {
		people, base, want int
		told               bool
	}{
		{0, 5, 0, false}, {4, 5, 0, false}, {5, 5, 0, false}, {9, 5, 0, false}, {10, 5, 10, true}, {228, 5, 225, true}, {227, 5, 225, true},
		{19, 10, 0, false}, {20, 10, 20, true}, {228, 10, 220, true}, {30, 0, 0, false},
	} {
		if n, ok := Publishable(c.people, c.base); n != c.want || ok != c.told {
			t.Errorf("%d at %d: %d, %v", c.people, c.base, n, ok)
		}
	}
	for _, c := range [][3]int{{5, 0, 5}, {5, 5, 5}, {8, 5, 10}, {10, 5, 10}, {10, 3, 12}, {7, 100, 100}} {
		if got := Base(c[0], c[1]); got != c[2] {
			t.Errorf("threshold %d, rounding %d: %d", c[0], c[1], got)
		}
	}
}

// known is what somebody who knows the rule learns from one answer: a number from low to high.
type known struct{ low, high int }

// learn asks once. An answer of either granularity says whether it is told; boolean says no more.
func learn(people, base int, boolean bool) known {
	count, ok := Publishable(people, base)
	switch {
	case !ok:
		return known{0, 2*base - 1}
	case boolean:
		return known{2 * base, 1 << 20}
	}
	return known{count, count + base - 1}
}

func (k known) minus(o known) known { return known{max(0, k.low-o.high), k.high - o.low} }
func (k known) and(o known) known   { return known{max(k.low, o.low), min(k.high, o.high)} }

// small is a group that may not be found out: there is somebody, and fewer than base.
func (k known) small(base int) bool { return k.low >= 1 && k.high < base }

func draws(t *rapid.T) (base int, parts []int) {
	base = rapid.IntRange(5, 20).Draw(t, "base")
	return base, rapid.SliceOfN(rapid.IntRange(0, 3*base), 2, 12).Draw(t, "parts")
}

func TestNoSmallGroupFollowsFromATotalAndItsOtherParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, parts := draws(t)
		total, answers := 0, make([]known, len(parts))
		for i, n := range parts {
			total += n
			answers[i] = learn(n, base, rapid.Bool().Draw(t, "boolean"))
		}
		all := learn(total, base, false)
		for i := range parts {
			rest := all
			for j, other := range answers {
				if j != i {
					rest = known{rest.low - other.high, rest.high - other.low}
				}
			}
			// Asked for itself, and, as a complement or a difference, not asked for.
			if got := rest.and(answers[i]); got.small(base) {
				t.Fatalf("part %d of %v at base %d: %+v", i, parts, base, got)
			}
			if rest.low = max(0, rest.low); rest.small(base) {
				t.Fatalf("what is left of %v without part %d at base %d: %+v", parts, i, base, rest)
			}
		}
	})
}

func TestNoSmallGroupFollowsFromFiltersThatAreNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.IntRange(5, 20).Draw(t, "base")
		n := rapid.IntRange(0, 400).Draw(t, "all")
		wider := learn(n, base, false)
		for n > 0 { // one filter more each time, up to the budget
			n = rapid.IntRange(max(0, n-3*base), n).Draw(t, "with one filter more")
			narrower := learn(n, base, rapid.Bool().Draw(t, "boolean"))
			if got := wider.minus(narrower); got.small(base) {
				t.Fatalf("between two at base %d: %+v", base, got)
			}
			if wider = narrower; rapid.IntRange(0, 9).Draw(t, "enough") == 0 {
				return
			}
		}
	})
}

// All that can be asked of people by two properties, all at once: the relations between nine answers together may tell
// that a group is small, and yet not how many it has.
func TestNoSmallNumberFollowsFromAllQuestionsAboutTwoProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const base = 5
		cells := rapid.SliceOfN(rapid.IntRange(0, 12), 4, 4).Draw(t, "cells")
		sums := func(c []int) [9]int {
			return [9]int{c[0], c[1], c[2], c[3], c[0] + c[1], c[2] + c[3], c[0] + c[2], c[1] + c[3], c[0] + c[1] + c[2] + c[3]}
		}
		var answers [9]known
		for i, n := range sums(cells) {
			answers[i] = learn(n, base, false)
		}
		fits := func(c []int) bool {
			for i, n := range sums(c) {
				if n < answers[i].low || n > answers[i].high {
					return false
				}
			}
			return true
		}
		var possible [4]map[int]bool
		for i := range possible {
			possible[i] = map[int]bool{}
		}
		c := make([]int, 4)
		for c[0] = answers[0].low; c[0] <= answers[0].high; c[0]++ {
			for c[1] = answers[1].low; c[1] <= answers[1].high; c[1]++ {
				for c[2] = answers[2].low; c[2] <= answers[2].high; c[2]++ {
					for c[3] = answers[3].low; c[3] <= answers[3].high; c[3]++ {
						if fits(c) {
							for i, n := range c {
								possible[i][n] = true
							}
						}
					}
				}
			}
		}
		for i, n := range cells {
			if len(possible[i]) < 2 && n > 0 && n < base {
				t.Fatalf("cell %d of %v is known", i, cells)
			}
		}
	})
}

func TestAnAnswerChangesWithAVersionOnlyIfManyJoinOrLeave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.IntRange(5, 20).Draw(t, "base")
		people := rapid.IntRange(0, 100).Draw(t, "people")
		told := Told{}.Again("1", people, base)
		since := people
		for v := range 30 {
			people = max(0, people+rapid.IntRange(-base-2, base+2).Draw(t, "more"))
			version := string(rune('a' + v))
			next := told.Again(version, people, base)
			switch moved := people - since; {
			case next.Count != told.Count && moved > -base && moved < base:
				t.Fatalf("%d people more changed the answer from %d to %d", moved, told.Count, next.Count)
			case moved <= -base || moved >= base:
				since = people
			}
			if next.Count > 0 && people <= base {
				t.Fatalf("%d is told of %d people at base %d", next.Count, people, base)
			}
			if again := next.Again(version, people+3*base, base); again != next {
				t.Fatalf("one version, two answers: %+v and %+v", next, again)
			}
			told = next
		}
	})
}
