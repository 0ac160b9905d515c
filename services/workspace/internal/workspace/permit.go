package workspace

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why a permit does not allow what was asked.
var (
	ErrRevoked = errors.New("the permit was revoked")
	ErrExpired = errors.New("the permit has expired")
	ErrClosed  = errors.New("the workspace was closed")
	ErrPerson  = errors.New("the permit does not name this person")
	ErrSilent  = errors.New("the holder of the data has not affirmed the permit lately")
	ErrBeyond  = errors.New("the permit does not reach as far")
)

// Ending is how a permit, or the work under it at this site, ended; empty while it holds.
type Ending string

// The endings.
const (
	Revoked Ending = "revoked"
	Expired Ending = "expired"
	Given   Ending = "given-up" // its people closed the workspace
)

// Permit lets persons run kinds of analyses on concepts of datasets of this site.
type Permit struct {
	ID        string    `json:"id"`
	Project   string    `json:"project"`
	Host      string    `json:"host"`            // the site responsible for the project
	Holder    string    `json:"holder,omitzero"` // the site that granted it, if its data are hosted here
	Persons   []string  `json:"persons"`
	Datasets  []string  `json:"datasets"`
	Concepts  []string  `json:"concepts"`
	Kinds     []string  `json:"kinds"`
	ExpiresAt time.Time `json:"expiresAt"`
	Ended     Ending    `json:"ended,omitzero"`
	Sponsor   string    `json:"sponsor,omitzero"` // who pays for the project
}

// Holds is nil while the permit is valid. The time counts also before its end was announced.
func (p Permit) Holds(now time.Time) error {
	switch {
	case p.Ended == Revoked:
		return ErrRevoked
	case p.Ended == Expired || !now.Before(p.ExpiresAt):
		return ErrExpired
	case p.Ended == Given:
		return ErrClosed
	}
	return nil
}

// End is when the permit ended, of one that has by now: at its own time, or earlier by somebody's word.
func (p Permit) End(now time.Time) time.Time {
	if p.ExpiresAt.Before(now) {
		return p.ExpiresAt
	}
	return now
}

// Request is what a job would do under a permit.
type Request struct {
	Person, Dataset, Host string
	Study                 bool // the result goes to the project's host
	Concepts, Kinds       []string
}

// Allows is nil if the permit names the person and reaches as far as the request.
//
// Permits list persons, datasets, concepts, analyses, expiry.
func (p Permit) Allows(r Request) error {
	if !slices.Contains(p.Persons, r.Person) {
		return ErrPerson
	}
	if !slices.Contains(p.Datasets, r.Dataset) {
		return fmt.Errorf("%w: dataset %s is not in it", ErrBeyond, r.Dataset)
	}
	if r.Study && r.Host != p.Host {
		return fmt.Errorf("%w: the host of its project is another site than %s", ErrBeyond, r.Host)
	}
	for _, c := range r.Concepts {
		if !slices.Contains(p.Concepts, c) {
			return fmt.Errorf("%w: concept %s is not in it", ErrBeyond, c)
		}
	}
	for _, kind := range r.Kinds {
		if !slices.Contains(p.Kinds, kind) {
			return fmt.Errorf("%w: the analysis %s is not in it", ErrBeyond, kind)
		}
	}
	return nil
}
