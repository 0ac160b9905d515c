package person_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/person"
)

func TestSuspensionsAndMemberships(t *testing.T) {
	in := person.Membership{Group: "g", Member: true, ChangedAt: now}
	out := person.Membership{Group: "g", ChangedAt: now.Add(-time.Hour)}
	for name, c := range map[string]struct{ got, want error }{
		"a first membership":           {in.Follows(person.Membership{}, true, now), nil},
		"a later change":               {in.Follows(out, true, now), nil},
		"an earlier change":            {out.Follows(in, true, now), person.ErrMembershipStale},
		"the same again":               {in.Follows(in, true, now), person.ErrMembershipStale},
		"a change to come":             {in.Follows(out, true, now.Add(-time.Minute)), person.ErrMembershipFuture},
		"where officers decide":        {in.Follows(out, false, now), person.ErrMembershipLocal},
		"back to who was removed":      {out.Allows(person.Researcher), person.ErrNotAMember},
		"another role for the removed": {out.Allows("data-manager"), nil},
		"a member":                     {in.Allows(person.Researcher), nil},
		"who no group knows":           {person.Membership{}.Allows(person.Researcher), nil},
		"somebody":                     {person.Suspend(nil, false, 1), nil},
		"somebody again":               {person.Suspend(nil, true, 1), person.ErrSuspended},
		"the last officer":             {person.Suspend([]string{person.Officer}, false, 1), person.ErrLastOfficer},
		"one of two officers":          {person.Suspend([]string{person.Officer}, false, 2), nil},
		"back":                         {person.Reinstate(true), nil},
		"back who was never gone":      {person.Reinstate(false), person.ErrNotSuspended},
	} {
		if !errors.Is(c.got, c.want) || (c.want == nil) != (c.got == nil) {
			t.Errorf("%s: %v, not %v", name, c.got, c.want)
		}
	}
}
