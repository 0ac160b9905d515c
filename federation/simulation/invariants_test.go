package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

// invariant is a law over a history at rest; it returns what breaks it.
type invariant struct {
	name, law string
	judge     func(history) []string
}

var invariants = []invariant{
	{"I1", "no result leaves a site that its airlock has not approved, by as many people as the site asks for, none of them its author", approvedOnly},
	{"I2", "what leaves is on the list of what may; results are aggregates, tell of no fewer people than the site allows, and say what the rows of those who answered say", aggregatesOnly},
	{"I3", "every approved output is released exactly once, or refused with a reason", releasedOnce},
	{"I4", "no event is lost: what was committed is on its topic, and with everybody who reads it", nothingLost},
	{"I5", "effects are exactly once: nobody applies the same event twice, and the same id never says two things", appliedOnce},
	{"I6", "the events about one subject are sent and applied in their order, without a gap", inOrder},
	{"I7", "releases, permits, studies and inquiries go through their states as the table has them, and end once", lawfulLives},
	{"I8", "once a gateway knows that a permit was revoked, no result under it leaves; nor is a site believed that is suspended", nothingAfterRevocation},
	{"I9", "the audit log is whole: every change has its leaf, every leaf its events, and no leaf ever changes", audited},
	{"I10", "what is refused has no effect but its refusal, nothing honest is refused for its form, and nobody is told what they do not read", refusedWithoutEffect},
	{"I11", "at rest nothing waits, and in the end every study is over", live},
	{"I12", "nothing that anybody reads tells of a row of data", noRowTold},
	{"I13", "at rest as much is at work as when the federation had settled", bounded},
	{"I14", "where nothing is broken, a permit ends at every site within the bound of the site that granted it; nothing is computed or released under one of a holder without a workspace after it, whatever is broken", endsInTime},
}

type breaches []string

func (b *breaches) unless(holds bool, format string, args ...any) {
	if !holds {
		*b = append(*b, fmt.Sprintf(format, args...))
	}
}

func siteOf(s seen) string {
	site, _, _ := topics.ParseSource(s.event.Source)
	return site
}

func releasedOnce(h history) []string {
	var b breaches
	published, received, refused := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, p := range facts[airlock.ReleasePublished](h.records) {
		published[p.is.ReleaseID]++
	}
	for _, r := range facts[federation.ResultReceived](h.records) {
		received[r.is.JobID]++
	}
	for _, r := range facts[federation.BorderRefused](h.records) {
		refused[r.is.CauseID] = true
	}
	for _, p := range facts[federation.ResultPart](h.records) {
		if refused[p.event.ID] {
			refused[p.is.ReleaseID] = true
		}
	}
	approvals := map[string]int{}
	for _, a := range facts[airlock.ReleaseApproved](h.records) {
		approvals[a.is.OutputID]++
		b.unless(approvals[a.is.OutputID] == 1, "output %s was approved %d times", a.is.OutputID, approvals[a.is.OutputID])
		if a.is.Destination.Kind == "researcher" {
			b.unless(published[a.is.ReleaseID] == 1, "release %s was published %d times", a.is.ReleaseID, published[a.is.ReleaseID])
			continue
		}
		n, no := received[a.is.JobID], refused[a.event.ID] || refused[a.is.ReleaseID]
		b.unless(n <= 1, "the result of job %s was received %d times", a.is.JobID, n)
		b.unless(n == 1 || no || !h.final, "the approved result of job %s (release %s) neither came to %s nor was refused", a.is.JobID, a.is.ReleaseID, a.is.Destination.Site)
	}
	return b
}

// keptMarks is how long a service remembers for certain that it took in an event of its own site.
const keptMarks = 36 * 24 * time.Hour

