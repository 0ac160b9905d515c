package analysis

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// AlleleFrequency counts the copies of each variant's Alt, of the variants with these names or of all. A variant whose
// rarer allele fewer than threshold people carry is left out, like one that nobody carries.
func AlleleFrequency(ctx context.Context, table Table, variants []string, threshold int) (outputs.AlleleFrequency, error) {
	out := outputs.AlleleFrequency{Threshold: threshold, Dropped: table.droppedBeside(table.Rows(), max(threshold, 1)), Count: []int{}, Number: []int{},
		Variants: noVariants()}
	g, err := genomeOf(table)
	if err == nil && threshold < 1 {
		err = fmt.Errorf("%w: the threshold is 1 or more", ErrRequest)
	}
	if err != nil {
		return out, fmt.Errorf("allele frequency: %w", err)
	}
	everybody, err := g.group(complete(table.Rows()))
	if err != nil {
		return out, fmt.Errorf("allele frequency: %w", err)
	}
	out.People = everybody.Size()
	err = g.named(ctx, variants, func(v genotypes.Variant, r genotypes.Row) error {
		c := r.Count(everybody)
		if fewCarry(c, threshold) {
			out.Masked++
			return nil
		}
		out.Variants.Add(v.Chromosome, v.Position, v.Name(), v.Alt, v.Ref)
		out.Count, out.Number = append(out.Count, c.Alt()), append(out.Number, 2*c.Called())
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("allele frequency: %w", err)
	}
	return out, nil
}

func noVariants() outputs.Variants {
	return outputs.Variants{Chromosome: []string{}, Position: []int{}, ID: []string{}, Effect: []string{}, Other: []string{}}
}
