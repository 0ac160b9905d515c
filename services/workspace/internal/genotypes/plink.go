package genotypes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// plink is a set of bed, bim and fam files.
type plink struct {
	bed, bim Opener
	people   []Person
}

// OpenPLINK reads the people of a PLINK 1 binary fileset; the other two files are read by each scan.
// Formats: https://www.cog-genomics.org/plink/1.9/formats
func OpenPLINK(ctx context.Context, bed, bim, fam Opener) (Source, error) {
	people, err := readFam(ctx, fam)
	if err != nil {
		return nil, err
	}
	return &plink{bed: bed, bim: bim, people: people}, nil
}

func (p *plink) People() []Person { return p.people }

// readFam reads six columns: family, id, father, mother, sex (1, 2; 0 is not known), phenotype (1, 2; 0 and -9 are not
// known).
func readFam(ctx context.Context, open Opener) ([]Person, error) {
	file, err := open()
	if err != nil {
		return nil, unreadable("fam", "line", 1, err)
	}
	defer file.Close()
	read, known := newLines("fam", file, maxShort), map[string]bool{}
	var people []Person
	for {
		line, more, err := read.next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		person, rule := personOf(bytes.Fields(line))
		if rule == "" && known[person.ID] {
			rule = "another line has the same individual id"
		}
		if rule == "" && len(people) == MaxPeople {
			rule = "more people than are read"
		}
		if rule != "" {
			return nil, read.fault(rule)
		}
		known[person.ID] = true
		people = append(people, person)
	}
	if len(people) == 0 {
		return nil, fault("fam", "line", 1, "there must be one line for each person")
	}
	return people, nil
}

func personOf(column [][]byte) (p Person, rule string) {
	if len(column) != 6 {
		return p, "there must be 6 columns: family, individual, father, mother, sex, phenotype"
	}
	p = Person{Family: string(column[0]), ID: string(column[1]), Father: string(column[2]), Mother: string(column[3])}
	switch sex := string(column[4]); sex {
	case "1", "2":
		p.Sex = sex
	case "0":
	default:
		return p, "sex must be 1, 2 or 0"
	}
	switch phenotype := string(column[5]); phenotype {
	case "1", "2":
		p.Phenotype = phenotype
	case "0", "-9":
	default:
		return p, "the phenotype must be 1 (control), 2 (case), or 0 or -9 (not known)"
	}
	return p, ""
}

// Scan reads bim and bed side by side.
func (p *plink) Scan(ctx context.Context, visit func(Variant, Row) error) error {
	bim, err := p.bim()
	if err != nil {
		return unreadable("bim", "line", 1, err)
	}
	defer bim.Close()
	file, err := p.bed()
	if err != nil {
		return unreadable("bed", "byte", 1, err)
	}
	defer file.Close()
	bed, variants := bedOf(file, len(p.people)), newLines("bim", bim, maxShort)
	if err := bed.magic(); err != nil {
		return err
	}
	for {
		line, more, err := variants.next(ctx)
		if err != nil {
			return err
		}
		if !more {
			return bed.end()
		}
		v, rule := bimVariant(bytes.Fields(line))
		if rule == "" && variants.number > MaxVariants {
			rule = "more variants than are read"
		}
		if rule != "" {
			return variants.fault(rule)
		}
		row, err := bed.next()
		if err != nil {
			return err
		}
		if err := visit(v, row); err != nil {
			return err
		}
	}
}

// bimVariant reads six columns: chromosome, id, centimorgans, position, and the two alleles, of which the first is the
// one that PLINK 2 takes as Alt.
func bimVariant(column [][]byte) (v Variant, rule string) {
	if len(column) != 6 {
		return v, "there must be 6 columns: chromosome, id, centimorgans, position, two alleles"
	}
	at, ok := position(column[3])
	switch {
	case !ok || at == 0:
		return v, "the position must be a whole number from 1"
	case !name(column[0]) || !name(column[1]):
		return v, "chromosome and id must be 1 to 96 letters, digits or signs of _.:/+<>=-"
	case !acgt(column[4]) || !acgt(column[5]):
		return v, "alleles must be of the letters A, C, G, T"
	case bytes.Equal(column[4], column[5]):
		return v, "the two alleles must differ"
	case !twoCopies(string(column[0])):
		return v, "ploidy: of X, Y and MT not everybody has two copies, as these are counted: leave them out (plink2 --autosome)"
	}
	return Variant{Chromosome: string(column[0]), ID: string(column[1]), Position: at, Alt: string(column[4]), Ref: string(column[5])}, ""
}

// twoCopies is false for the chromosomes of which PLINK counts one copy in some people: X, Y and MT, also as 23, 24 and 26
// (25 or XY is the part of X and Y that all have twice); a name may begin with chr. Source: PLINK 2, "Chromosome IDs".
func twoCopies(chromosome string) bool {
	switch strings.TrimPrefix(strings.ToUpper(chromosome), "CHR") {
	case "X", "Y", "M", "MT", "23", "24", "26":
		return false
	}
	return true
}

// bed reads the rows of a variant-major bed file.
type bed struct {
	r    *bufio.Reader
	at   int64 // bytes read
	line []byte
	row  Row
}

func bedOf(r io.Reader, people int) *bed {
	b := &bed{r: bufio.NewReaderSize(r, 1<<16), row: make(Row, words(people))}
	b.line = make([]byte, 8*len(b.row))[:(people+3)/4]
	return b
}

func (b *bed) magic() error {
	var magic [3]byte
	if _, err := io.ReadFull(b.r, magic[:]); err != nil {
		return unreadable("bed", "byte", 1, err)
	}
	b.at = 3
	switch {
	case magic[0] != 0x6c || magic[1] != 0x1b:
		return fault("bed", "byte", 1, "the first two bytes are not those of a PLINK 1 bed file")
	case magic[2] == 0:
		return fault("bed", "byte", 3, "the file is in the order of samples; write it in the order of variants (plink --make-bed)")
	case magic[2] != 1:
		return fault("bed", "byte", 3, "the third byte must be 1, the order of variants")
	}
	return nil
}

func (b *bed) next() (Row, error) {
	n, err := io.ReadFull(b.r, b.line)
	if err != nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, fault("bed", "byte", b.at+int64(n)+1, "bed ends before the variants of bim do; the two disagree or bed is truncated")
	}
	if err != nil {
		return nil, unreadable("bed", "byte", b.at+int64(n)+1, err)
	}
	b.at += int64(n)
	whole := b.line[:8*len(b.row)] // the bytes behind the line stay zero
	for i := range b.row {
		b.row[i] = binary.LittleEndian.Uint64(whole[8*i:])
	}
	return b.row, nil
}

func (b *bed) end() error {
	if _, err := b.r.ReadByte(); err == nil {
		return fault("bed", "byte", b.at+1, "bed goes on after the variants of bim; bed, bim and fam disagree")
	} else if !errors.Is(err, io.EOF) {
		return unreadable("bed", "byte", b.at+1, err)
	}
	return nil
}
