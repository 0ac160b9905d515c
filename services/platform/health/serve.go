package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

var (
	// ErrPortInUse is when another program listens on the address.
	ErrPortInUse = errors.New("port in use")
	// ErrNotLoopback is when the address is not one of this machine alone.
	ErrNotLoopback = errors.New("not a loopback address")
)

// Listen opens a listener on a loopback address such as 127.0.0.1:8080; port 0 takes a free one.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP on %q: %w: expected an address like 127.0.0.1:8080", addr, err)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen for HTTP on %q: %w: use 127.0.0.1 and put a proxy with TLS before it", addr, ErrNotLoopback)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen for HTTP on %s: %w: stop the other program, choose another port, or use port 0 for a free one",
			addr, ErrPortInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP on %s: %w", addr, err)
	}
	return l, nil
}

const (
	headerTimeout = 5 * time.Second
	drainTimeout  = 2 * time.Second
	maxHeader     = 16 << 10
)

// Serve answers on l until ctx ends, then lets running requests finish for a short while. It closes l and returns nil
// after an orderly end.
func Serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeader}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		err := server.Shutdown(drain)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		stopped <- err
	})
	err := server.Serve(l)
	if stop() { // ctx had not ended
		return fmt.Errorf("HTTP on %s: %w", l.Addr(), err)
	}
	return <-stopped
}
