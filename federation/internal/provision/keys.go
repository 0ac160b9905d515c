package provision

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/fairway-tre/fairway/contracts/signing"
)

func newSigningKey() (ed25519.PublicKey, ed25519.PrivateKey, []byte, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("make a signing key: %w", err)
	}
	text, err := privatePEM(private)
	return public, private, text, err
}

func privatePEM(key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func encodeKey(public ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(public) }

// keyOf says what a public key may sign, from now on.
func keyOf(public ed25519.PublicKey, source string, types []string, now time.Time) signing.Key {
	now = now.UTC().Truncate(time.Second)
	return signing.Key{ID: signing.KeyID(public), Source: source, Types: types, Public: public,
		NotBefore: now.Add(-clockTolerance), NotAfter: now.AddDate(yearsKey, 0, 0)}
}

// authority signs the certificate of one broker.
type authority struct {
	cert             *x509.Certificate
	key              *ecdsa.PrivateKey
	certPEM, keyPEM  []byte
	brokerPEM, brKey []byte
}

// newAuthority makes an authority and the certificate of its broker at addr, which always holds for the loopback
// address too. Keys are ECDSA P-256, which every broker reads.
func newAuthority(name, addr string, now time.Time) (*authority, error) {
	a := &authority{}
	template := certificate("Fairway "+name+" CA", now, yearsCA)
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	var err error
	if a.cert, a.key, a.certPEM, a.keyPEM, err = a.issue(template); err != nil {
		return nil, fmt.Errorf("make the authority of %s: %w", name, err)
	}
	leaf := brokerCertificate("Fairway "+name+" broker", now)
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if host, _, err := net.SplitHostPort(addr); err == nil {
		nameHost(leaf, host)
	}
	if _, _, a.brokerPEM, a.brKey, err = a.issue(leaf); err != nil {
		return nil, fmt.Errorf("make the certificate of the broker of %s: %w", name, err)
	}
	return a, nil
}

func nameHost(leaf *x509.Certificate, host string) {
	switch ip := net.ParseIP(host); {
	case ip != nil && !ip.IsLoopback():
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
	case ip == nil && host != "" && host != "localhost":
		leaf.DNSNames = append(leaf.DNSNames, host)
	}
}

func certificate(name string, now time.Time, years int) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: name},
		NotBefore: now.UTC().Add(-clockTolerance), NotAfter: now.UTC().AddDate(years, 0, 0)}
}

func brokerCertificate(name string, now time.Time) *x509.Certificate {
	c := certificate(name, now, yearsKey)
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return c
}

// issue signs by the authority, or by the new key itself for the authority's own certificate.
func (a *authority) issue(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, []byte, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, nil, nil, err
	}
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	keyPEM, err := privatePEM(key)
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyPEM, err
}
