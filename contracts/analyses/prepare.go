package analyses

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// The steps that make the table of an analysis. Steps work on one dataset each,
// the job's own or a named one, in their order:
//
//   - filter keeps the rows that meet all conditions;
//   - derive makes a category of a number by cut points, or an event (no, yes)
//     of conditions;
//   - recode gives the levels of a category other names: those that the step
//     says, or those of a lookup table that the project brought in, of which it
//     names the digest;
//   - aggregate makes one value of all rows of a person. Several of one dataset,
//     one after the other, are of the same rows; from then on the dataset has
//     one row a person, with these values alone;
//   - link joins a named dataset, which has one row a person by then, to the
//     persons of the job's own, by their pseudonyms in the project. Who has no
//     row there has no event (any) and a count of zero, and no other value;
//   - dosage counts the copies of an allele that a person has.
const (
	Filter    = "filter"
	Derive    = "derive"
	Recode    = "recode"
	Aggregate = "aggregate"
	Link      = "link"
	Dosage    = "dosage"
)

// What aggregate tells of a person's rows that meet the conditions.
const (
	Any    = "any"   // whether there is one
	Counts = "count" // how many there are
	Mean   = "mean"  // of a number
	Min    = "min"   // of a number
	Max    = "max"   // of a number
	Last   = "last"  // the value in the row with the highest order
)

// Person is the concept of the identifier, which links a person's rows and
// datasets and which nobody asks about.
const Person = "person"

// The conditions. In and NotIn ask for levels, the others compare a number.
const (
	In    = "in"
	NotIn = "not-in"
	LT    = "lt"
	LE    = "le"
	GT    = "gt"
	GE    = "ge"
)

// What becomes of a table with a small cell.
const (
	RefuseSmall = "refuse"
	Suppress    = "suppress"
)

// MostSteps is how many steps one job may have.
const MostSteps = 64

// step is one line of the table of steps: which members it must and may have.
type step struct{ must, may []string }

var steps = map[string]step{
	Filter:    {must: []string{"where"}, may: []string{"dataset"}},
	Derive:    {must: []string{"as"}, may: []string{"dataset", "concept", "cuts", "levels", "where"}},
	Recode:    {must: []string{"concept", "as"}, may: []string{"dataset", "recodes", "lookup"}},
	Aggregate: {must: []string{"how", "as"}, may: []string{"dataset", "concept", "where", "order"}},
	Link:      {must: []string{"dataset"}},
	Dosage:    {must: []string{"variant", "allele", "as"}},
}

func stepMembers(p vocabulary.Preparation) map[string]bool {
	return map[string]bool{"dataset": p.Dataset != "", "concept": p.Concept != "", "where": len(p.Where) > 0, "cuts": len(p.Cuts) > 0,
		"levels": len(p.Levels) > 0, "recodes": len(p.Recodes) > 0, "lookup": p.Lookup != "", "how": p.How != "", "order": p.Order != "",
		"variant": p.Variant != "", "allele": p.Allele != "", "as": p.As != ""}
}

// CheckPrepared is Check of analyses of a prepared table: it also finds what no
// dataset could be prepared by, and refuses to name the identifier anywhere.
func CheckPrepared(prepare []vocabulary.Preparation, all []vocabulary.Analysis) error {
	if len(prepare) > MostSteps {
		return fmt.Errorf("%w: a job has at most %d steps", ErrAsked, MostSteps)
	}
	s := sequence{made: map[string]bool{}, linked: map[string]bool{}}
	for i, p := range prepare {
		if err := s.take(p); err != nil {
			return fmt.Errorf("%w: step %d (%s) %w", ErrAsked, i+1, p.Op, err)
		}
	}
	for _, dataset := range Linked(prepare) {
		if !s.linked[dataset] {
			return fmt.Errorf("%w: the dataset %s is prepared and never linked", ErrAsked, dataset)
		}
	}
	if slices.Contains(Concepts(all), Person) {
		return fmt.Errorf("%w: nobody is analysed by who they are (%s)", ErrAsked, Person)
	}
	return Check(all)
}

// sequence is what the steps so far have come to.
type sequence struct {
	made   map[string]bool // concepts
	linked map[string]bool // datasets
}

