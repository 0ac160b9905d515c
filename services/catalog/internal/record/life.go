package record

import (
	"errors"
	"fmt"
)

// Life is where a record stands.
type Life string

// The states of a record.
const (
	Published Life = "published"
	Updated   Life = "updated"
	Withdrawn Life = "withdrawn"
)

// ErrRecord says that a record is not in a state for what was asked.
var ErrRecord = errors.New("the record is not in a state for this")

// life is the whole life of a record. One that was withdrawn can be published again, in a new version.
var life = map[Life]map[Life]bool{
	"":        {Published: true},
	Published: {Updated: true, Withdrawn: true},
	Updated:   {Updated: true, Withdrawn: true},
	Withdrawn: {Published: true},
}

// Become moves a record on.
func (l Life) Become(to Life) (Life, error) {
	if !life[l][to] {
		return l, fmt.Errorf("%w: one that is %q cannot become %q", ErrRecord, l, to)
	}
	return to, nil
}

// Described is what a description makes of the record: a first one or another version.
func (l Life) Described() Life {
	if life[l][Updated] {
		return Updated
	}
	return Published
}

// Found says whether the record can be found.
func (l Life) Found() bool { return l == Published || l == Updated }
