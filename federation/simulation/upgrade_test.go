package simulation

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	crossing "github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// upgradeSite lets a site be of the release before for a while: it tells the registry that it reads the first minors, so
// that it is told nothing that is newer. Then its services are replaced, one after the other and the gateway last, and it
// says that it reads all that there is.
func (w *world) upgradeSite() {
	p := pick(w.fate, w.places)
	if w.hub.broker == nil || w.outdated[p.name] {
		return
	}
	w.outdated[p.name] = true
	w.reads(p, firstMinors())
	w.later(w.fate.between(time.Hour, 4*24*time.Hour), func() { w.roll(p, 0) })
}

// roll replaces the n-th service of a site, and those after it.
func (w *world) roll(p *place, n int) {
	if n == len(p.machines) {
		w.reads(p, crossing.Readings())
		w.outdated[p.name] = false
		return
	}
	m := p.machines[n]
	m.stop()
	w.later(time.Minute, func() {
		m.start()
		w.later(10*time.Minute, func() { w.roll(p, n+1) })
	})
}

// firstMinors are what a program reads that knows the first minor of each contract alone.
func firstMinors() []registry.Reading {
	all := crossing.Readings()
	for i, r := range all {
		c, _ := topics.Lookup(r.Type)
		all[i].Version = c.Versions[0]
	}
	return all
}

// reads lets a site say to the operator what it reads, as its program does when its profile or keys change.
func (w *world) reads(p *place, readings []registry.Reading) {
	w.t.Helper()
	var file struct {
		Participant jsontext.Value `json:"participant"`
		Signature   []byte         `json:"signature"`
	}
	var said registry.Participant
	text, err := os.ReadFile(filepath.Join(p.dir, setup.JoinFile))
	must(w, err)
	must(w, json.Unmarshal(text, &file))
	must(w, json.Unmarshal(file.Participant, &said))
	root, err := setup.ReadPrivateKey(p.dir, setup.RootDir, "site.key")
	must(w, err)
	said.Reads = readings
	file.Participant, err = json.Marshal(said, json.Deterministic(true))
	must(w, err)
	file.Signature = ed25519.Sign(root, append([]byte("fairway join v1\n"), file.Participant...))
	text, err = json.Marshal(file)
	must(w, err)
	must(w, os.WriteFile(filepath.Join(p.dir, setup.JoinFile), text, 0o600))
	_, err = provision.Admit(w.federation(), text, "")
	must(w, err)
	w.rotating[p.name] = false // the join file has the new keys too
	w.publishRegistry()
}

func must(w *world, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// saidAsRead holds that each gateway says to others what they read, as far as it knew when it said it.
func saidAsRead(h history) (b breaches) {
	listed, said := map[string]federation.ParticipantListed{}, map[string]seen{}
	for _, p := range facts[federation.ParticipantListed](h.records) {
		listed[p.event.ID] = p.is
	}
	for _, s := range border(h.records) {
		if s.err == nil {
			said[s.event.ID] = s
		}
	}
	for _, j := range h.journals {
		known := map[string]federation.ParticipantListed{}
		for _, l := range j.leaves {
			if p, ok := listed[l.Cause]; ok && l.Action == "applied" {
				known[p.Site] = p
			}
			for _, id := range l.Effects {
				s, crossed := said[id]
				receiver, _ := topics.InboxOwner(s.Topic)
				if to, told := known[receiver]; crossed && told {
					b.unless(readsAs(to, s.event.Type, versionOf(s)), "%s says %s in version %s to %s, which reads no such", j.source, s.event.Type, versionOf(s), receiver)
				}
			}
		}
	}
	return b
}

// readsAs reports whether a participant reads a version of a type, or one that is newer.
func readsAs(p federation.ParticipantListed, eventType, version string) bool {
	c, _ := topics.Lookup(eventType)
	for _, r := range p.Reads {
		if r.Type == eventType {
			return slices.Index(c.Versions, version) <= slices.Index(c.Versions, r.Version)
		}
	}
	return len(p.Reads) == 0 && version == c.Versions[0]
}
