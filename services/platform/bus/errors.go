package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Outcomes that callers can tell apart.
var (
	// ErrClosed: the publisher or subscriber was closed before or during the call.
	ErrClosed = errors.New("bus closed")
	// ErrTooLarge: the record can never be published; nothing of the call was sent.
	ErrTooLarge = errors.New("record too large")
	// ErrNoTopic: the topic does not exist, or the user may not see it; brokers do not tell which.
	ErrNoTopic = errors.New("topic not found or no right to it")
	// ErrDenied: the broker refused the user, the certificate or the right.
	ErrDenied = errors.New("denied by the broker")
	// ErrNotAcknowledged: some record of the call may or may not be on the broker; publish the call again.
	ErrNotAcknowledged = errors.New("not acknowledged")
)

// who names the user in error texts.
func (c Config) who() string {
	if c.Username == "" {
		return "the anonymous user"
	}
	return fmt.Sprintf("user %q", c.Username)
}

// explain says what a broker's error about a resource means and what to do about it. Other errors pass unchanged.
func (c Config) explain(err error, verb, resource string) error {
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition), errors.Is(err, protocol.ErrNoTopic):
		return fmt.Errorf("%s not found, or %s may not %s it: create it or grant the right (a missing right looks the same as a missing topic): %w: %w",
			resource, c.who(), verb, ErrNoTopic, err)
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.GroupAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		return fmt.Errorf("%s may not %s %s: grant the right: %w: %w", c.who(), verb, resource, ErrDenied, err)
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return fmt.Errorf("%s was refused by %v: check name and password: %w: %w", c.who(), c.Brokers, ErrDenied, err)
	case errors.Is(err, kafka.InvalidSessionTimeout):
		return fmt.Errorf("a broker of %v refuses the session timeout of %s: lower its group.min.session.timeout.ms or raise the timeout here: %w", c.Brokers, resource, err)
	case errors.Is(err, kafka.KafkaStorageError):
		return fmt.Errorf("a broker of %v cannot write to its disk, which may be full: make room, then try again: %w", c.Brokers, err)
	case certificateEnded(err):
		return fmt.Errorf("the certificate of a broker of %v does not hold now: look at the clock of this machine, or give the broker another one (renew-certificate): %w: %w", c.Brokers, ErrDenied, err)
	case certificateRefused(err):
		return fmt.Errorf("TLS with %v failed: check the certificate authority on both sides: %w: %w", c.Brokers, ErrDenied, err)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no broker listens at %v: start it there, or say where it is now: %w", c.Brokers, err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("a broker of %v closed the connection: it may be stopping, speak TLS where this side does not, or refuse %s with this password: %w", c.Brokers, c.who(), err)
	}
	return err
}

// hopeless tells errors that no retry will cure. An unknown topic is not among them: it may just have been created.
func hopeless(err error) bool {
	var ke kafka.Error
	if errors.As(err, &ke) {
		// kafka-go says so, and calls it lasting, while its metadata show no leader or controller that lives
		return !ke.Temporary() && ke != kafka.BrokerNotAvailable
	}
	return certificateRefused(err) || errors.Is(err, context.Canceled)
}

func certificateRefused(err error) bool {
	var (
		cert  *tls.CertificateVerificationError
		ca    x509.UnknownAuthorityError
		alert tls.AlertError
	)
	return errors.As(err, &cert) || errors.As(err, &ca) || errors.As(err, &alert)
}
