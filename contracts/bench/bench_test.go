package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/fairway-tre/fairway/contracts/bench"
)

func TestANoisyRoundDoesNotDecide(t *testing.T) {
	// the machine slows down for both from the third round on, and for one of them in the fourth
	r := bench.Compare("x", "1/s", bench.Higher, 0.75, []float64{80, 81, 8, 0.1, 8}, []float64{100, 100, 10, 10, 10})
	if r.Ratio != 0.8 || !r.Met || r.Ours != 8 || r.Peer != 10 {
		t.Errorf("%+v", r)
	}
	if r := bench.Compare("x", "ms", bench.Lower, 0.75, []float64{8}, []float64{10}); r.Met {
		t.Errorf("%+v", r)
	}
	if r := bench.Limit("x", "ms", bench.Lower, 9, []float64{8}, []float64{1}); !r.Met || r.Ratio != 8 {
		t.Errorf("%+v", r)
	}
}

func TestTurnsPairWhatRanTogether(t *testing.T) {
	var clock float64
	tick := func() float64 { clock++; return clock }
	ours, peer := bench.Turns(4, tick, tick)
	for i := range ours {
		if d := ours[i] - peer[i]; d != 1 && d != -1 {
			t.Errorf("round %d: %v and %v", i, ours[i], peer[i])
		}
	}
	if ours[0] > peer[0] || ours[1] < peer[1] {
		t.Errorf("one side is always first: %v %v", ours, peer)
	}
}

func TestRowsAreAppended(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows")
	t.Setenv("FAIRWAY_BENCH_OUT", name)
	for range 2 {
		bench.Write(t, bench.Row{ID: "x"})
	}
	if text, err := os.ReadFile(name); err != nil || bytes.Count(text, []byte("\n")) != 2 {
		t.Errorf("%s %v", text, err)
	}
}

func TestWhatIsSkippedLeavesARowWithItsReason(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows")
	t.Setenv("FAIRWAY_BENCH_OUT", name)
	t.Run("without its peer", func(t *testing.T) {
		bench.Skip(t, "x", "no peer")
		t.Error("went on")
	})
	if text, err := os.ReadFile(name); err != nil || string(text) != `{"id":"x","skipped":"no peer"}`+"\n" {
		t.Errorf("%s %v", text, err)
	}
}
