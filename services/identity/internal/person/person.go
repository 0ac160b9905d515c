// Package person has the rules about people at a site: what they prove, which roles they hold, how long a session is
// good. It knows pseudonyms only.
package person

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// Outcomes that callers tell apart.
var (
	ErrNotYourself     = errors.New("people do this for themselves only")
	ErrForeign         = errors.New("the pseudonym is one of another site")
	ErrCourse          = errors.New("the course is not the one that this site asks for")
	ErrFuture          = errors.New("the training is said to be completed in the future")
	ErrAgreement       = errors.New("the agreement or its version is not the one that this site asks for")
	ErrCode            = errors.New("the one-time code is wrong")
	ErrCodeUsed        = errors.New("the one-time code was used before")
	ErrRoleHeld        = errors.New("the person holds the role already")
	ErrRoleNotHeld     = errors.New("the person does not hold the role")
	ErrLastOfficer     = errors.New("the site would be left without an identity officer; give the role to somebody else first")
	ErrAddress         = errors.New("this site does not let people sign in from there")
	ErrAssurance       = errors.New("the assurance does not fit the factors that were given")
	ErrSessionExists   = errors.New("the session was opened before")
	ErrSessionNotYours = errors.New("the session is somebody else's")
	ErrSessionEnded    = errors.New("the session has ended")
)

// Officer is the role that gives roles.
const Officer = "identity-officer"

// Self holds that a person acts for itself, and at its home site.
func Self(actor, personID, site string) error {
	if actor == "" || actor != personID {
		return ErrNotYourself
	}
	return AtHome(personID, site)
}

// AtHome holds that a pseudonym is one of the site: <site>:<ULID>.
func AtHome(personID, site string) error {
	if home, _, _ := strings.Cut(personID, ":"); home != site {
		return ErrForeign
	}
	return nil
}

// Training holds that a completed course is the one that counts here, and that it lies in the past.
func Training(course, wanted string, completedAt, now time.Time) error {
	if course != wanted {
		return ErrCourse
	}
	if completedAt.After(now) {
		return ErrFuture
	}
	return nil
}

// Agreement holds that exactly the text that the site asks for is signed.
func Agreement(name, version, wantedName, wantedVersion string) error {
	if name != wantedName || version != wantedVersion {
		return ErrAgreement
	}
	return nil
}

// CodeDigest is what events and files say of a one-time code: "sha256:" and the hexadecimal hash.
func CodeDigest(code string) string {
	sum := sha256.Sum256([]byte(code))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Claim holds that a code of this digest makes somebody the first officer. A site that expects none has no first
// officer to make.
func Claim(given, expected string, used bool) error {
	if expected == "" || subtle.ConstantTimeCompare([]byte(given), []byte(expected)) != 1 {
		return ErrCode
	}
	if used {
		return ErrCodeUsed
	}
	return nil
}

// Grant holds that a role can be given to who holds these.
func Grant(held []string, role string) error {
	if slices.Contains(held, role) {
		return ErrRoleHeld
	}
	return nil
}

// Revoke holds that a role can be taken from who holds these; officers counts who can give roles now.
func Revoke(held []string, role string, officers int) error {
	if !slices.Contains(held, role) {
		return ErrRoleNotHeld
	}
	if role == Officer && officers < 2 {
		return ErrLastOfficer
	}
	return nil
}
