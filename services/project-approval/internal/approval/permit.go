package approval

import (
	"errors"
	"fmt"
)

// PermitStatus is the status of a permit, verbatim from TEHDAS2 D6.4 §9.2.
type PermitStatus string

// The statuses of a permit.
const (
	Granted PermitStatus = "GRANTED"
	Amended PermitStatus = "AMENDED"
	Renewed PermitStatus = "RENEWED"
	Revoked PermitStatus = "REVOKED"
	Expired PermitStatus = "EXPIRED"
)

// ErrRenewed says that a permit is renewed once.
var ErrRenewed = errors.New("a permit that was renewed is not renewed again; apply anew")

// permitNext is the whole life of a permit.
var permitNext = map[PermitStatus]map[PermitStatus]bool{
	"":      {Granted: true},
	Granted: {Amended: true, Renewed: true, Revoked: true, Expired: true},
	Amended: {Amended: true, Renewed: true, Revoked: true, Expired: true},
	Renewed: {Amended: true, Revoked: true, Expired: true},
	Revoked: {},
	Expired: {},
}

// Permit is the status of one permit.
type Permit struct {
	Status   PermitStatus `json:"status"`
	Extended bool         `json:"extended,omitzero"` // renewed before
}

// Become moves the permit on.
func (p *Permit) Become(to PermitStatus) error {
	// TEHDAS2 D6.4 §9.2: a permit that has been extended must not be extended again.
	if to == Renewed && p.Extended {
		return ErrRenewed
	}
	if !permitNext[p.Status][to] {
		return fmt.Errorf("%w: a permit that is %s cannot become %s", ErrTransition, p.Status, to)
	}
	p.Status, p.Extended = to, p.Extended || to == Renewed
	return nil
}

// Live says whether the permit holds, as far as what was said of it goes.
func (p Permit) Live() bool { return len(permitNext[p.Status]) > 0 && p.Status != "" }
