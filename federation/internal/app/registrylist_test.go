package app

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// admitted is a gateway that begins, at each start, with the list that its folder has then.
type admitted struct {
	*runtest.Bench
	list      registry.Registry
	directory *registry.Directory
	failed    error // why it did not start
}

// Lookup is whom it believes now.
func (a *admitted) Lookup(keyID string) (signing.Key, bool) { return a.directory.Lookup(keyID) }

func admittedAt(t *testing.T, site string, list registry.Registry) *admitted {
	t.Helper()
	a := &admitted{list: list}
	var own signing.Keys
	a.Bench = runtest.New(t, "federation", func(s *run.Service) {
		directory, err := registry.NewDirectory(site, own, nil, a.list)
		if err != nil {
			t.Fatal(err)
		}
		a.directory, a.failed = directory, Register(t.Context(), s, directory)
	}, runtest.Site(site), runtest.Trust(func(keys signing.Keys) signing.Keys { own = keys; return a }))
	if a.failed != nil {
		t.Fatal(a.failed)
	}
	return a
}

// numbered says which entry of its site one is.
func numbered(n uint64) func(*envelope.Draft) { return func(d *envelope.Draft) { d.Sequence = n } }

func TestTheListOfTheOperatorCountsAtOnceAndItsEntriesArePassedOver(t *testing.T) {
	r := runtest.NewFederation(t)
	history := []envelope.Payload{r.Entry(host), r.Entry(data), r.Entry("harbour"), r.Entry("harbour", suspended), r.Entry("harbour", active), r.Entry(data, suspended)}
	a := admittedAt(t, host, r.Registry())
	taken := runtest.Sent[federation.RegistryTaken](a.Bench)
	if len(taken) != 1 || taken[0].Serial != 6 || taken[0].History != r.Registry().History() || !slices.Equal(taken[0].Participants, []string{"harbour", host}) {
		t.Fatalf("taken: %+v", taken)
	}
	if s := runtest.Last[federation.ParticipantSuspended](a.Bench); s.Site != data || s.Serial != 6 {
		t.Fatalf("suspended: %+v", s)
	}
	before := len(a.Outbox())
	for _, entry := range history {
		a.Deliver(topics.OperatorSource, entry)
	}
	for _, e := range a.Outbox()[before:] {
		if e.CausationID != "" { // what the gateway says of its own accord may come at any time
			t.Fatalf("the entries of the list had the consequence %s", e.Type)
		}
	}
	// what is new follows upon the list, in its order
	third, fourth := r.Entry("harbour", suspended), r.Entry("harbour", active)
	a.Deliver(topics.OperatorSource, fourth, numbered(5))
	if n := count[federation.ParticipantJoined](a.Bench); n != 0 {
		t.Fatal("an entry counted before its predecessor")
	}
	a.Deliver(topics.OperatorSource, third, numbered(4))
	if j := runtest.Last[federation.ParticipantJoined](a.Bench); j.Site != "harbour" || j.Serial != 8 || count[federation.BorderRefused](a.Bench) != 0 {
		t.Fatalf("joined %+v, refused %+v", j, runtest.Sent[federation.BorderRefused](a.Bench))
	}
	a.Restart() // the list in the folder is older by now than what is known
	if a.failed != nil || count[federation.RegistryTaken](a.Bench) != 1 {
		t.Fatalf("after a restart: %v, taken %d times", a.failed, count[federation.RegistryTaken](a.Bench))
	}
	if p, _ := a.directory.Participant("harbour"); p.Serial != 8 {
		t.Fatalf("after a restart harbour is known by serial %d", p.Serial)
	}
}