func nothingLost(h history) []string {
	var b breaches
	there, concerned := map[string]bool{}, concerns(h)
	for _, s := range h.records {
		if s.err == nil {
			there[s.event.ID] = true
		}
	}
	for _, j := range h.journals {
		for _, l := range j.leaves {
			for _, id := range l.Effects {
				b.unless(there[id] || len(j.outbox) > 0, "%s committed event %s (leaf %d, from %s) and it is on no topic", j.source, id, l.Index, l.Type)
			}
		}
		site, principal, _ := topics.ParseSource(j.source)
		for _, s := range h.records {
			if !readBy(s, site, principal) || !concerned[concern{principal, s.event.Type}] || h.at.Sub(s.event.Time) > keptMarks {
				continue
			}
			// of a fact that was said in two majors, one is taken in
			twin := s.event.Twin.ID != "" && j.inbox[s.event.Source+" "+s.event.Twin.ID]
			b.unless(j.inbox[s.event.Source+" "+s.event.ID] || twin || j.lists(s) || j.kept[placeOf(s.Topic, s.partition, s.offset)],
				"%s never took in %s %s of %s", j.source, s.event.Type, s.event.ID, s.event.Source)
		}
	}
	return b
}

// lists reports that a record is an entry of the registry that this gateway knows, or a newer one of the same site: with
// the operator's list it took many at once.
func (j journal) lists(s seen) bool {
	p, err := envelope.Decode[federation.ParticipantListed](s.event)
	return err == nil && s.Topic == topics.Registry && j.listed[p.Site] >= p.Serial
}

// concern is what a kind of service does something about.
type concern struct{ principal, eventType string }

// concerns are those that any service of the kind took in: then all of the kind have to take in all of them. What a
// contract lets a service read and it has no use for is passed over unmarked.
func concerns(h history) map[concern]bool {
	found := map[concern]bool{}
	for _, j := range h.journals {
		_, principal, _ := topics.ParseSource(j.source)
		for _, s := range h.records {
			if s.err == nil && j.inbox[s.event.Source+" "+s.event.ID] {
				found[concern{principal, s.event.Type}] = true
			}
		}
	}
	return found
}

// readBy reports whether a service of a site has to take in a record.
func readBy(s seen, site, principal string) bool {
	if s.err != nil {
		return false
	}
	if owner, ok := topics.InboxOwner(s.Topic); ok {
		return owner == site && principal == topics.Gateway
	}
	c, ok := topics.Lookup(s.event.Type)
	return ok && s.Topic == c.At(site) && c.ReadBy(principal)
}

func appliedOnce(h history) []string {
	var b breaches
	for _, j := range h.journals {
		times := map[string]int{}
		for _, l := range j.leaves {
			if l.Type == "" || l.Digest == "" || strings.HasPrefix(l.Type, "timer ") {
				continue // of a worker, of one of the things that do not cross, or of a timer: their cause has its own leaf
			}
			what := l.Action + " " + l.Type + " " + l.Cause
			times[what]++
			b.unless(times[what] == 1, "%s %s, %d times", j.source, what, times[what])
		}
	}
	said := map[string]string{}
	for _, s := range h.records {
		if s.err != nil {
			continue
		}
		name := s.Topic + " " + s.event.Source + " " + s.event.ID
		b.unless(said[name] == "" || said[name] == digestOf(s), "%s says two things", name)
		said[name] = digestOf(s)
	}
	return b
}

// chain names the events about a subject that are numbered together.
func chain(s seen) string { return s.Topic + " " + s.event.Source + " " + s.event.Subject }

func inOrder(h history) []string {
	var b breaches
	numbers, byID := map[string][]uint64{}, map[string]seen{}
	for _, s := range h.records {
		if s.err != nil {
			continue
		}
		if _, again := byID[s.event.ID]; again {
			continue
		}
		byID[s.event.ID] = s
		numbers[chain(s)] = append(numbers[chain(s)], s.event.Sequence)
	}
	for c, all := range numbers {
		sorted := slices.Sorted(slices.Values(all))
		for i, n := range sorted {
			if n != uint64(i+1) {
				b.unless(false, "%s: numbers %v", c, all)
				break
			}
		}
		// the test itself lets acts of people overtake each other
		b.unless(strings.Contains(c, "/"+topics.Portal+" ") || slices.IsSorted(all), "%s: sent in the order %v", c, all)
	}
	for _, j := range h.journals {
		last := map[string]uint64{}
		for _, l := range j.leaves {
			s, ok := byID[l.Cause]
			if !ok || s.event.Type != l.Type || l.Action != "applied" {
				continue
			}
			b.unless(s.event.Sequence > last[chain(s)], "%s applied number %d of %s after number %d", j.source, s.event.Sequence, chain(s), last[chain(s)])
			last[chain(s)] = s.event.Sequence
		}
	}
	return b
}

