package setup

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Names of links and settings in a run.Env.
const (
	LinkPortal     = "portal"     // identity: the site's broker and key of the portal
	LinkFederation = "federation" // gateway: the federation's broker as this site's gateway

	SettingHoldings  = "holdings"         // workspace: path of holdings.yaml
	SettingEnrolment = "enrolment-digest" // identity: sha256: of the first officer's one-time code
	// identity: addresses of Kratos (URL) and Keto (host:port), empty for the engines in its own process
	SettingKratosPublic = "kratos-public"
	SettingKratosAdmin  = "kratos-admin"
	SettingKetoRead     = "keto-read"
	SettingKetoWrite    = "keto-write"

	SettingSiteDir = "site-dir" // gateway: folder from which Registry reads, with ReadFile
)

// Options are what the folder does not say.
type Options struct {
	Clock clock.Clock  // nil is the machine's
	Log   *slog.Logger // nil drops everything

	AllowTestKeys   bool
	AllowFailpoints bool

	Tracer      trace.Tracer // nil makes no spans
	MinDiskFree int64        // bytes; 0 is leastFree

	Broker     string // host:port instead of the one announced in run/ or written in site.yaml
	Federation string // the same for the federation's broker
	HTTP       string // listen address; empty: no listener
	Dial       func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Load reads a site's folder for one principal. The failpoint folder is watched until ctx ends. The caller closes
// Objects. Errors: ErrNotSite, ErrDamaged, ErrLayout, ErrFull, ErrMissing, ErrPermissions, ErrProfile, ErrKey, ErrDatabase, ErrNotJoined,
// ErrAddress.
func Load(ctx context.Context, siteDir, principal string, o Options) (_ run.Env, err error) {
	l := loading{dir: siteDir, principal: principal, o: o.withDefaults()}
	if !slices.Contains(Services(), principal) {
		return run.Env{}, fmt.Errorf("load site %s: %q is no service: expected one of %s", siteDir, principal, strings.Join(Services(), ", "))
	}
	if l.site, err = ReadFile(siteDir); err != nil {
		return run.Env{}, err
	}
	if err := room(siteDir); err != nil {
		return run.Env{}, err
	}
	env := run.Env{Site: l.site.Site, Dir: filepath.Join(siteDir, principal), Clock: l.o.Clock, Log: l.o.Log, HTTP: o.HTTP,
		Tracer: o.Tracer, MinDiskFree: cmp.Or(o.MinDiskFree, leastFree), Replay: filepath.Join(siteDir, principal, ReplayDir),
		TestKeys: o.AllowTestKeys, Links: map[string]run.Link{}, Settings: l.settings()}
	env.Announce = func(addr string) error { return Announce(siteDir, principal, addr) }
	if env.Profile, err = l.profile(); err != nil {
		return run.Env{}, err
	}
	trust, err := Trust(siteDir, l.site)
	if err != nil {
		return run.Env{}, err
	}
	own := newOwnKeys(siteDir, l.site, trust, l.o)
	if env.Database, err = Database(siteDir, l.site, principal); err != nil {
		return run.Env{}, err
	}
	if env.Audit, err = AuditKey(siteDir, l.site.Site, principal); err != nil {
		return run.Env{}, err
	}
	if err := l.connect(&env, own); err != nil {
		return run.Env{}, err
	}
	l.believe(&env, own)
	if o.AllowFailpoints {
		env.Failpoints = &failpoint.Set{}
		warn := func(err error) { l.o.Log.Warn("failpoint folder", "err", err) }
		if err := env.Failpoints.Watch(ctx, filepath.Join(siteDir, FailpointsDir), l.o.Clock, warn); err != nil {
			return run.Env{}, err
		}
	}
	env.Objects, err = objects.Open(filepath.Join(siteDir, ObjectsDir), principal)
	return env, err
}

// loading is one call of Load.
type loading struct {
	dir, principal string
	site           File
	o              Options
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (l loading) settings() map[string]string {
	switch l.principal {
	case topics.Workspace:
		return map[string]string{SettingHoldings: filepath.Join(l.dir, HoldingsFile)}
	case topics.Identity:
		return identitySettings(l.site)
	case topics.Gateway:
		return map[string]string{SettingSiteDir: l.dir}
	}
	return map[string]string{}
}

func identitySettings(site File) map[string]string {
	settings := map[string]string{SettingEnrolment: site.EnrolmentDigest}
	if e := site.Engines; e != nil {
		settings[SettingKratosPublic], settings[SettingKratosAdmin] = e.KratosPublic, e.KratosAdmin
		settings[SettingKetoRead], settings[SettingKetoWrite] = e.KetoRead, e.KetoWrite
	}
	return settings
}

func (l loading) profile() (profile.Profile, error) {
	name := filepath.Join(l.dir, ProfileFile)
	text, err := readRegular(name)
	if err != nil {
		return profile.Profile{}, err
	}
	p, err := profile.Parse(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("%s: %w", name, err)
	case p.Name != l.site.Site:
		return p, fmt.Errorf("%s: %w: it is the profile of %s, the site is %s", name, ErrProfile, p.Name, l.site.Site)
	case p.Digest() != l.site.ProfileDigest:
		return p, fmt.Errorf("%s: %w: its digest is %s, %s says %s: restore the profile, or accept the new one with site profile",
			name, ErrProfile, p.Digest(), SiteFile, l.site.ProfileDigest)
	}
	return p, nil
}

// connect gives the service its own users and keys, and the links of those that have some.
func (l loading) connect(env *run.Env, own *ownKeys) error {
	link, err := l.link(l.principal, own)
	if err != nil {
		return err
	}
	env.Bus, env.Signer = link.Bus, link.Signer
	switch l.principal {
	case topics.Identity:
		env.Links[LinkPortal], err = l.link(topics.Portal, own)
	case topics.Gateway:
		env.Links[LinkFederation], err = l.federation(link.Signer)
	}
	return err
}

// link is a principal's connection to the site's broker.
func (l loading) link(principal string, own *ownKeys) (run.Link, error) {
	first, err := signer(l.dir, l.site.Site, principal, own)
	if err != nil {
		return run.Link{}, err
	}
	s := &ownSigner{dir: l.dir, site: l.site.Site, principal: principal, keys: own, clock: l.o.Clock, log: l.o.Log, signer: first}
	addr, err := l.brokerAddr()
	if err != nil {
		return run.Link{}, err
	}
	cfg, err := l.bus(addr, CAFile, principal, filepath.Join(principal, PasswordFile))
	return run.Link{Bus: cfg, Signer: s}, err
}

// federation is the gateway's connection to the federation's broker.
func (l loading) federation(gateway signing.Signer) (run.Link, error) {
	if err := joined(l.dir, l.site); err != nil {
		return run.Link{}, err
	}
	addr := cmp.Or(l.o.Federation, l.site.Federation.Broker)
	if err := known(addr, "the federation's broker"); err != nil {
		return run.Link{}, fmt.Errorf("%s: %w", l.dir, err)
	}
	cfg, err := l.bus(addr, FederationCAFile, topics.GatewayOf(l.site.Site), filepath.Join(topics.Gateway, FederationPassword))
	return run.Link{Bus: cfg, Signer: gateway}, err
}

func (l loading) brokerAddr() (string, error) {
	announced, err := announcedBroker(l.dir)
	if err != nil {
		return "", fmt.Errorf("read the broker's address in %s: %w", l.dir, err)
	}
	addr := cmp.Or(l.o.Broker, announced, l.site.Broker)
	if err := known(addr, "the site's broker"); err != nil {
		return "", fmt.Errorf("%s: %w", l.dir, err)
	}
	return addr, nil
}

func known(addr, what string) error {
	for one := range strings.SplitSeq(addr, ",") { // several brokers of a cluster: the rest is found through any that lives
		if _, port, err := net.SplitHostPort(one); err == nil && port != "0" {
			continue
		}
		return fmt.Errorf("%w: the address %q of %s is no host:port yet: start it first, or give its address", ErrAddress, addr, what)
	}
	return nil
}

func (l loading) bus(addr, caFile, user, passwordFile string) (bus.Config, error) {
	roots, err := authorities(l.dir, caFile)
	if err != nil {
		return bus.Config{}, err
	}
	password, err := readPassword(l.dir, passwordFile)
	if err != nil {
		return bus.Config{}, err
	}
	return bus.Config{Brokers: strings.Split(addr, ","), TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		Username: user, Password: password, Dial: l.o.Dial, Log: l.o.Log, ClientID: "fairway-" + user}, nil
}

func authorities(dir, file string) (*x509.CertPool, error) {
	text, err := readRegular(dir, file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %w: it holds no certificate in PEM: restore it from a backup", filepath.Join(dir, file), ErrKey)
	}
	return pool, nil
}

// believe is the same for every service: its own site. Whom a gateway believes besides is for itself to follow.
func (l loading) believe(env *run.Env, own *ownKeys) {
	env.Trust = own
	if l.o.AllowTestKeys {
		env.Trust = testKeys{real: env.Trust, dir: filepath.Join(l.dir, TestKeysDir), log: l.o.Log}
	}
}
