// Package bench is for the tests that compare ours with a peer: both in turn in one process, a row of the result for
// make bench. Machines are shared, so a noisy neighbour must not decide: what counts is the median over the rounds of
// the ratio within a round, whose two sides ran one right after the other.
package bench

import (
	"os"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
)

// Row is one line of bench/results.json.
type Row struct {
	ID     string  `json:"id"`
	Ours   float64 `json:"ours"` // median
	Peer   float64 `json:"peer"` // median
	Unit   string  `json:"unit"`
	Ratio  float64 `json:"ratio"` // ours by the peer's: median of the ratios of the rounds
	Low    float64 `json:"low"`   // their lower quartile
	High   float64 `json:"high"`  // their upper quartile
	Better string  `json:"better"`
	Goal   float64 `json:"goal"`
	Of     string  `json:"of"` // what the goal is for: "ratio" or "ours"
	Met    bool    `json:"met"`
}

// Skipped is the line of what could not be measured here.
type Skipped struct {
	ID     string `json:"id"`
	Reason string `json:"skipped"`
}

// Values of Row.Better.
const (
	Higher = "higher"
	Lower  = "lower"
)

// Only skips the test unless make bench runs it.
func Only(t testing.TB) {
	t.Helper()
	if os.Getenv("FAIRWAY_BENCH") != "1" {
		t.Skip("benchmarks run with FAIRWAY_BENCH=1, by make bench")
	}
}

// Turns measures ours and the peer's in turn, rounds times. Each goes first every other time, so that neither gets the
// warmer machine.
func Turns(rounds int, ours, peer func() float64) (our, peers []float64) {
	for i := range rounds {
		if i%2 == 0 {
			our = append(our, ours())
		}
		peers = append(peers, peer())
		if i%2 == 1 {
			our = append(our, ours())
		}
	}
	return our, peers
}

// Compare makes the row of paired measurements; goal is for the ratio.
func Compare(id, unit, better string, goal float64, ours, peer []float64) Row {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / peer[i]
	}
	r := Row{ID: id, Ours: At(ours, 0.5), Peer: At(peer, 0.5), Unit: unit, Ratio: At(ratios, 0.5), Low: At(ratios, 0.25), High: At(ratios, 0.75),
		Better: better, Goal: goal, Of: "ratio"}
	r.Met = r.reaches(r.Ratio)
	return r
}

// Limit is Compare with a goal for ours alone, in its unit.
func Limit(id, unit, better string, goal float64, ours, peer []float64) Row {
	r := Compare(id, unit, better, goal, ours, peer)
	r.Of, r.Met = "ours", r.reaches(r.Ours)
	return r
}

func (r Row) reaches(value float64) bool {
	if r.Better == Higher {
		return value >= r.Goal
	}
	return value <= r.Goal
}

// At is the value below which a part of all lies: 0.5 is the median.
func At(all []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(part*float64(len(sorted)-1)+0.5)]
}

// Write shows rows, and appends them to the file that FAIRWAY_BENCH_OUT names.
func Write(t testing.TB, rows ...Row) {
	t.Helper()
	for _, r := range rows {
		add(t, r)
	}
}

// Skip ends the test, and writes why there is nothing to compare with in place of its row.
func Skip(t testing.TB, id, reason string) {
	t.Helper()
	add(t, Skipped{ID: id, Reason: reason})
	t.SkipNow()
}

func add(t testing.TB, row any) {
	t.Helper()
	line, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", line)
	name := os.Getenv("FAIRWAY_BENCH_OUT")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // the write tells
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
