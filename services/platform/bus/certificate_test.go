package bus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

func TestTheEndOfABrokersCertificateIsKnownBeforeAndToldAfter(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		left time.Duration
		want string
	}{
		"holds": {10 * day, ""},
		"ended": {-day, "renew-certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			end := time.Now().Add(c.left).UTC().Truncate(time.Second)
			cert, roots := certificateUntil(t, end)
			b := must(broker.Start(broker.Config{Dir: t.TempDir(), TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13},
				Topics: []broker.Topic{{Name: "t", Partitions: 1}}}))
			defer b.Close()
			cfg := must(bus.Config{Brokers: []string{b.Addr()}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}.Shared())
			if _, known := cfg.CertificateEnds(); known {
				t.Error("the end is known before anybody connected")
			}
			sub := newSubscriber(t, cfg, bus.SubscriberConfig{})
			must(sub.Subscribe(t.Context(), "t"))
			var err error
			eventually(t, "its standing is known", func() bool {
				err = sub.Ready(t.Context())
				return err == nil && c.want == "" || err != nil && c.want != "" && strings.Contains(err.Error(), c.want)
			})
			if at, known := cfg.CertificateEnds(); known != (c.want == "") || known && !at.Equal(end) {
				t.Errorf("ends %s (%v), not %s; %v", at, known, end, err)
			}
		})
	}
}

// certificateUntil vouches for itself, and who believes it.
func certificateUntil(t *testing.T, end time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(der)))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
