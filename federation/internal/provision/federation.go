package provision

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	json "github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Names of files in a federation's folder, beside those that it has in common with a site's: ca.pem, registry.json,
// broker/, run/, root/ca.key, operator/ and observer/scram.password.
const (
	FederationFile = "federation.yaml"
	AdmissionsDir  = "admissions"
	operatorKey    = "operator.key"
)

// FederationOptions are what a new federation is made from.
type FederationOptions struct {
	Broker string      // host:port of the federation's broker; empty picks a free port of this machine, port 0 leaves it to the starter
	Clock  clock.Clock // nil is the machine's
}

// federationFile is federation.yaml.
type federationFile struct {
	Layout int    `yaml:"layout"`
	Broker string `yaml:"broker"`
	Root   string `yaml:"root"`
}

// InitFederation makes the operator's folder: its root key, the authority and users of the federation's broker, and an
// empty registry. It returns the fingerprint of the root. Errors: ErrExists.
func InitFederation(dir string, o FederationOptions) (fingerprint string, err error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Broker, err = orFree(o.Broker); err != nil {
		return "", fmt.Errorf("federation init: %w", err)
	}
	public, root, text, err := newSigningKey()
	if err != nil {
		return "", fmt.Errorf("federation init: %w", err)
	}
	empty, err := registry.Registry{}.Seal(root)
	if err != nil {
		return "", fmt.Errorf("federation init: %w", err)
	}
	about, err := yaml.Marshal(federationFile{Layout: setup.LayoutVersion, Broker: o.Broker, Root: encodeKey(public)})
	if err != nil {
		return "", fmt.Errorf("federation init: %w", err)
	}
	f, err := newFolder(dir, "federation init")
	if err != nil {
		return "", err
	}
	f.secret(filepath.Join(setup.RootDir, operatorKey), text)
	f.public(setup.RegistryFile, empty)
	f.public(FederationFile, about)
	users := setup.Users{Superuser: setup.User{Name: "broker", Password: password()}}
	for _, name := range []string{topics.Operator, topics.Observer} {
		u := setup.User{Name: name, Password: password()}
		users.Users = append(users.Users, u)
		f.secret(filepath.Join(name, setup.PasswordFile), []byte(u.Password+"\n"))
	}
	made := brokerFiles(f, "federation", o.Broker, users, o.Clock.Now())
	f.err = errors.Join(f.err, made)
	f.mkdir(AdmissionsDir, setup.RunDir)
	if err := f.done(); err != nil {
		return "", fmt.Errorf("federation init: %w", err)
	}
	return registry.Fingerprint(public), nil
}

// federation is an operator's folder that was read.
type federation struct {
	dir      string
	about    federationFile
	root     ed25519.PublicKey
	registry registry.Registry
}

func openFederation(dir string) (federation, error) {
	f := federation{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, FederationFile))
	if err != nil {
		return f, fmt.Errorf("%s is not the folder of a federation: %w: give the one that federation init made", dir, err)
	}
	if err := yaml.Unmarshal(text, &f.about); err != nil {
		return f, fmt.Errorf("%s: %w", filepath.Join(dir, FederationFile), err)
	}
	if f.about.Layout != setup.LayoutVersion {
		return f, fmt.Errorf("%s: %w: layout %d, this program reads %d", dir, setup.ErrLayout, f.about.Layout, setup.LayoutVersion)
	}
	if f.root, err = setup.PublicKey(f.about.Root); err != nil {
		return f, fmt.Errorf("%s: root: %w", filepath.Join(dir, FederationFile), err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, setup.RegistryFile)); err != nil {
		return f, err
	}
	f.registry, err = registry.Load(text, f.root)
	return f, err
}

