package harness

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const (
	dialTimeout = 5 * time.Second
	metadataTTL = time.Second
)

// Broker is how to reach one broker as one of its users. Address and password are read from their files each time,
// since a restart may change them.
type Broker struct {
	Name                          string // of the site, or "federation"
	User                          string
	addressFile, caFile, password string
}

// FederationBroker names the federation's own broker.
const FederationBroker = "federation"

func brokerAt(name, dir, user string) Broker {
	return Broker{Name: name, User: user, addressFile: filepath.Join(dir, "run", "broker.addr"),
		caFile: filepath.Join(dir, "ca.pem"), password: filepath.Join(dir, user, "scram.password")}
}

// Address is host:port.
func (b Broker) Address() (net.Addr, error) {
	address, err := readAddress(b.addressFile)
	if err != nil {
		return nil, fmt.Errorf("find the broker of %s: %w", b.Name, err)
	}
	return kafka.TCP(address), nil
}

// transport opens connections with TLS and SCRAM-SHA-512; nothing speaks plain text.
func (b Broker) transport() (*kafka.Transport, error) {
	ca, err := os.ReadFile(b.caFile)
	if err != nil {
		return nil, fmt.Errorf("trust the broker of %s: %w", b.Name, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("trust the broker of %s: %s holds no certificate", b.Name, b.caFile)
	}
	password, err := os.ReadFile(b.password)
	if err != nil {
		return nil, fmt.Errorf("sign in to the broker of %s as %s: %w", b.Name, b.User, err)
	}
	mechanism, err := scram.Mechanism(scram.SHA512, b.User, strings.TrimSpace(string(password)))
	if err != nil {
		return nil, fmt.Errorf("sign in to the broker of %s as %s: %w", b.Name, b.User, err)
	}
	return &kafka.Transport{DialTimeout: dialTimeout, MetadataTTL: metadataTTL, ClientID: "harness",
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, SASL: mechanism}, nil
}