func nothingAfterRevocation(h history) []string {
	var b breaches
	permitOf, parts := map[string]string{}, map[string]string{} // release to permit, event to permit
	for _, a := range facts[airlock.ReleaseApproved](h.records) {
		permitOf[a.is.ReleaseID] = a.is.PermitID
	}
	for _, p := range facts[federation.ResultPart](h.records) {
		parts[p.event.ID] = permitOf[p.is.ReleaseID]
	}
	revocation := map[string]string{}
	for _, r := range facts[approval.PermitRevoked](h.records) {
		revocation[r.event.ID] = r.is.PermitID
	}
	listed, speaker := map[string]federation.ParticipantListed{}, map[string]string{}
	for _, p := range facts[federation.ParticipantListed](h.records) {
		listed[p.event.ID] = p.is
	}
	for _, s := range border(h.records) {
		if s.err == nil {
			speaker[s.event.ID] = siteOf(s)
		}
	}
	for _, j := range h.journals {
		over, suspended := map[string]int64{}, map[string]bool{}
		for _, l := range j.leaves {
			if permit := revocation[l.Cause]; permit != "" && l.Type == approval.TypePermitRevoked {
				over[permit] = l.Index
			}
			if p, ok := listed[l.Cause]; ok && l.Action == "applied" {
				suspended[p.Site] = p.Status == registry.Suspended
			}
			if from := speaker[l.Cause]; l.Action == "applied" && suspended[from] {
				b.unless(false, "%s applied %s %s of %s, and knew that the site is suspended", j.source, l.Type, l.Cause, from)
			}
			for _, id := range l.Effects {
				since, known := over[parts[id]]
				b.unless(!known, "%s let part %s leave at leaf %d, and knew since leaf %d that its permit was revoked", j.source, id, l.Index, since)
			}
		}
	}
	return b
}

func audited(h history) []string {
	var b breaches
	leafOf := map[string]map[string]int64{}
	for _, j := range h.journals {
		leafOf[j.source] = map[string]int64{}
		for _, l := range j.leaves {
			for _, id := range l.Effects {
				at, twice := leafOf[j.source][id]
				b.unless(!twice, "%s: event %s has leaves %d and %d", j.source, id, at, l.Index)
				leafOf[j.source][id] = l.Index
			}
		}
		a := audit.NewAuditor(h.before[j.source]...)
		for _, l := range j.log {
			a.Leaf(l)
		}
		if r := a.Report(); !r.Clean() {
			b = append(b, j.source+": "+strings.ReplaceAll(r.String(), "\n", "; "))
		}
	}
	for _, s := range h.records {
		if s.err != nil {
			continue
		}
		if of, ok := leafOf[s.event.Source]; ok {
			_, there := of[s.event.ID]
			b.unless(there, "%s said %s %s and audited nothing", s.event.Source, s.event.Type, s.event.ID)
		}
	}
	return b
}

// forForm are the reasons for which no honest record may be refused, however it was delayed, repeated or overtaken.
var forForm = []string{"sequence-stale", "sequence-gap", "id-conflict", "handler-panic", "consequence-invalid", "too-many-waiting",
	"malformed", "schema", "signature", "key-unknown"}

