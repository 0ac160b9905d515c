package signing

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// trustContext starts the message that a root signs over a trust file.
const trustContext = "fairway trust v1\n"

// Federation as Site of a trust set marks the registry, which holds keys of many sites.
const Federation = "federation"

// Reasons why a trust file or a key is not taken.
var (
	ErrTrustSignature = errors.New("the trust file is not signed by the root that this site was given")
	ErrKeyConflict    = errors.New("another key has this id")
	ErrKeyInvalid     = errors.New("the key is not usable")
)

// keyFile is a key as trust.json has it.
type keyFile struct {
	ID        string    `json:"id"`
	Source    string    `json:"source"`
	Types     []string  `json:"types"`
	Public    []byte    `json:"public"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	RevokedAt time.Time `json:"revokedAt,omitzero"`
	Test      bool      `json:"test,omitzero"`
}

type trustBody struct {
	Site   string    `json:"site"`
	Serial int64     `json:"serial,omitzero"`
	Keys   []keyFile `json:"keys"`
}

// trustFile is trust.json: the signature covers the bytes of the member trust as they stand.
type trustFile struct {
	Trust     jsontext.Value `json:"trust"`
	Signature []byte         `json:"signature"`
}

// Trust is a set of keys. It is safe for concurrent use.
type Trust struct {
	site   string
	serial int64
	mu     sync.RWMutex
	keys   map[string]Key
}

// NewTrust makes a set for a site, or for Federation.
func NewTrust(site string, keys ...Key) (*Trust, error) {
	t := &Trust{site: site, keys: map[string]Key{}}
	for _, k := range keys {
		if site != Federation && !strings.HasPrefix(k.Source, "/sites/"+site+"/") {
			return nil, fmt.Errorf("%w: key %s signs as %s, which is not of site %s", ErrKeyInvalid, k.ID, k.Source, site)
		}
		if err := t.Add(k); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Site is the site that the set is for.
func (t *Trust) Site() string { return t.site }

// Serial grows with each change that the root signs, so that an older file is known from a newer one; 0 where the file
// does not say.
func (t *Trust) Serial() int64 { return t.serial }

// Number sets the serial of a set that is being made.
func (t *Trust) Number(serial int64) { t.serial = serial }

// Lookup finds a key by its id.
func (t *Trust) Lookup(keyID string) (Key, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	k, ok := t.keys[keyID]
	return k, ok
}

// Keys lists all keys in order of their ids.
func (t *Trust) Keys() []Key {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []Key
	for _, k := range t.keys {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Key) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Add enrols a key while running. Whether that is allowed, for test keys above all, is for the caller to say. The same
// public key may be added again, for one to revoke it; another under the same id is ErrKeyConflict.
func (t *Trust) Add(k Key) error {
	if err := k.check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.keys[k.ID]; ok && (!known.Public.Equal(k.Public) || known.Source != k.Source) {
		return fmt.Errorf("%w: %s of %s and of %s", ErrKeyConflict, k.ID, known.Source, k.Source)
	}
	t.keys[k.ID] = k
	return nil
}

// Merge adds all keys of another set.
func (t *Trust) Merge(other *Trust) error {
	for _, k := range other.Keys() {
		if err := t.Add(k); err != nil {
			return fmt.Errorf("merge the trust of %s into that of %s: %w", other.site, t.site, err)
		}
	}
	return nil
}

func (k Key) check() error {
	switch {
	case k.ID == "" || k.Source == "":
		return fmt.Errorf("%w: it has no id or no source", ErrKeyInvalid)
	case len(k.Public) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: the public key of %s has %d bytes, not %d", ErrKeyInvalid, k.ID, len(k.Public), ed25519.PublicKeySize)
	case len(k.Types) == 0:
		return fmt.Errorf("%w: %s may sign no type", ErrKeyInvalid, k.ID)
	case !k.NotBefore.Before(k.NotAfter):
		return fmt.Errorf("%w: %s is valid at no time (notBefore is not before notAfter)", ErrKeyInvalid, k.ID)
	}
	return nil
}

// Seal writes the set as a trust file signed by the site's root.
func (t *Trust) Seal(root ed25519.PrivateKey) ([]byte, error) {
	body := trustBody{Site: t.site, Serial: t.serial, Keys: []keyFile{}}
	for _, k := range t.Keys() {
		body.Keys = append(body.Keys, k.file())
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the trust of %s: %w", t.site, err)
	}
	return json.Marshal(trustFile{Trust: raw, Signature: ed25519.Sign(root, trustMessage(raw))})
}

// LoadTrust reads a trust file and verifies it by the root's public key before anything in it is believed.
func LoadTrust(data []byte, root ed25519.PublicKey) (*Trust, error) {
	if len(root) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("load trust: the root's public key has %d bytes, not %d", len(root), ed25519.PublicKeySize)
	}
	var file trustFile
	if err := json.Unmarshal(data, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, errors.New("load trust: not a trust file {trust, signature}") // the library's words name types, not places
	}
	if !ed25519.Verify(root, trustMessage(file.Trust), file.Signature) {
		return nil, fmt.Errorf("load trust: %w", ErrTrustSignature)
	}
	var body trustBody
	if err := json.Unmarshal(file.Trust, &body, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("load trust: %w", err)
	}
	keys := make([]Key, len(body.Keys))
	for i, k := range body.Keys {
		keys[i] = k.key()
	}
	t, err := NewTrust(body.Site, keys...)
	if err != nil {
		return nil, fmt.Errorf("load trust: %w", err)
	}
	t.serial = body.Serial
	return t, nil
}

// Listed are the ids of the keys in a trust file, which nobody has verified: to know whose file to load for an id.
func Listed(data []byte) (ids []string, err error) {
	var file struct {
		Trust struct {
			Keys []struct {
				ID string `json:"id"`
			} `json:"keys"`
		} `json:"trust"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, errors.New("list the keys of a trust file: not a trust file {trust, signature}")
	}
	for _, k := range file.Trust.Keys {
		ids = append(ids, k.ID)
	}
	return ids, nil
}

func trustMessage(raw []byte) []byte { return append([]byte(trustContext), raw...) }

func (k Key) file() keyFile {
	return keyFile{ID: k.ID, Source: k.Source, Types: k.Types, Public: k.Public,
		NotBefore: k.NotBefore.UTC(), NotAfter: k.NotAfter.UTC(), RevokedAt: k.RevokedAt.UTC(), Test: k.Test}
}

func (k keyFile) key() Key {
	return Key{ID: k.ID, Source: k.Source, Types: k.Types, Public: k.Public,
		NotBefore: k.NotBefore, NotAfter: k.NotAfter, RevokedAt: k.RevokedAt, Test: k.Test}
}
