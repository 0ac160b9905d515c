package provision

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	json "github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Admissible tells, before a new site is made from a profile, whether a federation could admit it. Errors: ErrRefused.
func Admissible(federationDir string, text []byte) error {
	p, err := profile.Parse(text)
	if err != nil {
		return err
	}
	f, err := openFederation(federationDir)
	if err != nil {
		return err
	}
	if _, known := f.registry.Lookup(p.Name); known {
		return fmt.Errorf("federation in %s: %w", federationDir, taken(p.Name))
	}
	return nil
}

func taken(site string) error {
	return fmt.Errorf("%w: %s takes part already with another root: restore that site's folder, or give the new one another name", ErrRefused, site)
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
		return p, fmt.Errorf("federation admit: %w", taken(p.Site))
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
