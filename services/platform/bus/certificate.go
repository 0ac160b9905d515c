package bus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// watched is a TLS configuration whose connections note when the first of the broker's certificates ends.
func (w *wire) watched(c *tls.Config) *tls.Config {
	if c == nil {
		return nil
	}
	c = c.Clone()
	before := c.VerifyConnection
	c.VerifyConnection = func(s tls.ConnectionState) error {
		w.ends.Store(firstEnd(s).Unix())
		if before != nil {
			return before(s)
		}
		return nil
	}
	return c
}

// firstEnd is that of the certificate and of those that vouch for it.
func firstEnd(s tls.ConnectionState) time.Time {
	all := s.PeerCertificates
	if len(s.VerifiedChains) > 0 {
		all = s.VerifiedChains[0]
	}
	return slices.MinFunc(all, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }).NotAfter
}

// CertificateEnds is when the certificate that the broker showed last, or one that vouches for it, ends. It is known of a
// Shared configuration that has been used.
func (c Config) CertificateEnds() (at time.Time, known bool) {
	if c.wire == nil || c.wire.ends.Load() == 0 {
		return at, false
	}
	return time.Unix(c.wire.ends.Load(), 0).UTC(), true
}

func certificateEnded(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}
