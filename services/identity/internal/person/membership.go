package person

import (
	"errors"
	"slices"
	"time"
)

// Outcomes about suspensions and memberships that callers tell apart.
var (
	ErrSuspended        = errors.New("the person is suspended already")
	ErrNotSuspended     = errors.New("the person is not suspended")
	ErrMembershipLocal  = errors.New("no group outside makes researchers of this site; an identity officer does")
	ErrMembershipStale  = errors.New("a later change of this membership is known")
	ErrMembershipFuture = errors.New("the membership is said to change in the future")
	ErrNotAMember       = errors.New("the group outside has removed the person; only it can make them a researcher again")
)

// The roles that memberships are about.
const (
	Researcher = "researcher"
	Feed       = "membership-feed" // tells what a group outside says
)

// Membership is what a group outside said last of somebody.
type Membership struct {
	Group     string    `json:"group"`
	Member    bool      `json:"member"`
	ChangedAt time.Time `json:"changedAt"`
}

// Follows holds that a change comes after what is known, at a site whose members are kept outside.
func (m Membership) Follows(before Membership, external bool, now time.Time) error {
	switch {
	case !external:
		return ErrMembershipLocal
	case m.ChangedAt.After(now):
		return ErrMembershipFuture
	case !m.ChangedAt.After(before.ChangedAt):
		return ErrMembershipStale
	}
	return nil
}

// Allows holds that a role can be given by an officer: not back to who was removed outside.
func (m Membership) Allows(role string) error {
	if role == Researcher && !m.Member && !m.ChangedAt.IsZero() {
		return ErrNotAMember
	}
	return nil
}

// Suspend holds that somebody with these roles can be suspended; officers counts who can give roles now.
func Suspend(held []string, suspended bool, officers int) error {
	if suspended {
		return ErrSuspended
	}
	if slices.Contains(held, Officer) && officers < 2 {
		return ErrLastOfficer
	}
	return nil
}

// Reinstate holds that a suspension can end.
func Reinstate(suspended bool) error {
	if !suspended {
		return ErrNotSuspended
	}
	return nil
}
