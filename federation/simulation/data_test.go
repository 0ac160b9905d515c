package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// dataset is what every site holds that holds any: 200 people.
const dataset = "cohort"

// canary stands beside each row of all data, and is in each name of a sample. Whatever tells anything of a row could tell it.
const canary = "canary-7f3d9a"

// concepts are all of the dictionary; the first two are in every permit.
var concepts = []string{"follow-up", "ended", "treatment", "age", "weight", "clinic", "trial", "genotype"}

var dictionary = []vocabulary.Variable{
	{Concept: "follow-up", Column: "days", Type: "number", Unit: "day"},
	{Concept: "ended", Column: "ended", Type: "event", EventValue: "1"},
	{Concept: "treatment", Column: "treatment", Type: "category", Levels: []vocabulary.Level{{Code: "0", Label: "no"}, {Code: "1", Label: "yes"}}},
	{Concept: "age", Column: "age", Type: "integer", Unit: "year"},
	{Concept: "weight", Column: "weight", Type: "number", Unit: "kg"},
	{Concept: "clinic", Column: "clinic", Type: "category", Levels: []vocabulary.Level{{Code: "a", Label: "A"}, {Code: "b", Label: "B"}, {Code: "c", Label: "C"}}},
	{Concept: "trial", Column: "trial", Type: "category", Levels: trialLevels()},
	{Concept: "genotype", Column: "genotypes", Type: "genotype"},
}

// trials are so many that what is told of all tells of none.
const trials = 20

func trialLevels() (levels []vocabulary.Level) {
	for i := range trials {
		levels = append(levels, vocabulary.Level{Code: strconv.Itoa(i), Label: trialName(i)})
	}
	return levels
}

func trialName(i int) string { return "t" + strconv.Itoa(i) }

// row is a person of a site's data.
type row struct {
	days, age float64
	weight    float64
	weighed   bool
	ended     bool
	treatment string
	clinic    string
	trial     int
	copies    []int // of the alternative allele of each variant; -1 is unknown
}

// variants are those of all genotypes: of a hundred alleles, how many are the alternative one, and of a hundred people, of
// how many they are not known. The last is so rare that nothing of it may be told.
var variants = []struct{ alternative, unknown int }{{50, 0}, {30, 1}, {40, 10}, {20, 1}, {45, 0}, {0, 0}}

const ref, alt = "A", "G"

func variantID(i int) string { return "rs" + strconv.Itoa(i+1) }

// people draws the rows of a site. Treatment, age and the first variant change what becomes of people, the weight of one in
// ten is not known, and now and then a genotype.
func people(number uint64) []row {
	c := newChance(7, number)
	rows := make([]row, 200)
	for i := range rows {
		r := row{days: float64(1+c.below(20)) * 50, age: float64(30 + c.below(50)), weighed: c.below(10) > 0,
			treatment: pick(c, []string{"no", "yes"}), clinic: pick(c, []string{"A", "B", "C"}), trial: c.below(trials)}
		for _, v := range variants {
			copies := 0
			for range 2 {
				if c.below(100) < v.alternative {
					copies++
				}
			}
			if c.below(100) < v.unknown {
				copies = -1
			}
			r.copies = append(r.copies, copies)
		}
		risk := 30 + int(r.age-30)/2 + 8*max(0, r.copies[0])
		if r.treatment == "yes" {
			risk -= 15
		}
		r.ended = c.below(100) < risk
		r.weight = float64(500+3*int(r.age)+c.below(200)) / 10
		rows[i] = r
	}
	rows[0].copies[len(variants)-1] = 1
	return rows
}

// holdings writes the data of a site: its people, beside a column that no dictionary names, and their genotypes.
func (w *world) holdings(site string, number uint64) []byte {
	w.t.Helper()
	rows := people(number)
	w.people[site] = rows
	table, genotypes := filepath.Join(w.dir, site+".csv"), filepath.Join(w.dir, site+".vcf")
	for file, text := range map[string]string{table: csvOf(rows), genotypes: vcfOf(rows)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	datasets := "datasets:\n"
	for _, id := range []string{dataset, registerOf("thl")} {
		datasets += fmt.Sprintf("  %s:\n    genotypes: {vcf: %q}\n    file: %q\n    sample: name\n", id, genotypes, table)
	}
	return []byte(datasets)
}

func csvOf(rows []row) string {
	var text strings.Builder
	text.WriteString("days,ended,treatment,age,weight,clinic,trial,name\n")
	for i, r := range rows {
		weight := ""
		if r.weighed {
			weight = strconv.FormatFloat(r.weight, 'f', -1, 64)
		}
		ended, treated := slices.Index([]bool{false, true}, r.ended), slices.Index([]string{"no", "yes"}, r.treatment)
		fmt.Fprintf(&text, "%v,%d,%d,%v,%s,%s,%d,%s-%d\n", r.days, ended, treated, r.age, weight, strings.ToLower(r.clinic), r.trial, canary, i)
	}
	return text.String()
}

func vcfOf(rows []row) string {
	var text strings.Builder
	text.WriteString("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT")
	for i := range rows {
		fmt.Fprintf(&text, "\t%s-%d", canary, i)
	}
	for v := range variants {
		fmt.Fprintf(&text, "\n1\t%d\t%s\t%s\t%s\t.\t.\t.\tGT", 1000*(v+1), variantID(v), ref, alt)
		for _, r := range rows {
			text.WriteString("\t" + map[int]string{-1: "./.", 0: "0/0", 1: "0/1", 2: "1/1"}[r.copies[v]])
		}
	}
	return text.String() + "\n"
}
