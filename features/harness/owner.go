package harness

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Signer signs as a principal of the site with its true key: the judge made the site and holds its keys. What it signs is
// a true statement of that principal to every reader, also to one that believes no test keys.
func (s *Site) Signer(principal string) (signing.Signer, error) {
	name := filepath.Join(s.Dir, principal, "signing.key")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("sign as %s of %s: %w", principal, s.Name, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("sign as %s of %s: %s has no PEM block", principal, s.Name, name)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("sign as %s of %s: %s: %w", principal, s.Name, name, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("sign as %s of %s: %s is no Ed25519 key", principal, s.Name, name)
	}
	return signing.NewSigner(topics.Source(s.Name, principal), key), nil
}

// Secrets are what was given to a principal of the site alone and nobody may hear of: its password on the broker, and the
// lines of its signing key.
func (s *Site) Secrets(principal string) (all []string, err error) {
	for _, file := range []string{"scram.password", "signing.key"} {
		text, err := os.ReadFile(filepath.Join(s.Dir, principal, file))
		if err != nil {
			return nil, fmt.Errorf("read what %s of %s was given: %w", principal, s.Name, err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-----") {
				all = append(all, line)
			}
		}
	}
	return all, nil
}

// Trust is the keys of the site's principals, verified by its root.
func (s *Site) Trust() (*signing.Trust, error) { return s.trust() }

// Signed is a record with a signature of the signer over all its attributes and its place, whatever they say: what its
// key can say, not what a contract lets it say.
func Signed(r envelope.Record, by signing.Signer) envelope.Record {
	r = WithHeader(r, "ce_keyid", by.KeyID())
	var attributes []signing.Attribute
	for _, h := range r.Headers {
		if name, ok := strings.CutPrefix(h.Key, "ce_"); ok && name != "signature" {
			attributes = append(attributes, signing.Attribute{Name: name, Value: string(h.Value)})
		} else if h.Key == "content-type" {
			attributes = append(attributes, signing.Attribute{Name: "datacontenttype", Value: string(h.Value)})
		}
	}
	return WithHeader(r, "ce_signature", signing.EncodeSignature(by.Sign(signing.Message(attributes, r.Topic, r.Key, r.Value))))
}

// Private lists what the site may know of a person and nobody may say: address, name and secrets.
func (p *Person) Private() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, text := range []string{p.email, "Person " + p.email[:4], p.password, p.token, p.secret} {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

// Tells reports whether a record is about one of these ids: in subject, cause or data.
func (s Seen) Tells(ids ...string) bool { return s.mentions(ids) }

// Place is where a record lies, in words: topic/partition@offset.
func (s Seen) Place() string { return fmt.Sprintf("%s/%d@%d", s.Record.Topic, s.Partition, s.Offset) }

// Describe tells of a record in one line; of its data only reason and detail of a refusal.
func Describe(s Seen) string { return describe(s) }
