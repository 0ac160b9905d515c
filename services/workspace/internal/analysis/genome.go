package analysis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// Genotypes columns hold the place of each person, from 0, among the people of Column.Source.
const Genotypes Type = "genotype"

// ErrVariant says that a variant or an allele that was asked for is not in the data.
var ErrVariant = errors.New("the genotypes have no such variant or allele")

// genome is the genotypes of the rows of a table.
type genome struct {
	genotypes.Source
	places []int // of the rows
}

func genomeOf(table Table) (genome, error) {
	column, err := table.column(analyses.Genotype, Genotypes)
	if err != nil {
		return genome{}, err
	}
	if column.Source == nil {
		return genome{}, fmt.Errorf("%w: %s without a source", ErrConcept, analyses.Genotype)
	}
	g := genome{Source: column.Source, places: make([]int, len(column.Values))}
	for row, v := range column.Values {
		if g.places[row] = int(v.Number); !v.Present {
			return genome{}, fmt.Errorf("%w: a person without genotypes", ErrRequest)
		}
	}
	return g, nil
}

// group is the people of these rows.
func (g genome) group(rows []int) (genotypes.Group, error) {
	places := make([]int, len(rows))
	for i, row := range rows {
		places[i] = g.places[row]
	}
	group, err := genotypes.GroupOf(len(g.People()), places)
	if err != nil {
		return group, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return group, nil
}

// named scans the variants with these names, ids or places; all if there is none.
func (g genome) named(ctx context.Context, names []string, visit func(genotypes.Variant, genotypes.Row) error) error {
	if len(names) == 0 {
		return g.Scan(ctx, visit)
	}
	wanted, places := map[string]bool{}, false
	for _, name := range names {
		wanted[name], places = true, places || strings.Contains(name, ":")
	}
	return g.Scan(ctx, func(v genotypes.Variant, r genotypes.Row) error {
		// A place has colons: without such a name no variant's place need be written.
		if wanted[v.Name()] || places && wanted[v.Place()] {
			return visit(v, r)
		}
		return nil
	})
}

// allele is one of the two of a variant, which is named by its id or its place.
type allele struct{ variant, allele string }

// copied is the number of copies of an allele that each person of the source has, or none where there was no call; or why
// there are none.
type copied struct {
	people []Value
	err    error
}

// copies reads some alleles in one scan.
func (g genome) copies(ctx context.Context, all []allele) ([]copied, error) {
	names, out := make([]string, len(all)), make([]copied, len(all))
	for i, a := range all {
		names[i], out[i].err = a.variant, ErrVariant
	}
	err := g.named(ctx, names, func(v genotypes.Variant, r genotypes.Row) error {
		for i, a := range all {
			if a.variant == v.Name() || a.variant == v.Place() {
				out[i] = out[i].of(v, r, a, len(g.People()))
			}
		}
		return nil
	})
	return out, err
}

func (c copied) of(v genotypes.Variant, r genotypes.Row, a allele, people int) copied {
	if a.allele != v.Alt && a.allele != v.Ref || c.people != nil {
		return copied{people: []Value{}, err: fmt.Errorf("%w: the allele is not one of its two, or the name is of several variants", ErrVariant)}
	}
	out := make([]Value, people)
	for place := range out {
		n, called := r.Copies(place)
		if a.allele == v.Ref {
			n = 2 - n
		}
		if called {
			out[place] = Value{Number: float64(n), Present: true}
		}
	}
	return copied{people: out}
}

// rows gives the rows of the table what was read of the people.
func (g genome) rows(c copied) ([]Value, error) {
	if c.err != nil {
		return nil, c.err
	}
	out := make([]Value, len(g.places))
	for row, place := range g.places {
		out[row] = c.people[place]
	}
	return out, nil
}

// Dosage is how many copies of an allele each row has, as a Number; nothing where there was no call. The variant is
// named by its id, or its place (2:10205:T:G).
func Dosage(ctx context.Context, table Table, variant, of string) (Column, error) {
	return dosages{}.column(ctx, table, []allele{{variant, of}}, allele{variant, of})
}

// dosages are the alleles of a job that were read of its source.
type dosages map[allele]copied

// column is the dosage of one allele, with which all are read if none was before.
func (d dosages) column(ctx context.Context, table Table, all []allele, one allele) (Column, error) {
	g, err := genomeOf(table)
	if err != nil {
		return Column{}, fmt.Errorf("dosage: %w", err)
	}
	if len(d) == 0 {
		read, err := g.copies(ctx, all)
		if err != nil {
			return Column{}, fmt.Errorf("dosage: %w", err)
		}
		for i, a := range all {
			d[a] = read[i]
		}
	}
	values, err := g.rows(d[one])
	if err != nil {
		return Column{}, fmt.Errorf("dosage: %w", err)
	}
	return Column{Type: Number, Values: values}, nil
}

// Carrying says of each row, as a category of no and yes, whether it has a copy or more of a variant's alternative
// allele; nothing where there was no call. A variant that is not in the data is ErrVariant.
func Carrying(ctx context.Context, table Table, chromosome string, position int, reference, alternate string) (Column, error) {
	g, err := genomeOf(table)
	if err != nil {
		return Column{}, fmt.Errorf("carriers: %w", err)
	}
	out := Column{Type: Category, Levels: []string{eventNo, eventYes}}
	err = g.Scan(ctx, func(v genotypes.Variant, r genotypes.Row) error {
		// PLINK files do not say which of the two is the reference.
		turned := v.Ref == alternate && v.Alt == reference
		if v.Chromosome != chromosome || v.Position != position || !turned && (v.Ref != reference || v.Alt != alternate) {
			return nil
		}
		out.Values = make([]Value, len(g.places))
		for row, place := range g.places {
			n, called := r.Copies(place)
			if turned {
				n = 2 - n
			}
			out.Values[row] = Value{Number: float64(min(n, 1)), Present: called}
		}
		return nil
	})
	if err == nil && out.Values == nil {
		err = ErrVariant
	}
	if err != nil {
		return Column{}, fmt.Errorf("carriers: %w", err)
	}
	return out, nil
}

// Known says of each row, as a category of no and yes, that it has a value; nothing where it has none.
func (c Column) Known() Column {
	out := Column{Type: Category, Levels: []string{eventNo, eventYes}, Values: make([]Value, len(c.Values))}
	for row, v := range c.Values {
		if v.Present {
			out.Values[row] = Value{Number: 1, Present: true}
		}
	}
	return out
}

// fewCarry reports whether fewer than threshold people carry the rarer allele: its frequency, and an odds ratio of it,
// would tell of them. There are never more carriers than copies, so what has fewer than threshold copies is masked too.
func fewCarry(c genotypes.Counts, threshold int) bool {
	return carriers(c) < threshold
}

// carriers is how many people carry the rarer allele.
func carriers(c genotypes.Counts) int { return c[1] + min(c[0], c[2]) }
