package provision

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// Agreements are the kinds of agreement that a site may have signed with the federation.
func Agreements() []string { return []string{"DSA", "DTA", "DUA"} }

// Admit takes a site's join.json into the registry, as one that has signed an agreement (one of Agreements; empty: what it
// had, else DSA), and writes admissions/<site>.json anew for every participant. A participant is known by its root: the
// same one may renew its keys, profile or what it reads, another one under its name is refused, as is one that has left.
// It returns the participant, whose fingerprint (registry.Fingerprint of Root) is to be compared. Errors: ErrRefused.
func Admit(federationDir string, join []byte, agreement string) (registry.Participant, error) {
	if agreement != "" && !slices.Contains(Agreements(), agreement) {
		return registry.Participant{}, fmt.Errorf("federation admit: %w: there is no agreement %.20q: give one of %v", ErrRefused, agreement, Agreements())
	}
	p, err := take(federationDir, join, admitting(agreement))
	if err != nil {
		err = fmt.Errorf("federation admit: %w", err)
	}
	return p, err
}

// admitting is what the operator says of a site that it admits.
func admitting(agreement string) func(known registry.Participant, p *registry.Participant) error {
	return func(known registry.Participant, p *registry.Participant) error {
		p.Status, p.Reason = cmp.Or(known.Status, registry.Active), known.Reason
		p.Agreement = cmp.Or(agreement, known.Agreement, "DSA")
		return nil
	}
}

// admitTogether is Admit for many sites at once: registry and admissions are written once, not anew for each of them.
func admitTogether(federationDir string, joins [][]byte) error {
	f, err := openFederation(federationDir)
	if err != nil {
		return err
	}
	operator, err := setup.ReadPrivateKey(f.dir, setup.RootDir, operatorKey)
	if err != nil {
		return err
	}
	for _, join := range joins {
		p, err := openJoin(join)
		if err == nil {
			_, err = f.enter(p.Site, operator, f.entering(p, admitting("")))
		}
		if err != nil {
			return fmt.Errorf("federation admit: %w", err)
		}
	}
	return f.save(operator)
}

// Rotate is Admit for a participant that has new keys, and tells what changes. Errors: ErrRefused.
func Rotate(federationDir string, join []byte) (p registry.Participant, c registry.KeyChange, err error) {
	p, err = take(federationDir, join, func(known registry.Participant, p *registry.Participant) error {
		if known.Site == "" {
			return fmt.Errorf("%w: %s does not take part: run federation admit", ErrRefused, p.Site)
		}
		p.Status, p.Reason, p.Agreement = known.Status, known.Reason, known.Agreement
		if c, err = registry.Changed(known, *p); err == nil && !c.Any() {
			err = fmt.Errorf("%w: the keys of %s are those that are listed: ask the site for the %s that site rotate-keys wrote", ErrRefused, p.Site, setup.JoinFile)
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("federation rotate: %w", err)
	}
	return p, c, err
}

// take makes what a site says of itself, and what the operator adds by say, the site's next entry.
func take(federationDir string, join []byte, say func(known registry.Participant, p *registry.Participant) error) (registry.Participant, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return registry.Participant{}, err
	}
	p, err := openJoin(join)
	if err != nil {
		return p, err
	}
	return f.change(p.Site, f.entering(p, say))
}

// entering makes an entry of what a site says of itself and what the operator adds.
func (f *federation) entering(p registry.Participant, say func(known registry.Participant, p *registry.Participant) error) func(*registry.Participant) error {
	return func(entry *registry.Participant) error {
		known, takesPart := f.registry.Lookup(p.Site)
		*entry = p
		if !takesPart {
			return say(registry.Participant{}, entry)
		}
		switch err := p.Renews(known); {
		case known.Status == registry.Left:
			return fmt.Errorf("%w: %s has left the federation, and that is final: a new site takes another name", ErrRefused, p.Site)
		case encodeKey(known.Root) != encodeKey(p.Root):
			return taken(p.Site)
		case err != nil:
			return fmt.Errorf("%w: %w: ask the site for its newest %s", ErrRefused, err, setup.JoinFile)
		}
		return say(known, entry)
	}
}

// SetStatus lists a participant as suspended, active again, or as one that has left, with a code of the reason.
// Errors: ErrRefused.
func SetStatus(federationDir, site, status, reason string) (registry.Participant, error) {
	f, err := openFederation(federationDir)
	if err != nil {
		return registry.Participant{}, err
	}
	return f.change(site, func(p *registry.Participant) error {
		known, ok := f.registry.Lookup(site)
		switch {
		case !ok:
			return fmt.Errorf("%w: %.40q takes no part in the federation: one of %s does", ErrRefused, site, strings.Join(f.registry.Sites(), ", "))
		case known.Status == registry.Left:
			return fmt.Errorf("%w: %s has left, and that is final", ErrRefused, site)
		case reason != "" && strings.Trim(reason, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
			return fmt.Errorf("%w: the reason %.40q is no code: give small letters, digits and hyphens, such as incident", ErrRefused, reason)
		case cmp.Or(known.Status, registry.Active) == status:
			return fmt.Errorf("%w: %s is %s already", ErrRefused, site, status)
		}
		p.Status, p.Reason = status, reason
		return nil
	})
}

// Participants is the registry as the operator keeps it.
func Participants(federationDir string) (registry.Registry, error) {
	f, err := openFederation(federationDir)
	return f.registry, err
}

// save writes users, registry and admissions, in the order in which a repetition after a failure does no harm.
func (f federation) save(root ed25519.PrivateKey) error {
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
	stay := f.registry.Sites()
	all.Users = slices.DeleteFunc(all.Users, func(u setup.User) bool {
		site, gateway := strings.CutSuffix(u.Name, "."+topics.Gateway)
		return gateway && !slices.Contains(stay, site)
	})
	for _, site := range stay {
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
