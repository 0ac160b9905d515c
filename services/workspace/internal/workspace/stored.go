package workspace

import (
	"errors"
	"slices"
)

// ErrDoomed says that the bytes are being deleted just now; they can be stored again once they are gone.
var ErrDoomed = errors.New("the same bytes are being deleted")

// Stored is an object that jobs computed, or a project brought in. Equal bytes are stored once, whoever they are of: they go
// when nobody claims them any more.
type Stored struct {
	Class  string  `json:"class"`
	Claims []Claim `json:"claims"`
	Doomed bool    `json:"doomed,omitzero"` // being deleted
}

// Claim is why an object is kept: it belongs to an output, computed from data under permits, or to an import that came
// in under one.
type Claim struct {
	Output  string   `json:"output"` // or the import
	Permits []string `json:"permits"`
}

// Keep adds a claim; a second one of the same output changes nothing. Errors: ErrDoomed.
func (s *Stored) Keep(c Claim) error {
	if s.Doomed {
		return ErrDoomed
	}
	if !slices.ContainsFunc(s.Claims, func(o Claim) bool { return o.Output == c.Output }) {
		s.Claims = append(s.Claims, c)
	}
	return nil
}

// GiveUp takes away the claims of outputs that rest on a permit, but of those that were released, and returns whose. An
// object that nobody claims any more is doomed.
func (s *Stored) GiveUp(permit string, released func(output string) bool) (outputs []string) {
	if s.Doomed {
		return nil
	}
	s.Claims = slices.DeleteFunc(s.Claims, func(c Claim) bool {
		if !slices.Contains(c.Permits, permit) || released(c.Output) {
			return false
		}
		outputs = append(outputs, c.Output)
		return true
	})
	s.Doomed = len(s.Claims) == 0
	return outputs
}
