package provision_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// in is a clock that stands so many years from a beginning.
type in struct {
	clock.Clock
	years int
}

func (i in) Now() time.Time { return time.Date(2026+i.years, 3, 1, 0, 0, 0, 0, time.UTC) }

func TestTheBrokersCertificateIsRenewedByItsAuthorityAndNoLongerThanThat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "molgenis")
	if _, err := provision.InitSite(dir, provision.SiteOptions{Profile: profileOf(t, "molgenis"), Broker: "broker.example.org:9092", Clock: in{}}); err != nil {
		t.Fatal(err)
	}
	holds := func(at in) (x509.Certificate, error) {
		t.Helper()
		pair, err := tls.X509KeyPair(read(t, dir, setup.BrokerDir, setup.TLSCertFile), read(t, dir, setup.BrokerDir, setup.TLSKeyFile))
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(read(t, dir, setup.CAFile))
		for _, name := range []string{"broker.example.org", "127.0.0.1"} {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at.Now()}); err != nil {
				return *pair.Leaf, err
			}
		}
		return *pair.Leaf, nil
	}
	if _, err := holds(in{years: 6}); err == nil {
		t.Fatal("it held for six years: this test shows nothing")
	}
	for _, c := range []struct{ now, until int }{{4, 9}, {9, 10}} {
		end, err := provision.RenewCertificate(dir, in{years: c.now})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := holds(in{years: c.now})
		if err != nil || !leaf.NotAfter.Equal(end) || !end.Equal(in{years: c.until}.Now()) {
			t.Errorf("after %d years: ends %s, told %s, %v", c.now, leaf.NotAfter, end, err)
		}
	}
	before := string(read(t, dir, setup.BrokerDir, setup.TLSCertFile))
	if _, err := provision.RenewCertificate(dir, in{years: 11}); !errors.Is(err, provision.ErrRefused) {
		t.Errorf("by an authority that has ended: %v", err)
	}
	if string(read(t, dir, setup.BrokerDir, setup.TLSCertFile)) != before {
		t.Error("what was refused changed the certificate")
	}
}