// Admit takes a site's join.json into the registry and writes admissions/<site>.json anew for every participant. A
// participant is known by its root: the same one may renew its keys or profile, another one under its name is refused.
// The federation's broker knows a new gateway after a restart. It returns the participant, whose fingerprint
// (registry.Fingerprint of Root) is to be compared. Errors: ErrRefused.
func Admit(federationDir string, join []byte) (registry.Participant, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return registry.Participant{}, fmt.Errorf("federation admit: %w", err)
	}
	p, err := openJoin(join)
	if err != nil {
		return p, fmt.Errorf("federation admit: %w", err)
	}
	if known, ok := f.registry.Lookup(p.Site); ok && encodeKey(known.Root) != encodeKey(p.Root) {
		return p, fmt.Errorf("federation admit: %w: %s takes part already with another root", ErrRefused, p.Site)
	}
	others := slices.DeleteFunc(f.registry.Participants, func(q registry.Participant) bool { return q.Site == p.Site })
	f.registry.Participants = append(others, p)
	f.registry.Serial++
	if err := f.save(); err != nil {
		return p, fmt.Errorf("federation admit %s: %w", p.Site, err)
	}
	return p, nil
}

// save writes users, registry and admissions, in the order in which a repetition after a failure does no harm.
func (f federation) save() error {
	root, err := setup.ReadPrivateKey(f.dir, setup.RootDir, operatorKey)
	if err != nil {
		return err
	}
	users, err := f.users()
	if err != nil {
		return err
	}
	sealed, err := f.registry.Seal(root)
	if err != nil {
		return err
	}
	// what is written must be readable by everyone who trusts the operator
	if _, err := registry.Load(sealed, f.root); err != nil {
		return err
	}
	if err := replace(f.dir, setup.RegistryFile, sealed, false); err != nil {
		return err
	}
	return f.admissions(sealed, users)
}

// users gives each participant's gateway a password, once.
func (f federation) users() (map[string]string, error) {
	all, err := setup.ReadUsers(f.dir)
	if err != nil {
		return nil, err
	}
	passwords := map[string]string{}
	for _, u := range all.Users {
		passwords[u.Name] = u.Password
	}
	for _, site := range f.registry.Sites() {
		name := topics.GatewayOf(site)
		if passwords[name] != "" {
			continue
		}
		passwords[name] = password()
		all.Users = append(all.Users, setup.User{Name: name, Password: passwords[name]})
	}
	text, err := all.Encode()
	if err != nil {
		return nil, err
	}
	return passwords, replace(f.dir, filepath.Join(setup.BrokerDir, setup.UsersFile), text, true)
}

func (f federation) admissions(sealed []byte, passwords map[string]string) error {
	ca, err := os.ReadFile(filepath.Join(f.dir, setup.CAFile))
	if err != nil {
		return err
	}
	for _, site := range f.registry.Sites() {
		text, err := json.Marshal(admission{Site: site, Broker: f.about.Broker, CA: string(ca), Root: f.root,
			Password: passwords[topics.GatewayOf(site)], Registry: sealed}, json.Deterministic(true))
		if err != nil {
			return err
		}
		if err := replace(f.dir, filepath.Join(AdmissionsDir, site+".json"), text, true); err != nil {
			return err
		}
	}
	return nil
}

// AdmissionFile is the file that Admit wrote for a site.
func AdmissionFile(federationDir, site string) string {
	return filepath.Join(federationDir, AdmissionsDir, site+".json")
}

// BrokerConfig is the configuration of the federation's embedded broker with its present participants.
func BrokerConfig(federationDir string) (broker.Config, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return broker.Config{}, err
	}
	return setup.FederationBroker(federationDir, f.about.Broker, f.registry.Sites())
}

// rejoin is a join.json with the keys of the last one and another profile.
func rejoin(siteDir string, p profile.Profile, root ed25519.PrivateKey) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(siteDir, setup.JoinFile))
	if err != nil {
		return nil, err
	}
	participant, err := openJoin(text)
	if err != nil {
		return nil, err
	}
	participant.Title, participant.ProfileDigest = p.Title, p.Digest()
	return sealJoin(participant, root)
}
