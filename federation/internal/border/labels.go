package border

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Labels says which levels each concept may have in a result, as is known before anybody has read a row: from the records
// of the datasets, and from the steps of the question. A concept that it does not have may have none.
type Labels map[string]Levels

// Levels are those of one concept. Open ones are not known beforehand: those of another site's record, or of a lookup
// table, whose words its project's people brought in and reviewers saw.
type Levels struct {
	Names []string
	Open  bool
}

// everybody is the one level of scores that are of no groups.
//
// outputs.PolygenicScore: "of all as the one level all".
var everybody = outputs.Level{Level: "all"}

// levelsOfEvents are those of an event where a category is asked for.
var levelsOfEvents = []string{"no", "yes"}

// Describe adds the levels that a record's dictionary gives. A category without any has none: what its labels are would
// be known from the rows alone.
func (l Labels) Describe(dictionary []vocabulary.Variable) {
	for _, v := range dictionary {
		of := l[v.Concept]
		names := levelsOfEvents
		if v.Type != "event" {
			names = nil
			for _, level := range v.Levels {
				names = append(names, level.Label)
			}
		}
		for _, name := range names {
			if !slices.Contains(of.Names, name) {
				of.Names = append(of.Names, name)
			}
		}
		l[v.Concept] = of
	}
}

// Open lets the concepts that a question reads have any level: their records are another site's.
func (l Labels) Open(asked []vocabulary.Analysis, steps []vocabulary.Preparation) {
	read := analyses.Concepts(asked)
	for _, p := range steps {
		read = append(read, p.Concept)
	}
	for _, concept := range read {
		l[concept] = Levels{Open: true}
	}
}

// Prepare adds the levels of the concepts that steps make, in the order of the steps. What is none of these is a number.
func (l Labels) Prepare(steps []vocabulary.Preparation) {
	for _, p := range steps {
		if p.As == "" {
			continue
		}
		var made Levels
		switch {
		case p.Op == analyses.Derive && len(p.Cuts) > 0:
			made.Names = p.Levels
		case p.Op == analyses.Derive, p.Op == analyses.Aggregate && p.How == analyses.Any:
			made.Names = levelsOfEvents
		case p.Op == analyses.Aggregate && p.How == analyses.Last:
			made = l[p.Concept]
		case p.Op == analyses.Recode:
			made = recoded(l[p.Concept], p)
		}
		l[p.As] = made
	}
}

// recoded are the names that the step gives, and the levels that keep theirs.
func recoded(of Levels, p vocabulary.Preparation) Levels {
	out := Levels{Open: of.Open || p.Lookup != ""}
	for _, r := range p.Recodes {
		out.Names = append(out.Names, r.To)
	}
	for _, name := range of.Names {
		if !slices.ContainsFunc(p.Recodes, func(r vocabulary.Recode) bool { return r.From == name }) {
			out.Names = append(out.Names, name)
		}
	}
	return out
}

// Check refuses what a document that answers the question says of its own accord: a dataset that was not asked, a level
// that is not known beforehand, and a variant that nobody named and that has no name of the closed forms. The refusal
// repeats none of it.
func (l Labels) Check(document outputs.Document, dataset string, asked []vocabulary.Analysis) error {
	if document.Dataset != dataset {
		return refuse(LabelUnknown, "the result calls itself one of another dataset than the question names")
	}
	for _, told := range outputs.Labels(document) {
		of := l[told.Concept]
		if !of.Open && !slices.Contains(of.Names, told.Level) && told != everybody {
			return refuse(LabelUnknown, "a level in the result is given neither by the record of its dataset nor by the question; a category "+
				"crosses where the record describes its levels")
		}
	}
	for i, r := range document.Results {
		if !named(variantsOf(r), len(asked[i].Variants) > 0) {
			return refuse(LabelUnknown, "a variant in the result is not of the question, and its name neither one of dbSNP nor its place")
		}
	}
	return nil
}

func variantsOf(r outputs.Result) outputs.Variants {
	switch r := r.(type) {
	case outputs.AlleleFrequency:
		return r.Variants
	case outputs.Association:
		return r.Variants
	}
	return outputs.Variants{}
}

// The closed forms: chromosomes of people, and ids of variants in dbSNP.
var (
	chromosomes = regexp.MustCompile(`^(chr)?([1-9][0-9]?|X|Y|XY|M|MT)$`)
	dbSNP       = regexp.MustCompile(`^(rs|ss)[1-9][0-9]{0,11}$`)
)

// named tells whether all variants have names of the closed forms. Ids that the question lists are known already.
func named(v outputs.Variants, listed bool) bool {
	for i, id := range v.ID {
		place := v.Chromosome[i] + ":" + strconv.Itoa(v.Position[i]) + ":"
		closed := listed || dbSNP.MatchString(id) || id == place+v.Other[i]+":"+v.Effect[i] || id == place+v.Effect[i]+":"+v.Other[i]
		if !closed || !chromosomes.MatchString(v.Chromosome[i]) {
			return false
		}
	}
	return true
}
