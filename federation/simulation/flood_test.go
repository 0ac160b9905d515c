package simulation

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

const (
	calmSite  = "sensitive-cloud" // asks now and then; other floods
	perSecond = 2                 // of the quota of the site that is asked
	tenfold   = 10 * perSecond    // what a flood has in a second
	lasting   = 5                 // seconds of a flood
	slowDisk  = 16 * time.Millisecond
)

// TestOthersWaitLessThanTwiceAsLongWhileOneSiteFloods lets one site ask a question every second, without, with and without a
// flood of ten times the quota by another, whose records lie in the same partition as its own. What is committed at the
// site that is asked takes time, so that whoever works for one keeps others waiting.
func TestOthersWaitLessThanTwiceAsLongWhileOneSiteFloods(t *testing.T) {
	inMemory(t)
	for name, c := range map[string]struct {
		quota  int
		flood  func(*flooded) func() envelope.Record
		within bool
	}{
		"questions":                 {perSecond, (*flooded).questions, true},
		"what nobody vouches for":   {perSecond, (*flooded).poison, true},
		"questions without a quota": {1000, (*flooded).questions, false}, // this finds what it is to find
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T) {
				f := beginFlooded(t, c.quota)
				quiet := f.round()
				f.pour(c.flood(f))
				flooded := f.round()
				f.drained()
				quiet = append(quiet, f.round()...)
				ratio, worst := float64(median(flooded))/float64(median(quiet)), float64(slices.Max(flooded))/float64(slices.Max(quiet))
				t.Logf("answered in %v, in a flood in %v: %.2f times; at most %v and %v: %.2f times", median(quiet), median(flooded), ratio, slices.Max(quiet), slices.Max(flooded), worst)
				if (ratio <= 2 && worst <= 2) != c.within {
					t.Errorf("others waited %.2f times as long, the one who waited longest %.2f times; expected at most 2: %v", ratio, worst, c.within)
				}
			})
		})
	}
}

// TestASiteThatIsBehindIsSoAfterAPowerCut takes the power from a gateway for which records wait on the broker. They are taken
// in their turn afterwards, each once, and others are not kept waiting.
func TestASiteThatIsBehindIsSoAfterAPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("short: that a flood is taken in its turn is held without a power cut")
	}
	inMemory(t)
	inBubble(t, 1, func(t *testing.T) {
		f := beginFlooded(t, perSecond)
		f.pour(f.questions())
		time.Sleep(lasting * time.Second)
		f.gatewayOf(host).crash()
		f.gatewayOf(host).start()
		quarter := f.poured / 4
		if n := len(f.answersTo(other)); n > quarter {
			t.Fatalf("%d of %d records of the flood were answered before the power was cut: there was no backlog", n, f.poured)
		}
		f.round()
		f.drained()
	})
}

// flooded is a federation in which one site is flooded.
type flooded struct {
	*world
	sign   map[string]func(envelope.Payload) envelope.Record // by site: its gateway's word to the host
	asked  map[string]time.Time                              // by question of the calm site
	poured int
	reply  bool // to each record of the flood there is to be an answer
}

func beginFlooded(t *testing.T, quota int) *flooded {
	t.Helper()
	rules := "discovery: {anybody: count, researcher: count, rounding: 5}\nborder: {recordsPerSecond: " + strconv.Itoa(quota) + "}\n"
	f := &flooded{sign: map[string]func(envelope.Payload) envelope.Record{}, asked: map[string]time.Time{}}
	f.world = begin(t, setting{seed: 1, sites: three, profile: func(site string) ([]byte, error) {
		text, err := witnessed(site)
		return append(text, rules...), err
	}})
	for _, m := range f.place(host).machines {
		t.Cleanup(disk.breaks(m.disk, diskFault{takes: slowDisk}))
	}
	for _, site := range []string{calmSite, other} {
		m := f.gatewayOf(site)
		env, err := setup.Load(context.Background(), m.siteDir, m.part.Principal, setup.Options{Broker: m.own.addr(), Federation: m.between.addr()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { env.Objects.Close() })
		f.sign[site] = func(p envelope.Payload) envelope.Record { return m.across(env, host, 1, p) }
	}
	return f
}

// question is one of somebody new at a site, for nobody may ask many.
func (f *flooded) question(site string) (string, envelope.Record) {
	id := newID()
	return id, f.sign[site](federation.QuestionDispatched{QuestionID: id, InquiryID: newID(), Site: host, HostSite: site, Asker: site + ":" + newID(),
		DatasetID: dataset, Filters: []vocabulary.Filter{}, Deadline: time.Now().UTC().Add(24 * time.Hour)})
}

// questions floods with what is in order, and is answered.
func (f *flooded) questions() func() envelope.Record {
	f.reply = true
	return func() envelope.Record { _, r := f.question(other); return r }
}

// poison floods with what the calm site has not signed, in its name.
func (f *flooded) poison() func() envelope.Record {
	return func() envelope.Record {
		_, r := f.question(calmSite)
		r.Value = append(slices.Clone(r.Value), ' ')
		return r
	}
}

// pour lets a flood begin, which lasts for some seconds.
func (f *flooded) pour(record func() envelope.Record) {
	go func() {
		for range lasting {
			records := make([]envelope.Record, tenfold)
			for i := range records {
				records[i] = record()
			}
			f.border.say(records...)
			time.Sleep(time.Second)
		}
	}()
	f.poured += lasting * tenfold
	time.Sleep(time.Second / 2)
}

// round lets the calm site ask, and returns how long it waited for each answer.
func (f *flooded) round() (waited []time.Duration) {
	f.t.Helper()
	var ids []string
	for range lasting {
		id, r := f.question(calmSite)
		ids, f.asked[id] = append(ids, id), time.Now()
		f.border.say(r)
		time.Sleep(time.Second)
	}
	time.Sleep(time.Minute)
	for _, a := range f.answersTo(calmSite) {
		if slices.Contains(ids, a.is.QuestionID) {
			if a.is.Outcome != "counted" {
				f.t.Errorf("a question of %s was answered as %s: %s", calmSite, a.is.Outcome, a.is.Reason)
			}
			waited = append(waited, a.at.Sub(f.asked[a.is.QuestionID]))
		}
	}
	if len(waited) != lasting {
		f.t.Fatalf("%d of %d questions were answered", len(waited), lasting)
	}
	return waited
}

// answersTo are the host's answers to a site.
func (f *flooded) answersTo(site string) []fact[federation.QuestionReturned] {
	return slices.DeleteFunc(facts[federation.QuestionReturned](f.records()), func(a fact[federation.QuestionReturned]) bool { return a.is.HostSite != site })
}

// drained holds that nothing of the flood is lost: each record had its answer or its refusal, and each only once.
func (f *flooded) drained() {
	f.t.Helper()
	answers, refusals := len(f.answersTo(other)), 0
	for _, r := range facts[federation.BorderRefused](f.records()) {
		if siteOf(r.seen) == host {
			refusals++
		}
	}
	if f.reply && (answers != f.poured || refusals != 0) || !f.reply && (refusals != f.poured || answers != 0) {
		f.t.Errorf("of %d records of the flood %d were answered and %d refused", f.poured, answers, refusals)
	}
}

func median(of []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
