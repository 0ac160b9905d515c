package provision

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// RenewCertificate gives the broker of a site's or a federation's folder, where its authority's key must lie, a new
// certificate for the names of the old one, which it shows from its next start on. Nobody else has to know. It returns
// when the new one ends: never after the authority. Errors: ErrRefused, those of setup.Authority.
func RenewCertificate(dir string, c clock.Clock) (end time.Time, err error) {
	if c == nil {
		c = clock.System{}
	}
	by, err := setup.Authority(dir)
	if err != nil {
		return end, fmt.Errorf("renew-certificate: %w", err)
	}
	key, ok := by.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return end, fmt.Errorf("renew-certificate: %w: the authority of %s is not one that init made: let whoever made it give the certificate", ErrRefused, dir)
	}
	now := c.Now()
	if !now.Before(by.Leaf.NotAfter) {
		return end, fmt.Errorf("renew-certificate: %w: the authority of %s ended at %s, and nothing that it signs holds any more", ErrRefused, dir, by.Leaf.NotAfter.Format(time.RFC3339))
	}
	old, err := brokerLeaf(dir)
	if err != nil {
		return end, fmt.Errorf("renew-certificate: %w", err)
	}
	leaf := brokerCertificate(old.Subject.CommonName, now)
	leaf.DNSNames, leaf.IPAddresses = old.DNSNames, old.IPAddresses
	if leaf.NotAfter.After(by.Leaf.NotAfter) {
		leaf.NotAfter = by.Leaf.NotAfter
	}
	_, _, certPEM, keyPEM, err := (&authority{cert: by.Leaf, key: key}).issue(leaf)
	if err != nil {
		return end, fmt.Errorf("renew-certificate: %w", err)
	}
	// a broker that starts in between refuses the two, which do not belong together: then this is to be done again
	if err := replace(dir, filepath.Join(setup.BrokerDir, setup.TLSKeyFile), keyPEM, true); err != nil {
		return end, err
	}
	return leaf.NotAfter, replace(dir, filepath.Join(setup.BrokerDir, setup.TLSCertFile), certPEM, false)
}

// brokerLeaf is the present certificate, also where its key does not fit.
func brokerLeaf(dir string) (*x509.Certificate, error) {
	name := filepath.Join(dir, setup.BrokerDir, setup.TLSCertFile)
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: restore it from a backup, it says for which names the certificate is", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: %w: it holds no certificate in PEM: restore it from a backup", name, setup.ErrKey)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w: restore it from a backup", name, setup.ErrKey, err)
	}
	return cert, nil
}