func refusedWithoutEffect(h history) []string {
	var b breaches
	kind, places := map[string]string{}, map[string]string{}
	follows := map[string][]seen{}
	for _, s := range h.records {
		if s.err != nil {
			continue
		}
		kind[s.event.ID] = s.event.Type
		if strings.HasSuffix(s.event.Type, ".record.dead-lettered.v1") {
			places[s.event.ID] = placeOfDead(s)
		}
		if h.poison[places[s.event.ID]] {
			continue // it may have the id of an honest one
		}
		cause := s.event.Source + " " + s.event.CausationID
		if !slices.ContainsFunc(follows[cause], func(f seen) bool { return f.event.ID == s.event.ID }) {
			follows[cause] = append(follows[cause], s)
		}
	}
	for _, j := range h.journals {
		for _, l := range j.leaves {
			if l.Action != "refused" && l.Action != "dead-lettered" || slices.ContainsFunc(l.Effects, func(id string) bool { return h.poison[places[id]] }) {
				continue
			}
			b.unless(!slices.Contains(forForm, l.Reason), "%s refused %s %s for %s", j.source, l.Type, l.Cause, l.Reason)
			b.unless(l.Reason != "", "%s refused %s %s without a reason", j.source, l.Type, l.Cause)
			for _, id := range l.Effects {
				b.unless(refusalType(kind[id]) || kind[id] == "", "%s refused %s %s, and said %s", j.source, l.Type, l.Cause, kind[id])
			}
			if c, ok := topics.Lookup(l.Type); !ok || c.Kind != topics.KindAct || l.Digest == "" {
				continue // no act, or one that was taken and of which something does not cross
			}
			answers := follows[j.source+" "+l.Cause]
			b.unless(len(answers) == 1, "%s answered the refused act %s %d times", j.source, l.Cause, len(answers))
			for _, a := range answers {
				b.unless(refusalType(a.event.Type), "%s refused the act %s, from which %s follows", j.source, l.Cause, a.event.Type)
			}
		}
	}
	return append(b, saidAsRead(h)...)
}

// placeOfDead is where the record lies that was put away: all services say it alike.
func placeOfDead(s seen) string {
	var said workspace.RecordDeadLettered
	if err := json.Unmarshal(s.event.Data, &said); err != nil {
		return ""
	}
	return placeOf(said.Topic, int(said.Partition), said.Offset)
}

func refusalType(t string) bool {
	return strings.HasSuffix(t, ".act.refused.v1") || strings.HasSuffix(t, ".record.dead-lettered.v1") || t == federation.TypeBorderRefused
}

func live(h history) []string {
	var b breaches
	for _, j := range h.journals {
		b.unless(len(j.outbox) == 0, "%s has %d events to send", j.source, len(j.outbox))
		b.unless(len(j.waiting) == 0, "%s has events that wait: %v", j.source, j.waiting)
	}
	ended := map[string]int{}
	for _, c := range facts[federation.StudyCompleted](h.records) {
		ended[c.is.StudyID]++
	}
	for _, o := range facts[federation.StudyOpened](h.records) {
		b.unless(ended[o.is.StudyID] <= 1, "study %s ended %d times", o.is.StudyID, ended[o.is.StudyID])
		b.unless(ended[o.is.StudyID] == 1 || !h.final, "study %s of %s never ended", o.is.StudyID, siteOf(o.seen))
	}
	return b
}

// judge holds a history against all laws, and returns the breaches by name of the law.
func judge(h history) map[string][]string {
	found := map[string][]string{}
	for _, i := range invariants {
		if b := i.judge(h); len(b) > 0 {
			found[i.name] = b
		}
	}
	return found
}

// tell writes breaches, few of each.
func tell(found map[string][]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(found)) {
		i := invariants[slices.IndexFunc(invariants, func(i invariant) bool { return i.name == name })]
		fmt.Fprintf(&text, "%s, %s: %d breaches\n", name, i.law, len(found[name]))
		for _, b := range found[name][:min(5, len(found[name]))] {
			fmt.Fprintf(&text, "\t%s\n", b)
		}
	}
	return text.String()
}
