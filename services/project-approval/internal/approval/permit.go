package approval

import "fmt"

// PermitStatus is the status of a permit, verbatim from TEHDAS2 D6.4 §9.2.
type PermitStatus string

// The statuses of a permit here.
const (
	Granted PermitStatus = "GRANTED"
	Revoked PermitStatus = "REVOKED"
	Expired PermitStatus = "EXPIRED"
)

// permitNext is the whole life of a permit.
var permitNext = map[PermitStatus]map[PermitStatus]bool{
	"":      {Granted: true},
	Granted: {Revoked: true, Expired: true},
	Revoked: {},
	Expired: {},
}

// Permit is the status of one permit.
type Permit struct {
	Status PermitStatus `json:"status"`
}

// Become moves the permit on.
func (p *Permit) Become(to PermitStatus) error {
	if !permitNext[p.Status][to] {
		return fmt.Errorf("%w: a permit that is %s cannot become %s", ErrTransition, p.Status, to)
	}
	p.Status = to
	return nil
}
