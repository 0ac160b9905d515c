package workspace

// Publishable is what a catalogue may tell of a number of people: nothing below twice the base, also not that there is
// nobody; else the number rounded down to a multiple of the base, which Base makes of the site's policy.
//
// A catalogue that said 228 beside a released result about 227 would tell of one person; a difference below the
// threshold is what a site may not tell, so the base of the rounding is never less. Why twice: were everything told from
// the base on, "not told" would mean fewer than base people, and rounded answers about others could add that there is
// somebody: 10 people and at least 5 men, told at a base of 5 of 10 people and 9 men, leave 1 to 4 women. With twice the
// base no one relation between answers (a complement, a part of a whole, the parts of a whole, sums over sites) leaves a
// number of people between 1 and base-1 and nothing else: either nobody is possible too, or base people are.
// The answer depends on the number alone, and the rule is public: what is not told says no more than its range.
func Publishable(people, base int) (count int, ok bool) {
	if base < 1 || people < 2*base {
		return 0, false
	}
	return people - people%base, true
}

// Base is the number of whose multiples counts are told: the least multiple of the policy's rounding that is not under
// the threshold.
func Base(threshold, rounding int) int {
	if rounding < 1 {
		return threshold
	}
	return (threshold + rounding - 1) / rounding * rounding
}

// Told is an entry of the ledger of answers: what was told of a question last, and of how many people. Count is 0 where
// nothing may be told.
type Told struct {
	Version string `json:"version"`
	People  int    `json:"people"` // when Count was made; never told
	Base    int    `json:"base"`
	Count   int    `json:"count"`
}

// Again is what is told of a question that is asked again, or for the first time. Of one version of a dataset it is the
// same. A new version is told anew only if at least base people more or fewer match than when the number was made: a
// person who joins or objects between two versions changes no answer, and no answer that changes tells of fewer.
func (t Told) Again(version string, people, base int) Told {
	if t.Base == base && (t.Version == version || t.People-base < people && people < t.People+base) {
		t.Version = version
		return t
	}
	count, _ := Publishable(people, base)
	return Told{Version: version, People: people, Base: base, Count: count}
}
