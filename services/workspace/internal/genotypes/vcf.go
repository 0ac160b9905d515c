package genotypes

import (
	"bytes"
	"context"
	"strings"
)

// vcf is a file of the Variant Call Format, of which some samples are taken.
type vcf struct {
	open        Opener
	people      []Person
	first, last int // of the samples taken, from 1
	all         int // samples in the file
}

// OpenVCF reads the header of a VCF file (https://samtools.github.io/hts-specs/, versions 4.0 to 4.4) and takes the
// samples from first to last in the order of the columns, counted from 1; last 0 takes all that follow. Every line must
// have one alternative allele; others are split beforehand (bcftools norm -m-).
func OpenVCF(ctx context.Context, open Opener, first, last int) (Source, error) {
	v := &vcf{open: open, first: max(first, 1), last: last}
	file, err := open()
	if err != nil {
		return nil, unreadable("vcf", "line", 1, err)
	}
	defer file.Close()
	read := newLines("vcf", file, maxLine)
	names, err := readHeader(ctx, read)
	if err != nil {
		return nil, err
	}
	v.all = len(names)
	if v.last == 0 {
		v.last = v.all
	}
	if v.first > v.last || v.last > v.all {
		return nil, read.fault("the samples that the holdings ask for are not all there")
	}
	for _, id := range names[v.first-1 : v.last] {
		v.people = append(v.people, Person{Family: id, ID: id})
	}
	return v, nil
}

func (v *vcf) People() []Person { return v.people }

// fixed are the columns before the samples.
const fixed = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"

// readHeader reads to the line that names the samples.
func readHeader(ctx context.Context, read *lines) ([]string, error) {
	for {
		line, more, err := read.next(ctx)
		switch {
		case err != nil:
			return nil, err
		case !more:
			return nil, read.fault("the file ends before the line that begins with #CHROM")
		case read.number == 1 && !bytes.HasPrefix(line, []byte("##fileformat=VCFv4.")):
			return nil, read.fault("the first line must be ##fileformat=VCFv4.x")
		case bytes.HasPrefix(line, []byte("##")):
			continue
		}
		samples, ok := strings.CutPrefix(string(line), fixed+"\t")
		if !ok {
			return nil, read.fault("the columns must be those of VCF with FORMAT and at least one sample, separated by tabs")
		}
		names, seen := strings.Split(samples, "\t"), map[string]bool{}
		for _, id := range names {
			if id == "" || seen[id] {
				return nil, read.fault("every sample must have an id of its own")
			}
			seen[id] = true
		}
		if len(names) > MaxPeople {
			return nil, read.fault("more people than are read")
		}
		return names, nil
	}
}

// Scan reads the lines of variants.
func (v *vcf) Scan(ctx context.Context, visit func(Variant, Row) error) error {
	file, err := v.open()
	if err != nil {
		return unreadable("vcf", "line", 1, err)
	}
	defer file.Close()
	read := newLines("vcf", file, maxLine)
	if _, err := readHeader(ctx, read); err != nil {
		return err
	}
	row, variants := make(Row, words(len(v.people))), 0
	for {
		line, more, err := read.next(ctx)
		if err != nil || !more {
			return err
		}
		variant, samples, rule := vcfVariant(line)
		if variants++; rule == "" && variants > MaxVariants {
			rule = "more variants than are read"
		}
		if rule == "" {
			clear(row)
			rule = v.calls(samples, row)
		}
		if rule != "" {
			return read.fault(rule)
		}
		if err := visit(variant, row); err != nil {
			return err
		}
	}
}

// vcfVariant reads the columns before the samples and gives the rest of the line.
func vcfVariant(line []byte) (v Variant, samples []byte, rule string) {
	var column [9][]byte
	for i := range column {
		var more bool
		if column[i], line, more = bytes.Cut(line, []byte("\t")); !more {
			return v, nil, "the line has fewer columns than the header; it is truncated"
		}
	}
	at, ok := position(column[1])
	ref, alt, format := column[3], column[4], column[8]
	switch {
	case !ok:
		return v, nil, "POS must be a whole number"
	case !name(column[0]):
		return v, nil, "CHROM must be 1 to 96 letters, digits or signs of _.:/+<>=-"
	case bytes.IndexByte(alt, ',') >= 0:
		return v, nil, "there must be one alternative allele; split the line (bcftools norm -m-)"
	case !acgt(ref) || !acgt(alt):
		return v, nil, "alleles must be of the letters A, C, G, T"
	case bytes.Equal(ref, alt):
		return v, nil, "the two alleles must differ"
	// VCF 4.x, 1.6.2: "GT ... must be the first field if it is present".
	case !bytes.Equal(format, []byte("GT")) && !bytes.HasPrefix(format, []byte("GT:")):
		return v, nil, "FORMAT must begin with GT: there are no genotypes without it"
	}
	id := column[2]
	if !name(id) { // such as two ids with a semicolon between
		id = []byte(".")
	}
	return Variant{Chromosome: string(column[0]), Position: at, ID: string(id), Ref: string(ref), Alt: string(alt)}, line, ""
}

// calls packs the genotypes of the samples taken and counts those of all.
func (v *vcf) calls(samples []byte, row Row) (rule string) {
	for i := 1; ; i++ {
		cell, rest, more := bytes.Cut(samples, []byte("\t"))
		if i > v.all {
			return "the line has more columns than the header"
		}
		if i >= v.first && i <= v.last {
			call, _, _ := bytes.Cut(cell, []byte(":"))
			code, rule := callOf(call)
			if rule != "" {
				return rule
			}
			row.set(i-v.first, code)
		}
		if samples = rest; !more {
			if i < v.all {
				return "the line has fewer columns than the header; it is truncated"
			}
			return ""
		}
	}
}

// callOf reads a genotype of two alleles, phased or not.
func callOf(call []byte) (code uint64, rule string) {
	if len(call) == 1 && call[0] == '.' {
		return notCalled, ""
	}
	if len(call) != 3 || call[1] != '/' && call[1] != '|' {
		return 0, "ploidy: a genotype must have two alleles, each 0, 1 or ., with / or | between them"
	}
	switch string([]byte{call[0], call[2]}) {
	case "00":
		return homRef, ""
	case "01", "10":
		return het, ""
	case "11":
		return homAlt, ""
	case "..":
		return notCalled, ""
	case ".0", ".1", "0.", "1.":
		return 0, "a genotype is called whole or not at all"
	}
	return 0, "a genotype names an allele that the line does not have"
}
