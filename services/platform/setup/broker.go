package setup

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/document"
)

// partitions of a topic. Order is by key, so that more than one costs nothing; one that grows later would lose it.
const partitions = 2

// User is a name and password on a broker.
type User struct {
	Name     string `yaml:"name"`
	Password string `yaml:"password"`
}

// Users is users.yaml.
type Users struct {
	Superuser User   `yaml:"superuser"` // sets up topics and rights
	Users     []User `yaml:"users"`
}

// Encode writes users.yaml.
func (u Users) Encode() ([]byte, error) { return yaml.Marshal(u) }

// ReadUsers reads users.yaml of a site's or federation's folder.
func ReadUsers(dir string) (Users, error) {
	var u Users
	text, err := readSecret(dir, BrokerDir, UsersFile)
	if err != nil {
		return u, err
	}
	if err := document.YAML(text, &u); err != nil {
		// All else in the message could be a password that stands in a wrong place.
		place := cmp.Or(lineOf.FindString(err.Error()), "the file")
		return u, fmt.Errorf("%s: %w: %s is not as it was written: restore it from a backup", filepath.Join(dir, BrokerDir, UsersFile), ErrDamaged, place)
	}
	return u, nil
}

var lineOf = regexp.MustCompile(`line \d+`)

// SiteBroker is the configuration of a site's embedded broker: its users, and topics and rights from the topic table.
func SiteBroker(siteDir string) (broker.Config, error) {
	site, err := ReadFile(siteDir)
	if err != nil {
		return broker.Config{}, err
	}
	names := topics.ForSite(site.Site)
	return brokerConfig(siteDir, site.Broker, names, append(topics.ACLs(site.Site), testerGrants(names)...))
}

// Tester is the user that a site made for tests has besides; what it writes is believed no more than anything else.
const Tester = "tester"

func testerGrants(names []string) (grants []topics.Grant) {
	for _, name := range names {
		for _, op := range []string{topics.Write, topics.Describe} {
			grants = append(grants, topics.Grant{Principal: Tester, Topic: name, Operation: op})
		}
	}
	return grants
}

// FederationBroker is the configuration of the federation's embedded broker, whose participants are sites.
func FederationBroker(dir, addr string, sites []string) (broker.Config, error) {
	names := []string{topics.Registry}
	for _, site := range sites {
		names = append(names, topics.Inbox(site))
	}
	return brokerConfig(dir, addr, names, topics.FederationACLs(sites))
}

func brokerConfig(dir, addr string, names []string, grants []topics.Grant) (broker.Config, error) {
	if err := room(dir); err != nil {
		return broker.Config{}, err
	}
	users, err := ReadUsers(dir)
	if err != nil {
		return broker.Config{}, err
	}
	cert, err := certificate(dir)
	if err != nil {
		return broker.Config{}, err
	}
	port, err := brokerPort(dir, addr)
	if err != nil {
		return broker.Config{}, err
	}
	cfg := broker.Config{Dir: filepath.Join(dir, BrokerDir, "data"), Port: port, SyncWrites: true,
		TLS:       &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13},
		Superuser: users.Superuser.Name, SuperPassword: users.Superuser.Password}
	for _, u := range users.Users {
		cfg.Users = append(cfg.Users, broker.User{Name: u.Name, Password: u.Password, ACLs: rights(grants, u.Name)})
	}
	for _, name := range names {
		t := broker.Topic{Name: name, Partitions: partitions}
		if name == topics.Registry { // whoever joins late reads it from its beginning
			t.Retention = -1
		}
		cfg.Topics = append(cfg.Topics, t)
	}
	return cfg, nil
}

func certificate(dir string) (tls.Certificate, error) {
	return pair(filepath.Join(dir, BrokerDir, TLSCertFile), filepath.Join(dir, BrokerDir, TLSKeyFile))
}

// Authority reads what signed the certificate of a folder's broker; its key may have been taken elsewhere. Errors:
// ErrMissing, ErrPermissions, ErrKey.
func Authority(dir string) (tls.Certificate, error) {
	return pair(filepath.Join(dir, CAFile), filepath.Join(dir, RootDir, CAKeyFile))
}

func pair(certFile, keyFile string) (tls.Certificate, error) {
	public, err := readRegular(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	secret, err := readSecret(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert, err := tls.X509KeyPair(public, secret)
	if err != nil {
		err = fmt.Errorf("%s and %s: %w: %w: restore both from a backup", certFile, filepath.Base(keyFile), ErrKey, err)
	}
	return cert, err
}

// brokerPort keeps the port of the last run where the starter chose it, because clients look for the broker there.
func brokerPort(dir, addr string) (int, error) {
	last, err := announcedBroker(dir)
	if err != nil {
		return 0, fmt.Errorf("read the broker's last address in %s: %w", dir, err)
	}
	for _, a := range []string{addr, last} {
		if a == "" {
			continue
		}
		_, text, err := net.SplitHostPort(a)
		if err != nil {
			return 0, fmt.Errorf("address of the broker in %s: %w", dir, err)
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			return 0, fmt.Errorf("address of the broker in %s: port %q is no number", dir, text)
		}
		if port != 0 {
			return port, nil
		}
	}
	return 0, nil
}

var operations = map[string]broker.Operation{topics.Read: broker.Read, topics.Write: broker.Write, topics.Describe: broker.Describe}

func rights(grants []topics.Grant, user string) []broker.ACL {
	var acls []broker.ACL
	for _, g := range grants {
		switch {
		case g.Principal != user:
		case g.Topic != "":
			acls = append(acls, broker.ACL{Resource: broker.OnTopic, Name: g.Topic, Operation: operations[g.Operation]})
		default:
			acls = append(acls, broker.ACL{Resource: broker.OnGroup, Name: g.Group, Prefixed: true, Operation: operations[g.Operation]})
		}
	}
	return acls
}
