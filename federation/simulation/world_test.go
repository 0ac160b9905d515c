package simulation

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
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

// three are the sites of a short run. All sites are profiles that come with the program.
var three = []string{"molgenis", "denbi", "sensitive-cloud"}

// twelve are all profiles that are modelled on an environment; the other two are models of rules.
func twelve() []string {
	return slices.DeleteFunc(sites.Names(), func(name string) bool { return name == "azuretre" || name == "opensafely" })
}

// setting is what a world is made of.
type setting struct {
	seed    uint64
	sites   []string
	profile func(site string) ([]byte, error) // nil: the one that comes with the program
	quiet   bool                              // nobody reads along
}

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
	dir    string
	places []*place
	tap    tap
	logs   *logs
	seed   uint64
	chance *chance // of what people do
	fate   *chance // of what breaks, and when

	done        map[string]time.Time // deeds
	checkpoints map[string][]audit.Checkpoint
	agenda      []appointment
	troubles    []trouble         // times in which something was broken
	breaks      map[string]int    // what broke, by kind
	routines    int               // how many goroutines there are once all have settled
	agreeable   bool              // everybody says yes
	published   int               // entries of the registry
	suspended   map[string]bool   // sites
	rotating    map[string]bool   // sites whose new keys are not listed yet
	outdated    map[string]bool   // sites of the release before
	poisoned    map[string]bool   // digests of what nobody honest said
	people      map[string][]row  // the data of each site
	answers     map[string]output // what workspaces sealed, by digest
	judged      map[string]int    // results that were computed anew, by what they are
	closing     sync.Once
}

func newWorld(t *testing.T, of setting) *world {
	t.Helper()
	install()
	w := &world{t: t, dir: t.TempDir(), logs: &logs{}, net: &network{chance: newChance(of.seed, 1)}, seed: of.seed, chance: newChance(of.seed, 2), fate: newChance(of.seed, 3),
		done: map[string]time.Time{}, suspended: map[string]bool{}, rotating: map[string]bool{}, outdated: map[string]bool{}, poisoned: map[string]bool{}, breaks: map[string]int{}, checkpoints: map[string][]audit.Checkpoint{},
		people: map[string][]row{}, answers: map[string]output{}, judged: map[string]int{}}
	t.Cleanup(w.close)
	made := w.found(of)
	cfg, err := provision.BrokerConfig(w.federation())
	w.hub = newNode(t, w.net, cfg, err)
	out, err := bus.NewPublisher(plain(bus.Config{Brokers: []string{w.hub.addr()}}, w.net.line()))
	if err != nil {
		t.Fatal(err)
	}
	w.border = &portal{t: t, site: "federation", out: out}
	w.publishRegistry()
	for _, s := range made {
		p := &place{name: s.Name, dir: filepath.Join(w.dir, s.Name), code: s.Code}
		cfg, err := setup.SiteBroker(p.dir)
		p.node = newNode(t, w.net, cfg, err)
		for _, part := range site.Parts() {
			m := &machine{t: t, net: w.net, part: part, siteDir: p.dir, disk: filepath.Join(p.dir, part.Principal), own: p.node, between: w.hub, cuts: map[string]bool{}, clock: &wrong{}, log: w.logs.of(t)}
			p.machines = append(p.machines, m)
			m.start()
		}
		p.portal = newPortal(t, w.net, p, w.hub)
		w.places = append(w.places, p)
	}
	if !of.quiet {
		w.listen()
	}
	return w
}

// found makes the folders of the federation and its sites, as operator and sites do.
func (w *world) found(of setting) []provision.Site {
	w.t.Helper()
	if of.profile == nil {
		of.profile = witnessed
	}
	var options []provision.SiteOptions
	for i, name := range of.sites {
		profile, err := of.profile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		options = append(options, provision.SiteOptions{Profile: profile, Broker: fmt.Sprintf("127.0.0.1:%d", 9001+i), Holdings: w.holdings(name, uint64(i))})
	}
	made, err := provision.Together(w.dir, provision.FederationOptions{Broker: "127.0.0.1:9000"}, options)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// witnessed is the profile of a site whose gateway shows its audit log to the others. One without a workspace has a day for
// the end of a permit: it affirms its permits three times in that time, which in a month of minutes is most of what is said.
func witnessed(site string) ([]byte, error) {
	text, err := sites.Lookup(site)
	if bytes.Contains(text, []byte("workspace: none")) {
		text = bytes.Replace(text, []byte("permit:\n"), []byte("permit:\n  revokeWithin: 24h\n"), 1)
	}
	return append(text, "audit: {witnessed: 72h}\n"...), err
}

// federation is the operator's folder.
func (w *world) federation() string { return filepath.Join(w.dir, provision.FederationDir) }

// listen reads along on all brokers.
func (w *world) listen() {
	w.t.Helper()
	between := []string{topics.Registry}
	for _, p := range w.places {
		between = append(between, topics.Inbox(p.name))
		w.tap.follow(w.t, w.net, p.node, topics.ForSite(p.name))
	}
	w.tap.follow(w.t, w.net, w.hub, between)
}

// names are the sites.
func (w *world) names() (names []string) {
	for _, p := range w.places {
		names = append(names, p.name)
	}
	return names
}

func (w *world) place(site string) *place {
	return w.places[slices.IndexFunc(w.places, func(p *place) bool { return p.name == site })]
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

// summary tells what a run was made of.
func (w *world) summary() string {
	count := map[string]int{}
	for _, s := range w.tap.records() {
		count[s.event.Type]++
	}
	return fmt.Sprintf("%d sites, %d records, events %v, faults %v, judged %v", len(w.places), len(w.tap.records()), count, w.breaks, w.judged)
}
