// Package setup turns the folder of a site, as "site init" leaves it, into what each service is given.
//
// Layout of a site's folder (S: secret, readable by its owner alone):
//
//	site.yaml              this site: name, profile digest, root key, addresses; File
//	profile.yaml           the site profile
//	ca.pem                 the authority that signed the broker's certificate
//	trust.json             keys of the site's own principals, signed by the root
//	registry.json          the federation's participants as of the last "site join", signed by the operator
//	federation-ca.pem      the authority of the federation's broker; after "site join"
//	join.json              what this site hands to the operator, signed by the root
//	holdings.yaml          where the data lie; read by the workspace alone
//	enrolment-code       S one-time code of the first officer; remove it once used
//	root/site.key        S the site's root, needed to change trust.json; keep it elsewhere after init
//	root/ca.key          S the authority's key; keep it elsewhere after init
//	broker/tls.pem         certificate of the site's broker
//	broker/tls.key       S its key
//	broker/users.yaml    S names and passwords of the broker's users
//	broker/data/           the broker's records
//	<principal>/signing.key    S Ed25519 key of identity approval catalog workspace airlock gateway portal audit
//	<principal>/next.key S a new key that the operator has not listed yet
//	audit/signing.key    S also read by each service that runs, which signs the checkpoints of its own log with it
//	<service>/database.url     S connection string of the service's own schema, where site.yaml says database: postgres
//	<principal>/scram.password S password on the site's broker; not for audit, also for observer
//	gateway/federation.password S password on the federation's broker; after "site join"
//	<principal>/state/     database of the service, unless it is elsewhere; key of its quarantine; newest checkpoint of its audit log
//	gateway/state/cosigned/    the newest checkpoint of the gateway's log that each other site cosigned
//	<principal>/lock       held by the process that runs the service
//	<principal>/replay/        requests to take a refused record again; whoever may write here may ask
//	objects/               the object store
//	failpoints/            armed failpoints, obeyed only when allowed
//	test-keys/             keys enrolled by a test, believed only when allowed; TestKey
//	run/<principal>.http   address of a running service; run/broker.addr of a running broker
//
// Load reads for a principal its own folder, the audit key and the public files, nothing else: identity also the portal's folder, in
// whose name its door speaks.
package setup

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/document"
	"github.com/fairway-tre/fairway/services/platform/profile"
)

// Names of files and folders in a site's folder.
const (
	SiteFile           = "site.yaml"
	ProfileFile        = "profile.yaml"
	CAFile             = "ca.pem"
	TrustFile          = "trust.json"
	RegistryFile       = "registry.json"
	FederationCAFile   = "federation-ca.pem"
	JoinFile           = "join.json"
	HoldingsFile       = "holdings.yaml"
	EnrolmentFile      = "enrolment-code"
	RootDir            = "root"
	CAKeyFile          = "ca.key"
	BrokerDir          = "broker"
	UsersFile          = "users.yaml"
	TLSCertFile        = "tls.pem"
	TLSKeyFile         = "tls.key"
	SigningKeyFile     = "signing.key"
	PasswordFile       = "scram.password"
	FederationPassword = "federation.password"
	StateDir           = "state"
	CosignedDir        = "cosigned"
	ReplayDir          = "replay"
	ObjectsDir         = "objects"
	FailpointsDir      = "failpoints"
	TestKeysDir        = "test-keys"
	RunDir             = "run"
	brokerAddrFile     = "broker.addr"
)

// Audit is the principal that signs checkpoints; it has a key and no user on the broker.
const Audit = "audit"

// LayoutVersion changes when older programs can no longer read the folder.
const LayoutVersion = 1

// Outcomes that callers can tell apart.
var (
	ErrNotSite     = errors.New("not the folder of a site")
	ErrDamaged     = errors.New("damaged")
	ErrLayout      = errors.New("folder of another version")
	ErrMissing     = errors.New("file missing")
	ErrPermissions = errors.New("secret readable by others")
	ErrProfile     = errors.New("profile is not the one of this site")
	ErrKey         = errors.New("key is not usable")
	ErrAddress     = errors.New("address not known")
	ErrNotJoined   = errors.New("the site has not joined a federation")
)

