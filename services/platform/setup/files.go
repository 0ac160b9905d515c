package setup

import (
	"cmp"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

func readRegular(elem ...string) ([]byte, error) {
	name := filepath.Join(elem...)
	text, err := os.ReadFile(name)
	if missing(err) {
		return nil, fmt.Errorf("%s: %w: %s", name, ErrMissing, whence(filepath.Base(name)))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}

// whence says how to get a file that is missing.
func whence(name string) string {
	switch name {
	case RegistryFile, FederationCAFile, FederationPassword:
		return "run site join again with the operator's answer"
	}
	return "restore it from a backup; it came with the folder"
}

// readSecret refuses a file that others may read, before it is used.
func readSecret(elem ...string) ([]byte, error) {
	name := filepath.Join(elem...)
	info, err := os.Stat(name)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w: mode is %04o, expected 0600: chmod 600 it, and change the secret if others could log in here",
			name, ErrPermissions, info.Mode().Perm())
	}
	return readRegular(name)
}

func readPassword(elem ...string) (string, error) {
	text, err := readSecret(elem...)
	if err != nil {
		return "", err
	}
	password := strings.TrimSpace(string(text))
	if password == "" {
		return "", fmt.Errorf("%s: %w: the file is empty: restore it from a backup", filepath.Join(elem...), ErrKey)
	}
	return password, nil
}

// ReadPrivateKey reads a secret Ed25519 key in PEM (PKCS 8).
func ReadPrivateKey(elem ...string) (ed25519.PrivateKey, error) {
	text, err := readSecret(elem...)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(elem...)
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s: %w: expected a PEM block PRIVATE KEY: restore it from a backup", name, ErrKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrKey, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: %w: expected an Ed25519 key, found %T", name, ErrKey, parsed)
	}
	return key, nil
}

// PublicKey reads a public key as site.yaml has it.
func PublicKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: expected base64 of %d bytes of an Ed25519 public key", ErrKey, ed25519.PublicKeySize)
	}
	return raw, nil
}

// signer is a principal's own, checked against what the site's root says about it.
func signer(dir, site, principal string, trust signing.Keys) (signing.Signer, error) {
	private, err := ReadPrivateKey(dir, principal, SigningKeyFile)
	if err != nil {
		return nil, err
	}
	s := signing.NewSigner(topics.Source(site, principal), private)
	known, ok := trust.Lookup(s.KeyID())
	if !ok || known.Source != s.Source() {
		return nil, fmt.Errorf("%s: %w: %s does not list it for %s: nobody would believe what it signs; restore the key, or make the site anew",
			filepath.Join(dir, principal, SigningKeyFile), ErrKey, TrustFile, s.Source())
	}
	return s, nil
}

// WriteAtomic makes a file appear with all of its content or not at all.
func WriteAtomic(name string, content []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // waste beside the error that is told
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// Announce writes the address of a running service, for people, probes and the harness: run/<principal>.http.
func Announce(siteDir, principal, addr string) error {
	return announce(siteDir, principal+".http", addr)
}

// AnnounceBroker writes the address of the running broker of a site or a federation, where Load finds it.
func AnnounceBroker(dir, addr string) error { return announce(dir, brokerAddrFile, addr) }

func announce(dir, file, addr string) error {
	if err := os.MkdirAll(filepath.Join(dir, RunDir), 0o755); err != nil {
		return fmt.Errorf("create %s in %s: %w", RunDir, dir, err)
	}
	return WriteAtomic(filepath.Join(dir, RunDir, file), []byte(addr+"\n"), 0o644)
}

// BrokerAddr is where the broker of a site or a federation was announced last; else what is configured.
func BrokerAddr(dir, configured string) (string, error) {
	announced, err := announcedBroker(dir)
	return cmp.Or(announced, configured), err
}

// announcedBroker is the address last written by AnnounceBroker, empty when there is none.
func announcedBroker(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, RunDir, brokerAddrFile))
	if missing(err) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// BrokerAddress is where the site's broker is: as its last start announced it, else as site.yaml says. Errors: ErrAddress.
func BrokerAddress(siteDir string, site File) (string, error) {
	announced, err := announcedBroker(siteDir)
	if err != nil {
		return "", fmt.Errorf("read the broker's address in %s: %w", siteDir, err)
	}
	addr := cmp.Or(announced, site.Broker)
	if err := known(addr, "the site's broker"); err != nil {
		return "", fmt.Errorf("%s: %w", siteDir, err)
	}
	return addr, nil
}
