// Package invariants judges the laws that hold in every run, whatever it played: pure functions over all records that
// were seen on all brokers, and the keys of those who may speak.
package invariants

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

// Result is one law judged over a run.
type Result struct {
	Name       string
	Statement  string
	Checked    int // records that it was judged over
	Violations []string
}

// skew by which an effect may be older than its cause: clocks of two sites differ.
const skew = time.Second

// History is a run, prepared for judging.
type History struct {
	all    []harness.Seen // but the federation's registry, which holds no events
	honest []harness.Seen // what opens under the keys of those who may speak; each event once
	opened map[int]error  // by place in the transcript, why a record does not open
	byID   map[string][]harness.Seen
	dead   map[position]harness.Seen // dead letter by the position of what was put away
	test   map[string]bool           // ids of keys that a test enrolled
	facts  map[string]any            // by type, what [of] has decoded
}

type position struct {
	topic             string
	partition, offset int64
}

// New prepares the records of a run. The keys are those of all real principals; testKeys are the ids of those that the
// run enrolled to play an enemy with, whose records no real principal answers for.
func New(seen []harness.Seen, keys signing.Keys, testKeys ...string) *History {
	h := &History{opened: map[int]error{}, byID: map[string][]harness.Seen{}, dead: map[position]harness.Seen{}, test: map[string]bool{}, facts: map[string]any{}}
	for _, k := range testKeys {
		h.test[k] = true
	}
	once := map[string]bool{}
	unopened := open(seen, keys)
	for i, s := range seen {
		if s.Event.ID != "" { // also of what cannot be read whole, such as a major that is not known: it may be refused
			h.byID[s.Event.ID] = append(h.byID[s.Event.ID], s)
		}
		if s.Record.Topic == topics.Registry { // the operator's, whom no site answers for; what follows from it is a site's
			continue
		}
		h.all = append(h.all, s)
		if unopened[i] != nil {
			h.opened[s.N] = unopened[i]
			continue
		}
		if again := s.Event.Source + " " + s.Event.ID + " " + s.Digest; !once[again] {
			once[again] = true
			h.honest = append(h.honest, s)
		}
		h.bury(s)
	}
	return h
}

// open verifies records, as many at once as there are processors, and returns for each why it does not open.
func open(seen []harness.Seen, keys signing.Keys) []error {
	errs := make([]error, len(seen))
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(seen); i = int(next.Add(1)) - 1 {
				open := envelope.Open
				if onBorder(seen[i]) {
					open = envelope.OpenBorder
				}
				// by the broker's time: what was valid when it came does not expire by being judged
				_, errs[i] = open(seen[i].Record, keys, seen[i].Time)
			}
		})
	}
	all.Wait()
	return errs
}

func onBorder(s harness.Seen) bool {
	_, ok := topics.InboxOwner(s.Record.Topic)
	return ok
}

// law is one line of the table.
type law struct {
	name, statement string
	judge           func(*History, *Result)
}

func laws() []law {
	return []law{
		{"released only by decision", "A result leaves a site, or reaches a person, only under a decision of that site's airlock on the same bytes, by as many different reviewers as its published policy asks, none of them the requester, each of whom asked for it.", released},
		{"let in only by decision", "Bytes come into a workspace only under a decision of that site's airlock on the same bytes for the same project, of a kind and size that its published policy lets in, by as many different reviewers as it asks, none of them the requester, each of whom asked for it; an output is made only by what its project brought in before.", letIn},
		{"the bytes are those approved", "The parts of a result that crossed a border, put together, have the digest that the decision names.", bytesApproved},
		{"nothing twice", "An output is sealed, approved, published, sent, received and a study completed once; the same source and id never say two things.", nothingTwice},
		{"every effect has a cause", "Every event names the record that caused it, which was seen and is not younger; people's acts and what a site announces of itself, its policy, the operator's list that it begins with, the state of its audit log and, by the clock, which permits still hold, are the roots.", caused},
		{"every refusal has a reason", "Every refusal names what it refuses, a reason code and a sentence, and the refusals of acts, borders and records their audit leaf.", reasoned},
		{"a refused act has no effect", "Nothing but its refusal follows from an act that was refused.", withoutEffect},
		{"all is signed", "Every record opens under the key of the one who may say it there, or was put away as a dead letter.", signed},
		{"only what is listed crosses", "On the federation's broker there are only listed types, from gateways, with listed headers.", border},
		{"facts count without gap", "The facts of a source about a subject are numbered from one, each number once.", counted},
		{"twins say the same", "A fact in two majors is two records of one source, next to each other and each naming the other: what the newer says, in the words of the older.", twins},
		{"an end is an end in time", "From the word that a permit was revoked or has expired, or that a person is suspended, no researcher any more, or removed from the group outside, to its last effect at every site that it concerns it takes no longer than the published policy allows: workspaces closed, access and sessions ended, jobs stopped, nothing sealed, approved, published or sent.", revoked},
		{"every site is named", "A completed study names every site that it asked, once, and is partial exactly when one was silent.", named},
	}
}

// Judge judges all laws.
func (h *History) Judge() []Result {
	var results []Result
	for _, l := range laws() {
		r := Result{Name: l.name, Statement: l.statement, Violations: []string{}}
		l.judge(h, &r)
		results = append(results, r)
	}
	return results
}

// hold counts a record as checked, and notes a violation unless it holds.
func (r *Result) hold(s harness.Seen, holds bool, format string, args ...any) {
	r.Checked++
	r.unless(holds, s, format, args...)
}

func (r *Result) unless(holds bool, s harness.Seen, format string, args ...any) {
	if !holds {
		r.Violations = append(r.Violations, at(s)+": "+fmt.Sprintf(format, args...))
	}
}

func at(s harness.Seen) string {
	place := fmt.Sprintf("%s/%d@%d", s.Record.Topic, s.Partition, s.Offset)
	if s.Err != nil {
		return place
	}
	return fmt.Sprintf("%s %s of %s", place, s.Event.Type, s.Event.Subject)
}

// of lists honest records of a type with their payloads. They are decoded once; the laws are judged one after the other.
func of[T envelope.Payload](h *History) []fact[T] {
	var none T
	if facts, known := h.facts[none.EventType()].([]fact[T]); known {
		return facts
	}
	var facts []fact[T]
	for _, s := range h.honest {
		if p, ok := harness.Payload[T](s); ok {
			facts = append(facts, fact[T]{s, p})
		}
	}
	h.facts[none.EventType()] = facts
	return facts
}

type fact[T any] struct {
	harness.Seen
	is T
}

// before reports whether a came no later than b, as their writers date them.
func before(a, b harness.Seen) bool { return !a.Event.Time.After(b.Event.Time.Add(skew)) }

func distinct(names []string) int {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return len(slices.Compact(sorted))
}
