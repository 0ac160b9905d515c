package analysis

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// tested is a variant with its table and what came of it. Counted is the allele whose copies the table counts.
type tested struct {
	variant        genotypes.Variant
	counted, other string
	table          table2x3
	estimate
}

// Association explains an event by each variant's genotype, of the variants with these names or of all. Variants are
// masked as in AlleleFrequency, by the people whose outcome is known. Numbers are told with six significant digits.
func Association(ctx context.Context, table Table, outcome string, variants []string, threshold int) (outputs.Association, error) {
	out := outputs.Association{Outcome: outcome, Threshold: threshold, Variants: noVariants(), N: []int{}, Beta: []float64{}, SE: []float64{},
		P: []float64{}, Firth: []int{}}
	if threshold < 1 {
		return out, fmt.Errorf("association: %w: the threshold is 1 or more", ErrRequest)
	}
	a, err := newScan(table, outcome)
	if err != nil {
		return out, fmt.Errorf("association: %w", err)
	}
	out.Cases, out.Controls = a.cases.Size(), a.controls.Size()
	out.Dropped = table.droppedBeside(out.Cases+out.Controls, threshold)
	all, err := a.run(ctx, variants, threshold, &out.Masked)
	if err != nil {
		return out, fmt.Errorf("association: %w", err)
	}
	var chi []float64
	for _, t := range all {
		if t.code != "" {
			out.Failed++
			continue
		}
		if t.firth {
			out.Firth = append(out.Firth, len(out.N))
		}
		out.Variants.Add(t.variant.Chromosome, t.variant.Position, t.variant.Name(), t.counted, t.other)
		out.N, out.Beta = append(out.N, t.table.all().Called()), append(out.Beta, outputs.Digits(t.beta, sixDigits))
		out.SE, out.P = append(out.SE, outputs.Digits(t.se, sixDigits)), append(out.P, outputs.Digits(t.p, sixDigits))
		chi = append(chi, t.z*t.z)
	}
	out.Lambda = outputs.Digits(outputs.GenomicControl(chi), sixDigits)
	return out, nil
}

// sixDigits is how many plink2 prints. More would tell the cells of the table at sight; these leave few tables of so few
// people, so that reviewers are asked about many variants of few people (membership-testable).
const sixDigits = 6

// scan is a genome-wide scan for one outcome.
type scan struct {
	genome
	cases, controls genotypes.Group
}

func newScan(table Table, outcome string) (scan, error) {
	g, err := genomeOf(table)
	if err != nil {
		return scan{}, err
	}
	column, err := table.column(outcome, Event)
	if err != nil {
		return scan{}, err
	}
	var rows [2][]int
	for _, row := range complete(table.Rows(), column) {
		happened := int(column.Values[row].Number)
		rows[happened] = append(rows[happened], row)
	}
	if len(rows[0]) == 0 || len(rows[1]) == 0 {
		return scan{}, fmt.Errorf("%w: %s happened to all or to none", ErrNoInformation, outcome)
	}
	s := scan{genome: g}
	if s.controls, err = g.group(rows[0]); err == nil {
		s.cases, err = g.group(rows[1])
	}
	return s, err
}

// The reader counts, which is quick, and hands on batches; workers fit.
const (
	batch   = 256
	workers = 2
)

// run tests the variants that are not masked, in the order of the file.
func (s scan) run(ctx context.Context, names []string, threshold int, masked *int) ([]tested, error) {
	var fits sync.WaitGroup
	work := make(chan []tested, 2*workers)
	for range workers {
		fits.Go(func() {
			for some := range work {
				for i := range some {
					some[i].estimate = some[i].table.fit()
				}
			}
		})
	}
	var batches [][]tested
	var some []tested
	hand := func() {
		if len(some) > 0 {
			batches = append(batches, some)
			work <- some
		}
		some = make([]tested, 0, batch)
	}
	err := s.named(ctx, names, func(v genotypes.Variant, r genotypes.Row) error {
		t := s.count(v, r)
		if fewCarry(t.table.all(), threshold) {
			*masked++
			return nil
		}
		if some = append(some, t); len(some) >= batch {
			hand()
		}
		return nil
	})
	hand()
	close(work)
	fits.Wait()
	return slices.Concat(batches...), err
}

// count makes a variant's table, of the rarer allele.
func (s scan) count(v genotypes.Variant, r genotypes.Row) tested {
	t := tested{variant: v, counted: v.Alt, other: v.Ref, table: table2x3{r.Count(s.cases), r.Count(s.controls)}}
	if all := t.table.all(); refIsRarer(all) {
		t.counted, t.other, t.table = v.Ref, v.Alt, t.table.turned()
	}
	return t
}

// refIsRarer decides as plink2 does, which multiplies by a reciprocal: of two equally common alleles Alt is counted, but
// for totals whose reciprocal is rounded down, as of 982.
func refIsRarer(c genotypes.Counts) bool {
	return float64(c.Ref())*(1/float64(2*c.Called())) < 0.5
}
