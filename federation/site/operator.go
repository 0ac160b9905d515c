package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/fairway-tre/fairway/federation/internal/external"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// ErrNotPublished says that a change stands in the operator's folder and no site knows of it yet.
var ErrNotPublished = errors.New("not published: the federation's broker cannot be reached; run federation publish when it can")

// RunFederationBroker runs the federation's embedded broker until ctx ends, and gives it the registry, if it has not got
// all of it.
func RunFederationBroker(ctx context.Context, dir string) error {
	cfg, err := provision.BrokerConfig(dir)
	if err != nil {
		return err
	}
	b, err := announced(dir, cfg)
	if err != nil {
		return err
	}
	if _, err := external.Publish(ctx, dir, b.Addr()); err != nil && ctx.Err() == nil {
		return errors.Join(err, b.Close())
	}
	<-ctx.Done()
	return b.Close()
}

// Publish tells the sites, by the federation's broker at addr (empty: where it was announced), what is new in the registry,
// and lets new participants in at the broker. It returns how many entries were written.
// Errors: ErrNotPublished.
func Publish(ctx context.Context, dir, addr string) (int, error) {
	if addr == "" {
		var err error
		if addr, err = provision.BrokerAddr(dir); err != nil {
			return 0, err
		}
	}
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return 0, fmt.Errorf("%w (%s)", ErrNotPublished, addr)
	}
	conn.Close() //nolint:errcheck // nothing was said
	if err := external.Provision(ctx, dir, addr); err != nil {
		return 0, err
	}
	return external.Publish(ctx, dir, addr)
}

// Admitted is what the operator must know of a site that was admitted.
type Admitted struct {
	Name        string
	Fingerprint string             // of its root, to be compared with what the site reads out
	File        string             // the answer to the site, confidential
	Published   bool               // the other sites are told; else Publish is to be called
	Keys        registry.KeyChange // by Rotate
}

// published fills in an answer after a change to the registry.
func published(ctx context.Context, federation string, p registry.Participant) (Admitted, error) {
	a := Admitted{Name: p.Site, Fingerprint: registry.Fingerprint(p.Root), File: provision.AdmissionFile(federation, p.Site)}
	_, err := Publish(ctx, federation, "")
	a.Published = err == nil
	if errors.Is(err, ErrNotPublished) {
		err = nil
	}
	return a, err
}

// Admit takes a site's join file into the federation's registry, with the kind of the agreement that it signed (empty: DSA),
// and publishes that, if the broker can be reached.
func Admit(ctx context.Context, federation, joinFile, agreement string) (Admitted, error) {
	join, err := readJoin("federation admit", joinFile)
	if err != nil {
		return Admitted{}, err
	}
	p, err := provision.Admit(federation, join, agreement)
	if err != nil {
		return Admitted{}, fmt.Errorf("%s: %w", joinFile, err)
	}
	return published(ctx, federation, p)
}

// Rotate takes a participant's new keys from its join file and publishes that.
func Rotate(ctx context.Context, federation, joinFile string) (Admitted, error) {
	join, err := readJoin("federation rotate", joinFile)
	if err != nil {
		return Admitted{}, err
	}
	p, keys, err := provision.Rotate(federation, join)
	if err != nil {
		return Admitted{}, fmt.Errorf("%s: %w", joinFile, err)
	}
	a, err := published(ctx, federation, p)
	a.Keys = keys
	return a, err
}

func readJoin(command, file string) ([]byte, error) {
	join, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: give the %s of the site's folder", command, err, setup.JoinFile)
	}
	return join, nil
}

// Suspend lists a participant as suspended, for a reason code, and publishes that.
func Suspend(ctx context.Context, federation, site, reason string) (Admitted, error) {
	return setStatus(ctx, federation, site, registry.Suspended, reason)
}

// Reinstate lists a suspended participant as active again, and publishes that.
func Reinstate(ctx context.Context, federation, site string) (Admitted, error) {
	return setStatus(ctx, federation, site, registry.Active, "")
}

// Leave lists a participant as one that has left, for good, and publishes that.
func Leave(ctx context.Context, federation, site, reason string) (Admitted, error) {
	return setStatus(ctx, federation, site, registry.Left, reason)
}

func setStatus(ctx context.Context, federation, site, status, reason string) (Admitted, error) {
	p, err := provision.SetStatus(federation, site, status, reason)
	if err != nil {
		return Admitted{}, err
	}
	return published(ctx, federation, p)
}

// Participants lists the registry as the operator keeps it.
func Participants(federation string) ([]registry.Participant, error) {
	r, err := provision.Participants(federation)
	return r.Participants, err
}

// Rotation is what a rotation of keys is made from, and Overlap how long old keys sign beside new ones by default.
type Rotation = provision.Rotation

// Overlap is provision.Overlap.
const Overlap = provision.Overlap

// RotateKeys makes new keys for a site; see provision.RotateKeys.
func RotateKeys(dir string, r Rotation) (provision.Rotated, error) {
	return provision.RotateKeys(dir, r)
}

// Renew writes a site's join file anew, with what this release reads from other sites.
func Renew(dir string) error { return provision.Renew(dir) }

// RenewCertificate gives the broker of a site's or a federation's folder a new certificate; see provision.RenewCertificate.
func RenewCertificate(dir string) (time.Time, error) { return provision.RenewCertificate(dir, nil) }
