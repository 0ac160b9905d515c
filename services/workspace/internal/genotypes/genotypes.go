// Package genotypes reads the genotypes of people from VCF and PLINK 1 binary files, one variant at a time, two bits a
// genotype, so that a file of any length needs the memory of one variant. It knows nothing of sites and permits.
//
// Errors name the kind of file, the line or byte, and the rule that is broken; never a sample's name, an allele or any
// other value of the file.
package genotypes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// One sentinel per way in which genotypes cannot be had.
var (
	// ErrFormat says that the bytes are not what the format asks for.
	ErrFormat = errors.New("genotype file breaks a rule of its format")
	// ErrRead says that the bytes could not be read.
	ErrRead = errors.New("genotype file cannot be read")
)

// Limits, beyond which a file is refused and not read on; a small compressed file may hold any number of bytes.
const (
	MaxPeople   = 1 << 20
	MaxVariants = 1 << 27
	MaxAllele   = 64       // letters
	maxLine     = 64 << 20 // of a VCF: about 64 bytes for each of MaxPeople
	maxShort    = 4 << 10  // of a bim or fam
)

// Variant is a place of the genome with two alleles. Position counts from 1.
type Variant struct {
	Chromosome string
	Position   int
	ID         string // "." or empty if it has none
	Ref, Alt   string
}

// Place names a variant that has no id, or none that is agreed: 2:10205:T:G.
func (v Variant) Place() string {
	return fmt.Sprintf("%s:%d:%s:%s", v.Chromosome, v.Position, v.Ref, v.Alt)
}

// Name is the id; the place where there is none.
func (v Variant) Name() string {
	if v.ID == "" || v.ID == "." {
		return v.Place()
	}
	return v.ID
}

// Person is one sample. Sex (1 male, 2 female) and Phenotype (1 control, 2 case) are empty where they are not known.
type Person struct {
	Family, ID, Father, Mother, Sex, Phenotype string
}

// Source is a file or a set of files. Scan calls visit for each variant in the order of the file; the row is good until
// visit returns, and visit's error ends the scan and is returned. One Source may be scanned by several at once.
type Source interface {
	People() []Person
	Scan(ctx context.Context, visit func(Variant, Row) error) error
}

// Row holds the genotypes of one variant, two bits a person, 32 people a word, the first in the lowest bits, in the
// codes of PLINK: 00 two copies of Alt, 01 not called, 10 one of each, 11 two copies of Ref.
type Row []uint64

const (
	homAlt = iota
	notCalled
	het
	homRef
)

// perWord is how many people a word holds.
const perWord = 32

// odd has the lower bit of each person.
const odd = 0x5555555555555555

func words(people int) int { return (people + perWord - 1) / perWord }

func (r Row) set(person int, code uint64) { r[person/perWord] |= code << (2 * (person % perWord)) }

// Copies is how many copies of Alt a person has; false if it was not called.
func (r Row) Copies(person int) (int, bool) {
	switch r[person/perWord] >> (2 * (person % perWord)) & 3 {
	case homAlt:
		return 2, true
	case het:
		return 1, true
	case homRef:
		return 0, true
	}
	return 0, false
}

// Group is a set of people of a source.
type Group struct {
	mask []uint64
	size int
}

// GroupOf makes a group of the people with these places in the order of the source, of which there are people.
func GroupOf(people int, places []int) (Group, error) {
	g := Group{mask: make([]uint64, words(people))}
	for _, at := range places {
		if at < 0 || at >= people || g.mask[at/perWord]>>(2*(at%perWord))&1 == 1 {
			return Group{}, fmt.Errorf("a group of people must name each once, from 0 to %d", people-1)
		}
		g.mask[at/perWord] |= 1 << (2 * (at % perWord))
		g.size++
	}
	return g, nil
}

// Size is the number of people.
func (g Group) Size() int { return g.size }

// Counts tells how many people of a group have no, one and two copies of Alt.
type Counts [3]int

// Called is the number of people whose genotype is known.
func (c Counts) Called() int { return c[0] + c[1] + c[2] }

// Alt and Ref are the numbers of copies.
func (c Counts) Alt() int { return c[1] + 2*c[2] }

// Ref is the number of copies of the other allele.
func (c Counts) Ref() int { return c[1] + 2*c[0] }

// Plus adds the counts of two groups that share nobody.
func (c Counts) Plus(d Counts) Counts { return Counts{c[0] + d[0], c[1] + d[1], c[2] + d[2]} }

// Count counts the genotypes of a group.
func (r Row) Count(g Group) (c Counts) {
	called := 0
	for i, mask := range g.mask {
		low, high := r[i]&odd, r[i]>>1&odd
		c[0] += bits.OnesCount64(low & high & mask)
		c[1] += bits.OnesCount64(high &^ low & mask)
		called += bits.OnesCount64(mask &^ (low &^ high))
	}
	c[2] = called - c[0] - c[1]
	return c
}

// fault is a rule that a file breaks. Kind is vcf, bed, bim or fam; at is a line or a byte, counted from 1.
func fault(kind string, unit string, at int64, rule string) error {
	return fmt.Errorf("%w: %s, %s %d: %s", ErrFormat, kind, unit, at, rule)
}

// unreadable wraps what a reader said; an end before the end is a truncated file.
func unreadable(kind string, unit string, at int64, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault(kind, unit, at, "the file ends too early; it is truncated")
	}
	return fmt.Errorf("%w: %s, %s %d: %w", ErrRead, kind, unit, at, err)
}

// acgt reports whether an allele is written in the four letters, capitals.
func acgt(allele []byte) bool {
	for _, b := range allele {
		if b != 'A' && b != 'C' && b != 'G' && b != 'T' {
			return false
		}
	}
	return len(allele) > 0 && len(allele) <= MaxAllele
}
