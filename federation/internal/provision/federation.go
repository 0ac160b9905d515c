package provision

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/document"
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
	if errors.Is(err, fs.ErrNotExist) {
		return f, fmt.Errorf("%s is not the folder of a federation: it has no %s: give the one that federation init made", dir, FederationFile)
	}
	if err != nil {
		return f, fmt.Errorf("%s is not the folder of a federation: %w", dir, err)
	}
	if err := document.YAML(text, &f.about); err != nil {
		return f, fmt.Errorf("%s: %w: restore it from a backup", filepath.Join(dir, FederationFile), err)
	}
	if f.about.Layout != setup.LayoutVersion {
		return f, fmt.Errorf("%s: %w: layout %d, this program reads %d: use the program that made it", dir, setup.ErrLayout, f.about.Layout, setup.LayoutVersion)
	}
	if f.root, err = setup.PublicKey(f.about.Root); err != nil {
		return f, fmt.Errorf("%s: root: %w", filepath.Join(dir, FederationFile), err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, setup.RegistryFile)); err != nil {
		return f, fmt.Errorf("read the registry: %w: restore it from a backup", err)
	}
	if f.registry, err = registry.Load(text, f.root); err != nil {
		return f, fmt.Errorf("%s: %w: restore it from a backup", filepath.Join(dir, setup.RegistryFile), err)
	}
	return f, f.digests()
}

// BrokerAddr is the host:port of the federation's broker, as it was announced last or as the folder says.
func BrokerAddr(federationDir string) (string, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return "", err
	}
	return setup.BrokerAddr(federationDir, f.about.Broker)
}

// BrokerConfig is the configuration of the federation's embedded broker with its present participants.
func BrokerConfig(federationDir string) (broker.Config, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return broker.Config{}, err
	}
	return setup.FederationBroker(federationDir, f.about.Broker, f.registry.Sites())
}
