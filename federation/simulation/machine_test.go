package simulation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/fairway-tre/fairway/federation/site"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// calm is how long idle connections are silent; see bus.Config.Calm.
const calm = 12 * time.Hour

// node is one broker, which keeps its data over restarts.
type node struct {
	t      *testing.T
	cfg    broker.Config
	broker *broker.Broker
	inside *kfake.Cluster
	lives  int
}

func newNode(t *testing.T, n *network, cfg broker.Config, err error) *node {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	// plain text and no users: see the package's comment
	cfg.TLS, cfg.Superuser, cfg.SuperPassword, cfg.Users = nil, "", "", nil
	cfg.Listen, cfg.MaxSession = n.virtual.Listen, 4*calm
	b := &node{t: t, cfg: cfg}
	b.cfg.Cluster = func(c *kfake.Cluster) { b.inside = c }
	b.start()
	return b
}

func (b *node) addr() string { return fmt.Sprintf("127.0.0.1:%d", b.cfg.Port) }

func (b *node) start() {
	b.t.Helper()
	var err error
	if b.broker, err = broker.Start(b.cfg); err != nil {
		b.t.Fatal(err)
	}
}

func (b *node) stop() {
	b.t.Helper()
	if b.broker == nil {
		return
	}
	if err := b.broker.Close(); err != nil {
		b.t.Error(err)
	}
	b.broker = nil
}

// crash ends the broker at once: its next life finds the files as they lie at this moment.
func (b *node) crash() {
	b.t.Helper()
	synctest.Wait()
	b.lives++
	dir := fmt.Sprintf("%s-%d", b.cfg.Dir, b.lives)
	if err := os.CopyFS(dir, os.DirFS(b.cfg.Dir)); err != nil {
		b.t.Fatal(err)
	}
	b.stop()
	b.cfg.Dir = dir
}

// machine is one service of a site with its disk and its line.
type machine struct {
	t       *testing.T
	net     *network
	part    site.Part
	siteDir string
	own     *node // the site's broker
	between *node // the federation's
	log     *slog.Logger

	disk   string // where its database lies
	lives  int
	clock  *wrong
	cuts   map[string]bool // brokers that it does not reach, over restarts
	line   *line
	points *failpoint.Set
	cancel context.CancelFunc
	ended  chan error // nil while it is down
}

func (m *machine) down() bool { return m.ended == nil }

func (m *machine) cut(addr string) {
	m.cuts[addr] = true
	m.line.cut(addr)
}

func (m *machine) heal(addr string) {
	delete(m.cuts, addr)
	m.line.heal(addr)
}

func (m *machine) start() {
	m.t.Helper()
	if !m.down() {
		return
	}
	env, err := setup.Load(context.Background(), m.siteDir, m.part.Principal, setup.Options{Broker: m.own.addr(), Federation: m.between.addr(), Log: m.log, Clock: m.clock})
	if err != nil {
		m.t.Fatal(err)
	}
	m.line, m.points = m.net.line(), &failpoint.Set{}
	for addr := range m.cuts {
		m.line.cut(addr)
	}
	env.Dir, env.Failpoints, env.Announce, env.Clock = m.disk, m.points, nil, m.clock
	env.Replay = "" // a folder that is looked at every second of the month
	env.Bus = m.bus(env.Bus)
	for name, l := range env.Links {
		env.Links[name] = run.Link{Bus: m.bus(l.Bus), Signer: l.Signer}
	}
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(context.Background())
	m.ended = make(chan error, 1)
	ended := m.ended
	go func() {
		err := m.part.Start(ctx, env)
		ended <- errors.Join(err, env.Objects.Close())
	}()
}

func (m *machine) bus(c bus.Config) bus.Config { return plain(c, m.line) }

// plain is a connection over a line, without TLS and password.
func plain(c bus.Config, l *line) bus.Config {
	c.TLS, c.Username, c.Password, c.Dial, c.Calm, c.Timeout = nil, "", "", l.Dial, calm, calm
	return c
}

// stop ends the service in good order.
func (m *machine) stop() {
	m.t.Helper()
	if m.down() {
		return
	}
	m.cancel()
	m.line.leave()
	m.end(true)
}

// crash takes the power: the disk stays as it lies at this moment, whatever the service was doing, and nothing that the
// service still does reaches anybody.
func (m *machine) crash() {
	m.t.Helper()
	synctest.Wait() // nothing moves until this goroutine lets it: the disk is copied as it lies
	m.lives++
	disk := filepath.Join(filepath.Dir(m.disk), fmt.Sprintf("%s-%d", m.part.Principal, m.lives))
	copyDisk(m.t, filepath.Join(m.disk, setup.StateDir), filepath.Join(disk, setup.StateDir))
	m.line.kill()
	m.disk = disk
	m.cancel()
	m.end(false)
}

func (m *machine) end(orderly bool) {
	m.t.Helper()
	for _, name := range m.points.Names() {
		m.points.Release(name)
	}
	err := <-m.ended
	m.ended = nil
	m.line.kill()
	if orderly && err != nil && !errors.Is(err, context.Canceled) {
		m.t.Errorf("%s at %s ended: %v", m.part.Principal, m.siteDir, err)
	}
}

// copyDisk copies what a power cut leaves of a service's folder: what was written, not what is in memory.
func copyDisk(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case strings.HasSuffix(name, "-shm"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
