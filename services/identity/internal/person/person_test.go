package person_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/person"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestASessionIsGoodFromItsLastFactorOn(t *testing.T) {
	for name, c := range map[string]struct {
		seen person.SignedIn
		want time.Time
		err  error
	}{
		"two factors":       {person.SignedIn{"aal2", now, now.Add(time.Minute), true}, now.Add(61 * time.Minute), nil},
		"one factor":        {person.SignedIn{"aal1", now, time.Time{}, true}, now.Add(time.Hour), nil},
		"claims a second":   {person.SignedIn{"aal2", now, time.Time{}, true}, time.Time{}, person.ErrAssurance},
		"hides a second":    {person.SignedIn{"aal1", now, now, true}, time.Time{}, person.ErrAssurance},
		"from another land": {person.SignedIn{"aal2", now, now, false}, time.Time{}, person.ErrAddress},
	} {
		got, err := c.seen.Attest(time.Hour)
		if !errors.Is(err, c.err) || !got.Equal(c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestRules(t *testing.T) {
	digest := person.CodeDigest("abc")
	// FIPS 180-2, appendix B.1.
	if digest != "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("the digest of abc is %s", digest)
	}
	for name, c := range map[string]struct{ got, want error }{
		"the code":                   {person.Claim(digest, digest, false), nil},
		"the code again":             {person.Claim(digest, digest, true), person.ErrCodeUsed},
		"another code":               {person.Claim(person.CodeDigest("abd"), digest, false), person.ErrCode},
		"a site without a code":      {person.Claim("", "", false), person.ErrCode},
		"oneself":                    {person.Self("s:1", "s:1", "s"), nil},
		"somebody else":              {person.Self("s:2", "s:1", "s"), person.ErrNotYourself},
		"nobody":                     {person.Self("", "", "s"), person.ErrNotYourself},
		"another site's":             {person.Self("other:1", "other:1", "s"), person.ErrForeign},
		"the course":                 {person.Training("c", "c", now, now), nil},
		"another course":             {person.Training("d", "c", now, now), person.ErrCourse},
		"a course ahead":             {person.Training("c", "c", now.Add(1), now), person.ErrFuture},
		"the agreement":              {person.Agreement("a", "1", "a", "1"), nil},
		"an older version":           {person.Agreement("a", "0", "a", "1"), person.ErrAgreement},
		"a first role":               {person.Grant(nil, "x"), nil},
		"a role again":               {person.Grant([]string{"x"}, "x"), person.ErrRoleHeld},
		"a held role":                {person.Revoke([]string{"x"}, "x", 1), nil},
		"a role not held":            {person.Revoke(nil, "x", 2), person.ErrRoleNotHeld},
		"the last officer":           {person.Revoke([]string{person.Officer}, person.Officer, 1), person.ErrLastOfficer},
		"one of two officers":        {person.Revoke([]string{person.Officer}, person.Officer, 2), nil},
		"one's own session":          {person.Close("s:1", "s:1", false), nil},
		"a session of somebody else": {person.Close("s:1", "s:2", false), person.ErrSessionNotYours},
		"a session that ended":       {person.Close("s:1", "s:1", true), person.ErrSessionEnded},
	} {
		if !errors.Is(c.got, c.want) || (c.want == nil && c.got != nil) {
			t.Errorf("%s: %v, not %v", name, c.got, c.want)
		}
	}
}
