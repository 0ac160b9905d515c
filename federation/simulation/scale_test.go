package simulation

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/sites"
)

// numbered are n sites that are alike but for their names.
func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("site-%03d", i+1))
	}
	return names
}

// alike is the profile of a numbered site.
func alike(site string) ([]byte, error) {
	text, err := sites.Lookup(host)
	return []byte(strings.Replace(string(text), "name: "+host, "name: "+site, 1)), err
}

// size is what a federation of some sites takes.
type size struct {
	sites                int
	start, people, study time.Duration // processor time
	memory, resident     uint64        // bytes, of all sites at rest with nobody there: of Go's heap and stacks, and of the process
	goroutines           int
	began, grown         float64 // beginning and work, of those of three sites in the same minutes
}

// beginning is the time for each site from its folder to its rest in the federation.
func (s size) beginning() time.Duration { return s.start / time.Duration(s.sites) }

// work is the time for each site of what people do: to register and be given roles, to describe data, to apply, decide,
// compute, review and combine.
func (s size) work() time.Duration { return (s.people + s.study) / time.Duration(s.sites) }

// measure founds a federation, starts it, brings in its people, and lets it do one study over all sites. Then comes what
// the test adds.
func measure(t *testing.T, n int, then func(*world)) (s size) {
	t.Helper()
	inBubble(t, 1, func(t *testing.T) {
		memory, resident := inUse(), rss(t)
		none := runtime.NumGoroutine()
		begun := processor(t)
		lap := func() time.Duration { took := processor(t) - begun; begun += took; return took }
		s.sites = n
		w := newWorld(t, setting{seed: 1, sites: numbered(n), profile: alike, quiet: true})
		time.Sleep(10 * time.Minute)
		s.start = lap()
		s.memory, s.resident, s.goroutines = inUse()-memory, rss(t)-resident, runtime.NumGoroutine()-none
		w.listen()
		lap()
		w.settle()
		s.people = lap()
		w.completed(w.sceneAt(compared, 24*time.Hour, w.names()...))
		s.study = lap()
		then(w)
	})
	return s
}

// inUse is what Go uses after a collection, of which sync.Pools take two.
func inUse() uint64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// rss is what the process has in memory: databases use some that Go knows nothing of.
func rss(t *testing.T) (bytes uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all uint64
	if _, err := fmt.Sscan(string(text), &all, &bytes); err != nil {
		t.Fatal(err)
	}
	return bytes * uint64(os.Getpagesize())
}

// processor is the processor time of this process so far, which others on the machine change less than time.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// scaleTable is the table of SCALE.md.
func scaleTable(all []size) string {
	text := "| sites | start, s for each | of three sites | people, s for each | study, s for each | people and study, of three sites | Go memory, MiB for each | resident, MiB for each | goroutines for each |\n|---|---|---|---|---|---|---|---|---|\n"
	for _, s := range all {
		each := func(d time.Duration) float64 { return d.Seconds() / float64(s.sites) }
		const mib = 1 << 20
		text += fmt.Sprintf("| %d | %.3f | %.2f | %.3f | %.3f | %.2f | %.1f | %.1f | %d |\n", s.sites, each(s.start), s.began, each(s.people), each(s.study),
			s.grown, float64(s.memory)/float64(s.sites)/mib, float64(s.resident)/float64(s.sites)/mib, s.goroutines/s.sites)
	}
	return text
}

// TestTheTimeForASiteHardlyGrowsWithTheirNumber plays one study over 3, 12, 30 and 100 sites in one process, and over the
// hundred another in which some are cut off, lose power and hang.
func TestTheTimeForASiteHardlyGrowsWithTheirNumber(t *testing.T) {
	if os.Getenv("FAIRWAY_SIMULATION") == "" {
		t.Skip("takes minutes: set FAIRWAY_SIMULATION=twelve, or make simulation")
	}
	inMemory(t)
	const most = 1.5
	nothing := func(*world) {}
	measure(t, 3, nothing) // the first to do anything also makes what all have in common
	var all []size
	for _, n := range sizes(t) {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			// the machine is shared: three sites are measured again before and after those that are held against them
			few := measure(t, 3, nothing)
			s := measure(t, n, func(w *world) {
				if n == 100 {
					w.studyUnderFaults()
				}
			})
			again := measure(t, 3, nothing)
			s.began = s.beginning().Seconds() / ((few.beginning() + again.beginning()) / 2).Seconds()
			s.grown = s.work().Seconds() / ((few.work() + again.work()) / 2).Seconds()
			if s.began > most || s.grown > most {
				t.Errorf("for each site, start took %.2f times and work %.2f times what it takes with three, at most %.1f was promised", s.began, s.grown, most)
			}
			all = append(all, s)
		})
	}
	table := scaleTable(all)
	t.Log("\n" + table)
	if file := os.Getenv("FAIRWAY_SCALE"); file != "" {
		if err := os.WriteFile(file, []byte(scaleHead+loadLine(t)+table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sizes are those of FAIRWAY_SITES, such as 3,12, or all.
func sizes(t *testing.T) (all []int) {
	t.Helper()
	for n := range strings.SplitSeq(cmp.Or(os.Getenv("FAIRWAY_SITES"), "3,12,30,100"), ",") {
		size, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("FAIRWAY_SITES: %v", err)
		}
		all = append(all, size)
	}
	return all
}

// loadLine tells what else the machine did.
func loadLine(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("Load of the machine, %d processors, at the end: %s.\n\n", runtime.NumCPU(), strings.Join(strings.Fields(string(text))[:3], ", "))
}

const scaleHead = `# How a federation grows

Written by ` + "`make simulation`" + `: sites of one profile, all in one process on one processor, with what they keep in memory. Times
are of the processor; "of three sites" is how many times as long it takes for each site as with three, which were measured
before and after in the same run, because the machine is shared. Start is founding, six services, a broker and the registry:
every site verifies the operator's list and the keys of all others in it, which is what grows with their number. People are
eight for each site, who register, train, sign and are given roles. The study is asked of all sites at once.

`

// studyUnderFaults is a second study over all sites, in which one in ten has a fault.
func (w *world) studyUnderFaults() {
	w.t.Helper()
	before := len(facts[federation.StudyCompleted](w.records()))
	w.open(questions[1], 24*time.Hour, w.names()...)
	for i := range len(w.places) / 10 {
		p := w.places[1+10*i]
		switch i % 4 {
		case 0:
			g := p.machine(topics.Gateway)
			g.cut(w.hub.addr())
			w.later(time.Hour, func() { g.heal(w.hub.addr()) })
		case 1:
			m := p.machine(topics.Airlock)
			m.crash()
			w.later(time.Minute, m.start)
		case 2:
			w.later(time.Hour, p.machine(topics.Workspace).line.stall())
		case 3:
			p.node.crash()
			w.later(time.Minute, p.node.start)
		}
	}
	w.hub.stop()
	w.later(10*time.Second, w.hub.start)
	for range 8 {
		w.pass(10 * time.Minute)
		for _, d := range w.reviews(w.records()) {
			w.do(d)
		}
	}
	w.until("the end of the second study", func() bool { return len(facts[federation.StudyCompleted](w.records())) == before+1 })
	c := facts[federation.StudyCompleted](w.records())[before].is
	if c.Outcome != "Completed" || len(c.Manifest) != len(w.places) {
		w.t.Errorf("the second study ended as %s %s, with %d of %d sites", c.Outcome, c.Reason, len(c.Manifest), len(w.places))
	}
	if found := w.rest(false); len(found) > 0 {
		w.t.Error(tell(found))
	}
}
