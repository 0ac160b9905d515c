package tool

import (
	"fmt"
	"os"
	"strings"

	"github.com/fairway-tre/fairway/contracts/compat"
	"github.com/fairway-tre/fairway/contracts/schemas"
)

// Difference is what changed between two versions of a schema.
type Difference struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Level   string   `json:"level"` // of all changes: none, patch, minor, major
	Changes []Change `json:"changes"`
}

// Change is one difference.
type Change struct {
	Pointer string `json:"pointer"` // JSON pointer into the newer schema
	Rule    string `json:"rule"`
	Level   string `json:"level"`
	Problem string `json:"problem"`
	Do      string `json:"do"`
}

// Diff compares two schemas, each a file or <service>/<noun>-<verb>/<version> below dir.
func Diff(dir, a, b string) (Difference, error) {
	older, err := schemaOf(dir, a)
	if err != nil {
		return Difference{}, err
	}
	newer, err := schemaOf(dir, b)
	if err != nil {
		return Difference{}, err
	}
	changes := compat.Compare(older, newer)
	d := Difference{From: a, To: b, Level: compat.Highest(changes).String(), Changes: []Change{}}
	for _, c := range changes {
		d.Changes = append(d.Changes, Change{c.Pointer, c.Rule, c.Level.String(), c.Problem, c.Do})
	}
	return d, nil
}

func schemaOf(dir, name string) (*schemas.Schema, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		text, err = os.ReadFile(dir + "/schemas/" + strings.TrimSuffix(name, ".json") + ".json")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is neither a file nor an event's version such as airlock/release-approved/1.0.0 below %s", name, dir)
	}
	s, err := schemas.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return s, nil
}
