package provision

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/document"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// joinContext starts the message that a site's root signs over join.json.
const joinContext = "fairway join v1\n"

type joinFile struct {
	Participant jsontext.Value `json:"participant"`
	Signature   []byte         `json:"signature"`
}

func sealJoin(p registry.Participant, root ed25519.PrivateKey) ([]byte, error) {
	raw, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", setup.JoinFile, err)
	}
	return json.Marshal(joinFile{Participant: raw, Signature: ed25519.Sign(root, joinMessage(raw))})
}

func joinMessage(raw []byte) []byte { return append([]byte(joinContext), raw...) }

// openJoin verifies that join.json was signed by the root it names, and that its keys ask for no more than the border.
func openJoin(text []byte) (registry.Participant, error) {
	var file joinFile
	var p registry.Participant
	if err := document.JSON(text, &file); err != nil {
		return p, fmt.Errorf("%w: not a %s of a site's folder: %w", ErrRefused, setup.JoinFile, err)
	}
	if err := document.JSON(file.Participant, &p); err != nil {
		return p, fmt.Errorf("%w: %s: %w", ErrRefused, setup.JoinFile, err)
	}
	if len(p.Root) != ed25519.PublicKeySize || !ed25519.Verify(p.Root, joinMessage(file.Participant), file.Signature) {
		return p, fmt.Errorf("%w: the %s of %.80q is not signed by the root it names: ask the site for the file again",
			ErrRefused, setup.JoinFile, p.Site)
	}
	if _, err := p.Trust(); err != nil {
		return p, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	// what the operator says of a site is not for the site to say
	p.Serial, p.Entry, p.Status, p.Reason, p.Agreement, p.Previous = 0, 0, "", "", "", ""
	return p, nil
}

// admission is what the operator hands back: confidential, because of the password.
type admission struct {
	Site     string         `json:"site"`
	Broker   string         `json:"broker"`   // host:port of the federation's broker
	CA       string         `json:"ca"`       // PEM
	Root     []byte         `json:"root"`     // the operator's public key
	Password string         `json:"password"` // of this site's gateway
	Registry jsontext.Value `json:"registry"` // signed
}

// Join takes an admission into a site's folder: first to take part, later for new keys, which it puts into use where the
// list has them. What changes otherwise running gateways learn from the registry. It refuses one for another site, of another operator than before, with an older registry, or with a registry
// that does not know this site by its own root. It returns the fingerprint of the operator's root.
func Join(siteDir string, text []byte) (fingerprint string, err error) {
	site, err := setup.ReadFile(siteDir)
	if err != nil {
		return "", fmt.Errorf("site join: %w", err)
	}
	var a admission
	if err := document.JSON(text, &a); err != nil {
		return "", fmt.Errorf("site join: %w: not an admission, which federation admit writes: %w", ErrRefused, err)
	}
	list, err := a.check(siteDir, site)
	if err != nil {
		return "", fmt.Errorf("site join: %w", err)
	}
	// the password last but site.yaml: only with that is the site a member
	for _, file := range []struct {
		name    string
		content string
		secret  bool
	}{
		{setup.FederationCAFile, a.CA, false},
		{setup.RegistryFile, string(a.Registry), false},
		{filepath.Join("gateway", setup.FederationPassword), a.Password + "\n", true},
	} {
		if err := replace(siteDir, file.name, []byte(file.content), file.secret); err != nil {
			return "", fmt.Errorf("site join: %w", err)
		}
	}
	site.Federation = &setup.Federation{Broker: a.Broker, Root: encodeKey(a.Root)}
	if err := setup.WriteFile(siteDir, site); err != nil {
		return "", fmt.Errorf("site join: %w", err)
	}
	if err := useListed(siteDir, site.Site, list); err != nil {
		return "", fmt.Errorf("site join: %w", err)
	}
	return registry.Fingerprint(a.Root), nil
}

// check returns the list that the admission brings, if it is good for this site.
func (a admission) check(siteDir string, site setup.File) (registry.Registry, error) {
	var none registry.Registry
	if a.Site != site.Site {
		return none, fmt.Errorf("%w: the admission is for %.80q, this site is %s", ErrRefused, a.Site, site.Site)
	}
	if a.Password == "" || a.CA == "" || a.Broker == "" {
		return none, fmt.Errorf("%w: the admission lacks the password, ca or broker", ErrRefused)
	}
	if site.Federation != nil && site.Federation.Root != encodeKey(a.Root) {
		return none, fmt.Errorf("%w: the admission is of another operator than the one this site joined: ask that one, or make a new site for another federation", ErrRefused)
	}
	r, err := registry.Open(a.Registry, a.Root) // the keys of the others are verified when they are asked for
	if err != nil {
		return none, fmt.Errorf("%w: %w: ask the operator for the file again", ErrRefused, err)
	}
	p, ok := r.Lookup(site.Site)
	if !ok || encodeKey(p.Root) != site.Root {
		return none, fmt.Errorf("%w: the registry does not know %s by the root of this folder: hand over its %s", ErrRefused, site.Site, setup.JoinFile)
	}
	if p.Status == registry.Left {
		return none, fmt.Errorf("%w: by the registry %s has left the federation", ErrRefused, site.Site)
	}
	if _, err := p.Trust(); err != nil {
		return none, fmt.Errorf("%w: %w: ask the operator for the file again", ErrRefused, err)
	}
	if site.Federation == nil {
		return r, nil
	}
	have, err := setup.Registry(siteDir, site)
	if err != nil { // damaged: what comes now is better
		return r, nil
	}
	if have.Serial > r.Serial {
		return none, fmt.Errorf("%w: the registry in the admission has serial %d, this site has %d already: take the newest one", ErrRefused, r.Serial, have.Serial)
	}
	if err := r.Continues(have); err != nil {
		return none, fmt.Errorf("%w: %w: the operator is to explain", ErrRefused, err)
	}
	return r, nil
}

func replace(dir, name string, content []byte, secret bool) error {
	if secret {
		return setup.WriteAtomic(filepath.Join(dir, name), content, 0o600)
	}
	return setup.WriteAtomic(filepath.Join(dir, name), content, 0o644)
}

// AcceptProfile replaces a site's profile and writes a new join.json, to be admitted again. The site must be stopped,
// and its root key be in the folder. The name cannot change.
func AcceptProfile(siteDir string, text []byte) error {
	site, err := setup.ReadFile(siteDir)
	if err != nil {
		return fmt.Errorf("site profile: %w", err)
	}
	p, err := profile.Parse(text)
	if err != nil {
		return fmt.Errorf("site profile: %w", err)
	}
	if p.Name != site.Site {
		return fmt.Errorf("site profile: %w: it is the profile of %s, this site is %s", ErrRefused, p.Name, site.Site)
	}
	for _, service := range setup.Services() {
		release, err := setup.Hold(siteDir, site, service)
		if err != nil {
			return fmt.Errorf("site profile: %w", err)
		}
		defer release() //nolint:errcheck // nothing was written through it
	}
	if err := renew(siteDir, func(q *registry.Participant) { q.Title, q.ProfileDigest = p.Title, p.Digest() }); err != nil {
		return fmt.Errorf("site profile: %w", err)
	}
	if err := replace(siteDir, setup.ProfileFile, text, false); err != nil {
		return fmt.Errorf("site profile: %w", err)
	}
	site.ProfileDigest = p.Digest()
	return setup.WriteFile(siteDir, site)
}

// Renew writes join.json anew, to be admitted again, after an upgrade: with what this release reads from other sites. The
// site's root key must be in the folder.
func Renew(siteDir string) error {
	if _, err := setup.ReadFile(siteDir); err != nil {
		return fmt.Errorf("site renew: %w", err)
	}
	if err := renew(siteDir, func(*registry.Participant) {}); err != nil {
		return fmt.Errorf("site renew: %w", err)
	}
	return nil
}

// renew writes join.json with what it said last, changed.
func renew(siteDir string, change func(*registry.Participant)) error {
	root, err := setup.ReadPrivateKey(siteDir, setup.RootDir, siteKey)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(siteDir, setup.JoinFile))
	if err != nil {
		return err
	}
	p, err := openJoin(text)
	if err != nil {
		return err
	}
	p.Reads = border.Readings()
	change(&p)
	join, err := sealJoin(p, root)
	if err != nil {
		return err
	}
	return replace(siteDir, setup.JoinFile, join, false)
}
