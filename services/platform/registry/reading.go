package registry

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// Reading is an event that a participant's gateway reads from other sites: one major, up to a minor.
type Reading struct {
	Type    string `json:"type"`
	Version string `json:"version"` // newest that is read whole
}

// ReadingOf says that a type is read as this program knows it.
func ReadingOf(eventType string) Reading {
	c, _ := topics.Lookup(eventType)
	return Reading{Type: eventType, Version: c.Newest()}
}

// Version is in which version of its schema a type is said to the participant: the newest that both know. It is false
// for a type that the participant does not read. To one that has not said what it reads the first minor is spoken, which
// every reader of the major understands.
func (p Participant) Version(eventType string) (string, bool) {
	c, known := topics.Lookup(eventType)
	if !known {
		return "", false
	}
	if len(p.Reads) == 0 {
		return c.Versions[0], true
	}
	i := slices.IndexFunc(p.Reads, func(r Reading) bool { return r.Type == eventType })
	if i < 0 {
		return "", false
	}
	said := c.Versions[0]
	for _, v := range c.Versions {
		if slices.Compare(numbers(v), numbers(p.Reads[i].Version)) <= 0 {
			said = v
		}
	}
	return said, true
}

func numbers(version string) (n []int) {
	for part := range strings.SplitSeq(version, ".") {
		number, _ := strconv.Atoi(part)
		n = append(n, number)
	}
	return n
}
