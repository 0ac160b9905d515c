package simulation

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/site"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// names are the sites, the profiles that come with the program.
var names = []string{"molgenis", "denbi", "sensitive-cloud"}

// place is one site.
type place struct {
	name, dir string
	code      string // of the first officer
	node      *node
	machines  []*machine
	portal    *portal
}

// world is the federation.
type world struct {
	t      *testing.T
	net    *network
	hub    *node
	border *portal // repeats what lies on the federation's broker
	places []*place
	tap    tap
	seed   uint64
	chance *chance // of what people do
	fate   *chance // of what breaks, and when

	done        map[string]time.Time // deeds
	checkpoints map[string][]audit.Checkpoint
	agenda      []appointment
	breaks      map[string]int // what broke, by kind
	agreeable   bool           // everybody says yes
	closing     sync.Once
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{t: t, net: &network{chance: newChance(seed, 1)}, seed: seed, chance: newChance(seed, 2), fate: newChance(seed, 3), done: map[string]time.Time{}, breaks: map[string]int{}, checkpoints: map[string][]audit.Checkpoint{}}
	t.Cleanup(w.close)
	dir := t.TempDir()
	options := make([]provision.SiteOptions, len(names))
	for i, name := range names {
		profile, err := sites.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		options[i] = provision.SiteOptions{Profile: profile, Broker: fmt.Sprintf("127.0.0.1:%d", 9001+i), Holdings: holdings(t, dir, name)}
	}
	made, err := provision.Together(dir, provision.FederationOptions{Broker: "127.0.0.1:9000"}, options)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := provision.BrokerConfig(filepath.Join(dir, provision.FederationDir))
	w.hub = newNode(t, w.net, cfg, err)
	out, err := bus.NewPublisher(plain(bus.Config{Brokers: []string{w.hub.addr()}}, w.net.line()))
	if err != nil {
		t.Fatal(err)
	}
	w.border = &portal{t: t, site: "federation", out: out}
	var inboxes []string
	for _, name := range names {
		inboxes = append(inboxes, topics.Inbox(name))
	}
	w.tap.follow(t, w.net, w.hub, inboxes)
	for _, s := range made {
		p := &place{name: s.Name, dir: filepath.Join(dir, s.Name), code: s.Code}
		cfg, err := setup.SiteBroker(p.dir)
		p.node = newNode(t, w.net, cfg, err)
		w.tap.follow(t, w.net, p.node, topics.ForSite(s.Name))
		for _, part := range site.Parts() {
			m := &machine{t: t, net: w.net, part: part, siteDir: p.dir, disk: filepath.Join(p.dir, part.Principal), own: p.node, between: w.hub, cuts: map[string]bool{}, log: logTo(t)}
			p.machines = append(p.machines, m)
			m.start()
		}
		p.portal = newPortal(t, w.net, p, w.hub)
		w.places = append(w.places, p)
	}
	return w
}

func (p *place) machine(principal string) *machine {
	for _, m := range p.machines {
		if m.part.Principal == principal {
			return m
		}
	}
	return nil
}

// portalAt is a portal whose broker has a topic; one of the federation's is written by a line to its broker.
func (w *world) portalAt(topic string) *portal {
	for _, p := range w.places {
		if strings.HasPrefix(topic, p.name+".") {
			return p.portal
		}
	}
	return w.border
}

func logTo(t *testing.T) *slog.Logger {
	if os.Getenv("FAIRWAY_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(io.Writer(t.Output()), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// close ends everything in good order. It may be called more than once.
func (w *world) close() { w.closing.Do(w.closeAll) }

func (w *world) closeAll() {
	w.mend()
	for _, p := range w.places {
		for _, m := range p.machines {
			m.stop()
		}
		if err := p.portal.out.Close(); err != nil {
			w.t.Error(err)
		}
	}
	if err := w.border.out.Close(); err != nil {
		w.t.Error(err)
	}
	w.tap.close()
	for _, p := range w.places {
		p.node.stop()
	}
	w.hub.stop()
}

// holdings writes a small data set of a site: everybody's time, event and group.
func holdings(t *testing.T, dir, name string) []byte {
	t.Helper()
	file := filepath.Join(dir, name+".csv")
	c := newChance(7, uint64(len(name)))
	text := "days,ended,treatment\n"
	for range 200 {
		text += fmt.Sprintf("%d,%d,%d\n", 1+c.below(20)*50, c.below(2), c.below(2))
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, "datasets:\n  cohort:\n    file: %q\n", file)
}

// summary tells what a run was made of.
func (w *world) summary() string {
	count := map[string]int{}
	for _, s := range w.tap.records() {
		count[s.event.Type]++
	}
	return fmt.Sprintf("%d records, events %v, faults %v", len(w.tap.records()), count, w.breaks)
}