// Services lists the principals that Load knows: those that run.
func Services() []string {
	return []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock, topics.Gateway}
}

// File is site.yaml.
type File struct {
	Layout          int         `yaml:"layout"`
	Site            string      `yaml:"site"`
	ProfileDigest   string      `yaml:"profileDigest"`
	Root            string      `yaml:"root"`   // base64 of the root's public key
	Broker          string      `yaml:"broker"` // host:port of the site's broker; port 0 when the starter chooses
	EnrolmentDigest string      `yaml:"enrolmentDigest"`
	Federation      *Federation `yaml:"federation,omitempty"`
	Database        string      `yaml:"database,omitempty"` // sqlite or postgres; empty: sqlite
	Engines         *Engines    `yaml:"engines,omitempty"`  // nil: the engines in identity's own process
}

// Engines are where identity finds those that run outside; an empty one is answered by identity's own process.
type Engines struct {
	KratosPublic string `yaml:"kratosPublic,omitempty"` // URL
	KratosAdmin  string `yaml:"kratosAdmin,omitempty"`  // URL
	KetoRead     string `yaml:"ketoRead,omitempty"`     // host:port
	KetoWrite    string `yaml:"ketoWrite,omitempty"`    // host:port
}

// Federation is what a site knows of the federation that it joined.
type Federation struct {
	Broker string `yaml:"broker"` // host:port
	Root   string `yaml:"root"`   // base64 of the operator's public key
}

// ServicesOf lists the services that a site runs by its profile: a holder of data without a workspace runs neither the
// workspace nor the airlock.
func ServicesOf(p profile.Profile) []string {
	if p.Hosting.Holds() {
		return Services()
	}
	return slices.DeleteFunc(Services(), func(s string) bool { return s == topics.Workspace || s == topics.Airlock })
}

// SiteServices lists the services that the site of a folder runs. Errors: ErrNotSite, ErrDamaged, ErrLayout, ErrMissing, ErrProfile.
func SiteServices(dir string) ([]string, error) {
	site, err := ReadFile(dir)
	if err != nil {
		return nil, err
	}
	p, err := loading{dir: dir, site: site}.profile()
	if err != nil {
		return nil, err
	}
	return ServicesOf(p), nil
}

// ReadFile reads site.yaml of a site's folder. Errors: ErrNotSite, ErrDamaged, ErrLayout.
func ReadFile(dir string) (File, error) {
	var f File
	text, err := readRegular(dir, SiteFile)
	if errors.Is(err, ErrMissing) {
		return f, fmt.Errorf("%s: %w: it has no %s: give the folder that site init made", dir, ErrNotSite, SiteFile)
	}
	if err != nil {
		return f, err
	}
	if err := document.YAML(text, &f); err != nil {
		return f, fmt.Errorf("%s: %w: %w: correct it, or restore it from a backup", filepath.Join(dir, SiteFile), ErrDamaged, err)
	}
	if f.Layout != LayoutVersion {
		return f, fmt.Errorf("%s: %w: layout %d, this program reads %d: use the program that made it", dir, ErrLayout, f.Layout, LayoutVersion)
	}
	if !topics.ValidSite(f.Site) {
		return f, fmt.Errorf("%s: %w: %.80q is no name of a site", filepath.Join(dir, SiteFile), ErrNotSite, f.Site)
	}
	_, err = PublicKey(f.Root)
	if err != nil {
		return f, fmt.Errorf("%s: root: %w", filepath.Join(dir, SiteFile), err)
	}
	return f, nil
}

// WriteFile replaces site.yaml at once.
func WriteFile(dir string, f File) error {
	text, err := yaml.Marshal(f)
	if err != nil {
		return fmt.Errorf("write %s: %w", SiteFile, err)
	}
	return WriteAtomic(filepath.Join(dir, SiteFile), text, 0o644)
}

// RootKey is the site root's public key.
func (f File) RootKey() (ed25519.PublicKey, error) { return PublicKey(f.Root) }

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