func TestWhatIsNotInTheListIsHeldAgainstIt(t *testing.T) {
	for reason, next := range map[string]func(*federation.ParticipantListed){
		border.RegistryRollback:   func(p *federation.ParticipantListed) { p.Serial = 1 },
		border.RegistryFork:       func(p *federation.ParticipantListed) { p.Serial = 2 },
		border.ParticipantInvalid: func(p *federation.ParticipantListed) { p.Root = slices.Clone(p.Audit) },
	} {
		t.Run(reason, func(t *testing.T) {
			r := runtest.NewFederation(t)
			r.Entry(host)
			r.Entry(data)
			a := admittedAt(t, host, r.Registry())
			wrong := r.Entry(data, suspended).(federation.ParticipantListed)
			next(&wrong)
			a.Deliver(topics.OperatorSource, wrong, numbered(2))
			refusedFor(t, a.Bench, in, reason)
			if p, _ := a.directory.Participant(data); !p.Takes() {
				t.Fatal("an entry that does not follow suspended a site")
			}
		})
	}
	// nor does a list lend belief to what somebody else signed
	r := runtest.NewFederation(t)
	r.Entry(data)
	a := admittedAt(t, host, r.Registry())
	record := a.Sign(topics.OperatorSource, r.Entry(data, suspended), numbered(2))
	for i, h := range record.Headers {
		if h.Key == "ce_keyid" {
			record.Headers[i].Value = []byte(runtest.Key(data, topics.Gateway).ID)
		}
	}
	a.DeliverRecord(record)
	refusedFor(t, a.Bench, in, envelope.CodeKeySourceMismatch)
}

func TestAListThatContradictsWhatIsKnownIsNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		want    error
		another func(r *runtest.Federation, list *registry.Registry)
	}{
		"another history": {registry.ErrFork, func(_ *runtest.Federation, list *registry.Registry) {
			list.Entries[1] = objects.Digest([]byte("another entry"))
		}},
		"another root": {registry.ErrParticipant, func(_ *runtest.Federation, list *registry.Registry) {
			root, private, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			trust, err := signing.NewTrust(data, runtest.Key(data, topics.Gateway))
			if err != nil {
				t.Fatal(err)
			}
			trust.Number(9)
			if list.Participants[0].Keys, err = trust.Seal(private); err != nil {
				t.Fatal(err)
			}
			list.Participants[0].Root = root
		}},
		"keys of before": {registry.ErrRollback, func(r *runtest.Federation, list *registry.Registry) {
			list.Participants[0].Keys = runtest.NewFederation(t).Seal(data, runtest.Key(data, topics.Gateway))
		}},
		"back from where nobody comes back": {registry.ErrLeft, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := runtest.NewFederation(t)
			r.Entry(host)
			r.Seal(data)
			end := active
			if c.another == nil {
				end = left
			}
			r.Entry(data, end)
			a := admittedAt(t, host, r.Registry())
			r.Entry("harbour")
			r.Entry(data, active)
			a.list = r.Registry()
			if c.another != nil {
				c.another(r, &a.list)
			}
			a.Restart()
			if !errors.Is(a.failed, c.want) {
				t.Fatalf("started with %v", a.failed)
			}
			if n := count[federation.RegistryTaken](a.Bench); n != 1 {
				t.Fatalf("taken %d times", n)
			}
			a.View(func(tx *run.Tx) error {
				if _, found, err := listings.Get(tx.Tx, "harbour"); err != nil || found {
					t.Errorf("of a list that contradicts, a part was taken (%v)", err)
				}
				return nil
			})
		})
	}
}

func TestASuspensionThatComesWithANewerListEndsTheWaitingForTheSite(t *testing.T) {
	r := runtest.NewFederation(t)
	for _, site := range runtest.Sites {
		r.Entry(site)
	}
	h := admittedAt(t, host, r.Registry())
	runtest.Await[federation.PolicyPublished](h.Bench, 1)
	f := &two{T: t, host: describing(h.Bench), data: listedAt(t, data), carried: map[string]bool{}}
	for _, site := range runtest.Sites {
		f.data.List(runtest.NewFederation(t), site)
	}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.open()
	f.answer(f.host, result(t, 1))
	r.Entry(data, suspended)
	h.list = r.Registry()
	h.Restart()
	if got := f.publish(); got.Outcome != "PartialResult" || !slices.Equal(outcomes(got), []string{data + " timed-out", host + " returned"}) {
		t.Fatalf("ended as %s: %v", got.Outcome, outcomes(got))
	}
}
