package simulation

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

// inMemory keeps the databases where writing them down costs nothing, if this machine has such a place: the power cuts
// here are those of the test.
func inMemory(t *testing.T) {
	const memory = "/dev/shm"
	if dir, err := os.MkdirTemp(memory, "fairway"); err == nil {
		os.Remove(dir)
		t.Setenv("TMPDIR", memory)
	}
}

// inBubble runs a test in virtual time, on one processor and with keys and ids that follow from the seed: goroutines
// then mostly take turns in the same order each time.
func inBubble(t *testing.T, seed uint64, run func(*testing.T)) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	// what sync.Pools keep of an earlier test has channels of its bubble; it takes two collections to be rid of it
	runtime.GC()
	runtime.GC()
	start := time.Now()
	synctest.Test(t, run)
	t.Logf("%v of real time", time.Since(start).Round(time.Millisecond))
}

// begin makes the federation and its people.
func begin(t *testing.T, of setting) *world {
	t.Helper()
	w := newWorld(t, of)
	w.settle()
	return w
}

// settle brings in the people and their data, while nothing breaks.
func (w *world) settle() {
	w.t.Helper()
	time.Sleep(time.Minute)
	for _, p := range w.places {
		p.portal.populate(p.code, p.data())
	}
	time.Sleep(time.Minute)
	w.routines = runtime.NumGoroutine()
}

// rest ends all faults, lets the federation come to rest and judges it.
func (w *world) rest(final bool) map[string][]string {
	w.mend()
	// what waits gives up within a minute; what lost its connection has it again within seconds
	const settled = 10 * time.Minute
	time.Sleep(settled)
	if final {
		time.Sleep(12 * 24 * time.Hour) // every deadline and review is over
	}
	return judge(w.history(final))
}

// month plays a number of days with a number of steps.
func (w *world) month(days, steps int) map[string][]string {
	end := time.Now().AddDate(0, 0, days)
	for i := range steps {
		// each step draws anew: what breaks in it, and when, does not hang on how the steps before it went
		w.chance, w.fate = newChance(w.seed, uint64(2*i+4)), newChance(w.seed, uint64(2*i+5))
		w.doSome()
		w.readAnswers(w.records())
		for range max(1, len(w.places)/len(three)) {
			if !w.fate.one(3) {
				w.breakSomething()
			}
		}
		left := time.Until(end) / time.Duration(steps-i)
		w.pass(min(max(left, 0)*2, w.fate.between(left/8+time.Second, 2*left+2*time.Second)))
		if i%(steps/3) == steps/3-1 && i < steps-1 {
			if found := w.rest(false); len(found) > 0 {
				return found
			}
		}
	}
	return w.rest(true)
}

// seeds are those to play: one that somebody asks for, a few, or many.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	if text := os.Getenv("FAIRWAY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("FAIRWAY_SEED: %v", err)
		}
		return []uint64{n}
	}
	n := 3
	if testing.Short() || os.Getenv("FAIRWAY_SIMULATION") == "twelve" {
		n = 1
	}
	if os.Getenv("FAIRWAY_SIMULATION") == "long" {
		n = 10
	}
	var all []uint64
	for seed := range n {
		all = append(all, uint64(seed+1))
	}
	return all
}

// members are the sites of a month.
func members() []string {
	if os.Getenv("FAIRWAY_SIMULATION") == "" {
		return three
	}
	return twelve()
}

func TestAMonthOfFaultsBreaksNoLaw(t *testing.T) {
	inMemory(t)
	const days = 30
	steps := 120
	if testing.Short() {
		steps = 25
	}
	for _, seed := range seeds(t) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			inBubble(t, seed, func(t *testing.T) {
				w := begin(t, setting{seed: seed, sites: members()})
				found := w.month(days, steps)
				if len(found) > 0 {
					t.Errorf("FAIRWAY_SEED=%d plays this again:\n%s", seed, tell(found))
				}
				t.Log(w.summary())
			})
		})
	}
}
