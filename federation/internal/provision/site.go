package provision

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// SiteOptions are what a new site is made from.
type SiteOptions struct {
	Profile   []byte            // the profile; its name is the site's
	Holdings  []byte            // holdings.yaml, where the data lie; may be written later
	Broker    string            // host:port of the site's broker; empty picks a free port of this machine, port 0 leaves it to the starter
	Endpoints map[string]string // addresses for people, told to the other sites; may be nil
	Clock     clock.Clock       // nil is the machine's
	Tester    bool              // adds a user that may write every topic, for tests with hostile records; never in production
}

// Site is what the person who makes a site must know.
type Site struct {
	Name        string
	Code        string // one-time code of the first officer; also in the folder
	Fingerprint string // of the root, to be compared when join.json is handed over
	Broker      string
}

// siteKey is the site's root, in its folder root.
const siteKey = "site.key"

// principals of a site that sign events.
func principals() []string { return append(setup.Services(), topics.Portal) }

// InitSite makes the folder of a site, documented in package setup, with join.json for the operator of a federation.
// Errors: ErrExists, profile.ErrInvalid.
func InitSite(dir string, o SiteOptions) (Site, error) {
	p, err := profile.Parse(o.Profile)
	if err != nil {
		return Site{}, fmt.Errorf("site init: %w", err)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Broker, err = orFree(o.Broker); err != nil {
		return Site{}, fmt.Errorf("site init: %w", err)
	}
	f, err := newFolder(dir, "site init")
	if err != nil {
		return Site{}, err
	}
	m := &making{folder: f, o: o, profile: p, now: o.Clock.Now(), code: password()}
	made := errors.Join(m.keys(), m.broker(), m.describe())
	f.err = errors.Join(f.err, made)
	f.public(setup.ProfileFile, o.Profile)
	f.secret(setup.EnrolmentFile, []byte(m.code+"\n"))
	if o.Holdings != nil {
		f.secret(setup.HoldingsFile, o.Holdings)
	}
	f.mkdir(setup.ObjectsDir, setup.FailpointsDir, setup.TestKeysDir, setup.RunDir)
	if err := f.done(); err != nil {
		return Site{}, fmt.Errorf("site init: %w", err)
	}
	return Site{Name: p.Name, Code: m.code, Fingerprint: registry.Fingerprint(m.root), Broker: o.Broker}, nil
}

// making is one call of InitSite.
type making struct {
	folder  *folder
	o       SiteOptions
	profile profile.Profile
	now     time.Time
	code    string
	root    ed25519.PublicKey
}

// keys makes the root, a key for each principal, and what the root signs.
func (m *making) keys() error {
	public, root, text, err := newSigningKey()
	if err != nil {
		return err
	}
	m.root = public
	m.folder.secret(filepath.Join(setup.RootDir, siteKey), text)
	var own []signing.Key
	for _, principal := range principals() {
		public, _, text, err := newSigningKey()
		if err != nil {
			return err
		}
		m.folder.secret(filepath.Join(principal, setup.SigningKeyFile), text)
		source := topics.Source(m.profile.Name, principal)
		own = append(own, keyOf(public, source, topics.WrittenBy(principal), m.now))
	}
	audit, _, text, err := newSigningKey()
	if err != nil {
		return err
	}
	m.folder.secret(filepath.Join(setup.Audit, setup.SigningKeyFile), text)
	return m.sign(root, audit, own)
}

// sign writes trust.json and join.json.
func (m *making) sign(root ed25519.PrivateKey, audit ed25519.PublicKey, own []signing.Key) error {
	trust, err := sealed(m.profile.Name, 1, own, root)
	if err != nil {
		return err
	}
	m.folder.public(setup.TrustFile, trust)
	keys, err := sealed(m.profile.Name, 1, crossing(m.profile.Name, own), root)
	if err != nil {
		return err
	}
	endpoints := m.o.Endpoints
	if endpoints == nil {
		endpoints = map[string]string{}
	}
	join, err := sealJoin(registry.Participant{Site: m.profile.Name, Title: m.profile.Title, Root: m.root, Audit: audit,
		ProfileDigest: m.profile.Digest(), Endpoints: endpoints, Keys: keys, Reads: border.Readings()}, root)
	m.folder.public(setup.JoinFile, join)
	return err
}

// crossing is those of a site's keys that sign for readers at other sites, for that alone.
func crossing(site string, own []signing.Key) (keys []signing.Key) {
	for _, k := range own {
		if k.Types = registry.BorderTypes(k.Source, site); k.Types != nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// sealed is a trust file; serial grows with each that the root signs.
func sealed(site string, serial int64, keys []signing.Key, root ed25519.PrivateKey) ([]byte, error) {
	trust, err := signing.NewTrust(site, keys...)
	if err != nil {
		return nil, err
	}
	trust.Number(serial)
	return trust.Seal(root)
}

// broker makes the broker's certificate and a user for each principal and for the observer, who reads and never writes.
func (m *making) broker() error {
	users := setup.Users{Superuser: setup.User{Name: "broker", Password: password()}}
	names := append(principals(), topics.Observer)
	if m.o.Tester {
		names = append(names, setup.Tester)
	}
	for _, name := range names {
		u := setup.User{Name: name, Password: password()}
		users.Users = append(users.Users, u)
		m.folder.secret(filepath.Join(name, setup.PasswordFile), []byte(u.Password+"\n"))
	}
	return brokerFiles(m.folder, m.profile.Name, m.o.Broker, users, m.now)
}

func brokerFiles(f *folder, name, addr string, users setup.Users, now time.Time) error {
	ca, err := newAuthority(name, addr, now)
	if err != nil {
		return err
	}
	text, err := users.Encode()
	if err != nil {
		return err
	}
	f.secret(filepath.Join(setup.RootDir, setup.CAKeyFile), ca.keyPEM)
	f.public(setup.CAFile, ca.certPEM)
	f.public(filepath.Join(setup.BrokerDir, setup.TLSCertFile), ca.brokerPEM)
	f.secret(filepath.Join(setup.BrokerDir, setup.TLSKeyFile), ca.brKey)
	f.secret(filepath.Join(setup.BrokerDir, setup.UsersFile), text)
	return nil
}

// describe writes site.yaml. Of the one-time code it holds the digest alone.
func (m *making) describe() error {
	text, err := yaml.Marshal(setup.File{Layout: setup.LayoutVersion, Site: m.profile.Name, ProfileDigest: m.profile.Digest(),
		Root: encodeKey(m.root), Broker: m.o.Broker, EnrolmentDigest: objects.Digest([]byte(m.code))})
	m.folder.public(setup.SiteFile, text)
	return err
}