func (s *sequence) take(p vocabulary.Preparation) error {
	line, known := steps[p.Op]
	if !known {
		return fmt.Errorf("is not one of %s", strings.Join(slices.Sorted(maps.Keys(steps)), ", "))
	}
	given := stepMembers(p)
	for _, name := range line.must {
		if !given[name] {
			return fmt.Errorf("needs %s", strings.Join(line.must, ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] && !slices.Contains(line.must, name) && !slices.Contains(line.may, name) {
			return fmt.Errorf("takes no %s", name)
		}
	}
	if p.Dataset != "" {
		if s.linked[p.Dataset] {
			return fmt.Errorf("is about %s, which is linked already; its concepts are the job's own now", p.Dataset)
		}
		s.linked[p.Dataset] = p.Op == Link
	}
	if slices.Contains(reads(p), Person) || p.As == Person {
		return fmt.Errorf("names %s, which links rows and is asked about by nobody", Person)
	}
	if err := conditions(p.Where); err != nil {
		return err
	}
	if p.As != "" && (s.made[p.As] || slices.Contains(reads(p), p.As)) {
		return fmt.Errorf("makes %s, which there is already", p.As)
	}
	s.made[p.As] = p.As != ""
	return forms[p.Op](p)
}

// forms has what the members of a step must be beside each other.
var forms = map[string]func(vocabulary.Preparation) error{
	Filter: func(vocabulary.Preparation) error { return nil },
	Derive: derivation,
	Recode: func(p vocabulary.Preparation) error {
		if (len(p.Recodes) > 0) == (p.Lookup != "") {
			return errors.New("has recodes, or the digest of a lookup table")
		}
		return nil
	},
	Aggregate: func(p vocabulary.Preparation) error {
		valued := p.How != Any && p.How != Counts
		switch {
		case valued != (p.Concept != ""):
			return fmt.Errorf("of %s has a concept if a value is told, and none if rows are", p.How)
		case (p.How == Last) != (p.Order != ""):
			return errors.New("has an order for last, and only then")
		}
		return nil
	},
	Link:   func(vocabulary.Preparation) error { return nil },
	Dosage: func(vocabulary.Preparation) error { return nil },
}

func derivation(p vocabulary.Preparation) error {
	if (len(p.Cuts) > 0) == (len(p.Where) > 0) || (len(p.Cuts) > 0) != (p.Concept != "") {
		return errors.New("has a concept and cuts, or conditions in where")
	}
	if len(p.Where) > 0 {
		if len(p.Levels) > 0 {
			return errors.New("of conditions is no or yes and names no levels")
		}
		return nil
	}
	if len(p.Levels) != len(p.Cuts)+1 {
		return errors.New("has one level more than cuts")
	}
	if len(slices.Compact(slices.Sorted(slices.Values(p.Levels)))) != len(p.Levels) {
		return errors.New("names a level twice")
	}
	before := 0.0
	for i, cut := range p.Cuts {
		at, err := strconv.ParseFloat(cut, 64)
		if err != nil || i > 0 && at <= before {
			return errors.New("has cuts that rise")
		}
		before = at
	}
	return nil
}

func conditions(where []vocabulary.Condition) error {
	for _, c := range where {
		levels := c.Op == In || c.Op == NotIn
		_, err := strconv.ParseFloat(c.Value, 64)
		if levels != (len(c.Levels) > 0) || levels == (c.Value != "") {
			return fmt.Errorf("asks %s of %s by levels for in and not-in, by a value for all others", c.Op, c.Concept)
		}
		if !levels && err != nil {
			return fmt.Errorf("compares %s with what is no number", c.Concept)
		}
		if !slices.Contains([]string{In, NotIn, LT, LE, GT, GE}, c.Op) {
			return fmt.Errorf("has a condition %s; there are in, not-in, lt, le, gt, ge", c.Op)
		}
	}
	return nil
}

// reads lists the concepts that a step reads.
func reads(p vocabulary.Preparation) []string {
	var out []string
	if p.Op == Dosage {
		out = append(out, Genotype)
	}
	for _, c := range []string{p.Concept, p.Order} {
		if c != "" {
			out = append(out, c)
		}
	}
	for _, c := range p.Where {
		out = append(out, c.Concept)
	}
	return out
}

// Need is what a job reads of one dataset.
type Need struct {
	Dataset  string // empty for the one that the job is about
	Concepts []string
	// Aggregated datasets give the analyses what their steps made, no column.
	Aggregated bool
}

// Needs lists what steps and analyses read of each dataset, the job's own first.
// What a step made is not read. A concept of the job's own dataset that only a
// linked one has is read there; who has the dictionaries knows.
func Needs(prepare []vocabulary.Preparation, all []vocabulary.Analysis) []Need {
	out := []Need{{}}
	made := map[string]bool{}
	at := func(dataset string) *Need {
		i := slices.IndexFunc(out, func(n Need) bool { return n.Dataset == dataset })
		if i < 0 {
			i, out = len(out), append(out, Need{Dataset: dataset})
		}
		return &out[i]
	}
	need := func(dataset string, concepts []string) {
		n := at(dataset)
		for _, c := range concepts {
			if !made[c] && !slices.Contains(n.Concepts, c) {
				n.Concepts = append(n.Concepts, c)
			}
		}
	}
	for _, p := range prepare {
		need(p.Dataset, reads(p))
		if p.Op == Aggregate {
			at(p.Dataset).Aggregated = true
		}
		made[p.As] = p.As != ""
	}
	need("", Concepts(all))
	return out
}

// Asked lists the concepts that a permit must name: what steps and analyses
// read, each once.
func Asked(prepare []vocabulary.Preparation, all []vocabulary.Analysis) []string {
	var out []string
	for _, n := range Needs(prepare, all) {
		for _, c := range n.Concepts {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// Linked lists the datasets that are read beside the job's own.
func Linked(prepare []vocabulary.Preparation) []string {
	var out []string
	for _, n := range Needs(prepare, nil)[1:] {
		out = append(out, n.Dataset)
	}
	return out
}

// Digest is that of a step's JSON as the contract orders its members.
func Digest(p vocabulary.Preparation) string {
	text, err := json.Marshal(p, json.Deterministic(true))
	if err != nil { // strings and lists of strings alone
		panic(err)
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
