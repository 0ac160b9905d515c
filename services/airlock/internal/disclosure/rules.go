// Package disclosure checks typed outputs for statistical disclosure before
// people review them: each by itself, and beside what was released earlier about
// the same dataset. What other sites hold is judged elsewhere.
//
// Numbers leave with all their digits, since tests of several sites add up
// exactly only so; what the digits may tell beyond the number is judged instead.
// Expected events and their variance are sums over every time at which an event
// happened: of many people they can confirm a guess but not be solved, and of so
// few that all orders of the people could be tried, RuleOrder asks the reviewers.
// So it does of sums over strata, whose digits hold more than a table of a few
// numbers: to find the table means to try more ways than anybody can, which is
// what the reviewers are asked to trust.
// Who knows everybody but one learns of that one from any exact number; no
// threshold prevents it, and what prevents it is who may ask.
//
// How many people left a curve without the event between two steps follows from
// the numbers at risk and may be small. Decision 24 sets no limit to it: that
// somebody was last seen in an interval says nothing of what became of them.
// Height and numbers at risk of a curve also tell, between two steps, in which
// order events and those leavings came, though not when.
//
// A cell with nobody in it fails like a small one, and under the same name. That a
// combination of values cannot occur is knowledge about the subject, which no
// document proves; the table has to be asked for without it.
//
// What these rules do not close, and who has to know it:
//   - Releases are compared by dataset and by concept. The same rows described as
//     two datasets, or one column bound to two concepts, are two to them: that is
//     for whoever describes data.
//   - Of several numbers together only those of the same concepts are solved for,
//     of at most 256 numbers and as many pieces; beyond, numbers are compared two
//     by two. Numbers of two versions of the data are compared two by two alone.
//   - Sums are not subtracted: means of all and of a part, each of enough people,
//     give the mean of the rest, who are at least the threshold but may be
//     dominated by one of them.
//   - Mean and deviation of a measure of four whole numbers or more, like those of
//     a score of two variants whose weights are of very different size, can be
//     solved for who has which by trying all.
//   - Six digits of an effect and its standard error, of some hundred people, leave
//     one or few tables of genotype by outcome: who tries all finds the number of
//     homozygotes, which no frequency tells. So do the sums of a first round of a
//     covariate that counts copies.
//   - A time at which a curve steps is the time of somebody's event, and curves of
//     all and of a part are compared by their sizes, not step by step.
//   - At a site that rounds its counts, sizes of groups in other results are exact.
//   - Why a job ends can tell of few: that everybody among those whom its steps
//     leave has the same outcome, or that there is nobody. Reviewers see the steps;
//     nobody sees them before the job has ended.
package disclosure

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Outcome is the verdict on a document (vocabulary of ACRO).
type Outcome string

// Fail if any finding fails, else review if any asks for it, else pass.
const (
	Pass   Outcome = "pass"
	Fail   Outcome = "fail"
	Review Outcome = "review"
)

// Rules are the site profile's limits.
type Rules struct {
	// Threshold is the fewest people that a published number may tell of.
	Threshold int
	// Strictest is the highest threshold under which a site released an input of a combination; lower than Threshold: none is.
	Strictest int
	// MinEvents is the fewest events in a group; Threshold is used if it is lower.
	MinEvents int
	// Rounding is the number of whose multiples counts are; 0: of none.
	Rounding int
	// Released tells whether an output, by its digest, was released by its
	// site. Nil means that none was.
	Released func(digest string) bool
	// Input reads an output that was combined, by its digest. Nil means that none can be read.
	Input func(digest string) (outputs.Document, error)
	// Origin is how the document's table came about.
	Origin
	// Evidence is what the workspace shows of each result, for the site's own eyes.
	Evidence []outputs.ResultEvidence
	// Earlier are the documents about the same dataset that were released before, or may be.
	Earlier []Release
}

// Origin is how the table of a document came about.
type Origin struct {
	// Version of the datasets.
	Version string
	// Prepared says that there were steps; Prepare are they, as they were asked.
	Prepared bool
	Prepare  []vocabulary.Preparation
	// Sources are the sites and datasets of a combination.
	Sources []string
}

// Release is a document that was told, or is to be.
type Release struct {
	outputs.Document
	Origin
}

// frame is what its concepts mean.
func (r Release) frame() frame {
	f := framed(r.Prepare)
	if len(r.Sources) > 0 {
		f.base = f.base.and(population{"": of(r.Sources...)})
	}
	return f
}

func (r Release) kindAt(where string) string {
	for i, result := range r.Results {
		if where == fmt.Sprintf("result %d", i+1) {
			return result.Kind()
		}
	}
	return ""
}

func (r Rules) evidence(i int) *outputs.ResultEvidence {
	if i < len(r.Evidence) {
		return &r.Evidence[i]
	}
	return nil
}

// of are the rules for some results together. What is told of the people of all sites is held to the strictest threshold
// among them; what is told of one site's people was held to that site's.
func (r Rules) of(results ...outputs.Result) Rules {
	if len(results) > 0 && !slices.ContainsFunc(results, func(one outputs.Result) bool { return !pooled(one) }) {
		r.Threshold = max(r.Threshold, r.Strictest)
	}
	return r
}

// pooled tells whether a result is of the people of several sites together, and of none of them alone.
func pooled(result outputs.Result) bool {
	switch result.(type) {
	case outputs.Count, outputs.Summary, outputs.Model:
		return len(outputs.Sources(result)) > 0
	}
	return false
}

func (r Rules) events() int { return max(r.MinEvents, r.Threshold) }

// Finding is one place where a rule is not met. Where counts results, cells,
// groups and steps from 1; neither text holds a number from the document or the
// name of a group, since findings travel in events.
type Finding struct {
	Rule    Rule
	Outcome Outcome
	Where   string
	Reason  string
}

// Report is the verdict and everything found. Threshold is what all results were held to; single ones may have been held
// to a stricter one.
type Report struct {
	Outcome   Outcome
	Findings  []Finding
	Threshold int
}

// Rule is the stable id of a rule.
type Rule string

// The rules.
const (
	RuleMinorAllele        Rule = "minor-allele-under-threshold"
	RuleMasking            Rule = "masking-under-threshold"
	RuleMembership         Rule = "membership-testable"
	RuleThresholdUnset     Rule = "threshold-unset"
	RuleMalformed          Rule = "document-malformed"
	RuleKindUnknown        Rule = "kind-unknown"
	RuleCell               Rule = "cell-under-threshold"
	RuleRounded            Rule = "not-rounded"
	RuleDropped            Rule = "dropped-under-threshold"
	RuleGroup              Rule = "group-under-threshold"
	RuleEvents             Rule = "events-under-threshold"
	RuleEventFree          Rule = "event-free-under-threshold"
	RuleStepEvents         Rule = "step-events-under-threshold"
	RuleStepAtRisk         Rule = "step-at-risk-under-threshold"
	RuleCurveRest          Rule = "curve-rest-under-threshold"
	RuleCurveEmpty         Rule = "curve-empty"
	RuleDifference         Rule = "difference-under-threshold"
	RuleTogether           Rule = "numbers-solvable"
	RuleDerivable          Rule = "suppressed-cell-derivable"
	RuleFreedom            Rule = "degrees-of-freedom-under-limit"
	RulePercentile         Rule = "percentile-tail-under-threshold"
	RuleDominance          Rule = "dominance"
	RuleValues             Rule = "values-under-threshold"
	RuleNegatives          Rule = "dominance-undefined"
	RuleEvidence           Rule = "evidence-missing"
	RuleOrder              Rule = "order-reconstructible"
	RuleLevel              Rule = "level-under-threshold"
	RuleLevelEmpty         Rule = "level-empty"
	RuleSaturated          Rule = "model-saturated"
	RuleImplicit           Rule = "implicit-table"
	RuleParameters         Rule = "round-parameters-refused"
	RuleSolvable           Rule = "rounds-solvable"
	RuleFewStrata          Rule = "strata-under-limit"
	RuleStrataDominate     Rule = "strata-dominate"
	RuleInconsistent       Rule = "numbers-inconsistent"
	RuleInputNotReleased   Rule = "input-not-released"
	RuleCombinationUnknown Rule = "combination-not-additive"
)

// rule is one line of the table: where it comes from and what is told.
type rule struct {
	outcome Outcome
	source  string
	reason  string
}

func table() map[Rule]rule {
	return map[Rule]rule{
		RuleMinorAllele:        {Fail, "ACRO 1.0.1 MinimumThreshold, applied to the copies of the rarer allele", "a variant's rarer allele is in fewer copies than the threshold"},
		RuleMasking:            {Fail, "ACRO 1.0.1 MinimumThreshold, applied to the carriers of the rarer allele", "variants were masked by a lower threshold than the site's"},
		RuleMembership:         {Review, "Sankararaman et al. 2009: power of the likelihood-ratio test for membership", "so many variants of so few people let somebody who has a person's genome tell whether that person is among them"},
		RuleThresholdUnset:     {Fail, "Fairway: default deny", "the profile sets no threshold, so nothing can be shown to be safe"},
		RuleMalformed:          {Fail, "Fairway decision 20: outputs of typed analyses are canonical JSON", "the document has no canonical text"},
		RuleKindUnknown:        {Fail, "Fairway: default deny", "no rule is about results of this kind"},
		RuleCell:               {Fail, "ACRO 1.0.1 MinimumThreshold: a count below the threshold is disclosive; PresenceOfZero with zeros_are_disclosive True", "a cell tells of fewer people than the threshold, or that there is nobody"},
		RuleRounded:            {Fail, "OpenSAFELY: counts are rounded to the nearest 5", "a count is not a multiple of the site's rounding"},
		RuleDropped:            {Fail, "ACRO 1.0.1 MinimumThreshold, applied to the rows left out", "the number of dropped rows is told although it is under the threshold"},
		RuleGroup:              {Fail, "ACRO 1.0.1 MinimumThreshold", "a group holds fewer people than the threshold"},
		RuleEvents:             {Fail, "ACRO 1.0.1 survival_safe_threshold", "a group has fewer events than the profile allows"},
		RuleEventFree:          {Fail, "ACRO 1.0.1 HazardSurvivalTables: ImplicitTables", "the people of a group without the event, size less events, are under the threshold"},
		RuleStepEvents:         {Fail, "Fairway decision 24: at least threshold events since the last published step", "a step of a curve tells of fewer events than the threshold"},
		RuleStepAtRisk:         {Fail, "Fairway decision 24: at least threshold people remain at risk", "a step of a curve leaves fewer people at risk than the threshold"},
		RuleCurveRest:          {Fail, "ACRO 1.0.1 HazardSurvivalTables: ImplicitTables", "the events after a curve's last step, total less published, are under the threshold"},
		RuleCurveEmpty:         {Review, "ACRO 1.0.1 HazardSurvivalTables: manual review", "a curve has no step: the group is too small for any"},
		RuleDifference:         {Fail, "ABS DataLab rule of 10, which includes differences between tables", "two numbers of the document, or of it and an earlier one, differ by fewer people than the threshold"},
		RuleTogether:           {Fail, "ABS DataLab rule of 10, which includes differences between tables, of more than two numbers", "several numbers of the document, or of it and earlier ones, can be solved for fewer people than the threshold"},
		RuleDerivable:          {Fail, "Fairway: an interval narrower than the threshold tells a suppressed number (sdcTable: attack)", "what else is told, here or in an earlier release, places a suppressed number within an interval narrower than the threshold"},
		RuleFreedom:            {Fail, "ACRO 1.0.1 MinimumDoF: count - 1 of a standard deviation, residual degrees of freedom of a model", "a standard deviation or a model has too few degrees of freedom"},
		RulePercentile:         {Fail, "ACRO 1.0.1 Position: MinimumThreshold, on both sides and between two", "fewer people than the threshold lie on one side of a percentile, or between it and another one that is told"},
		RuleDominance:          {Fail, "ACRO 1.0.1 NK and PPercent", "few people make most of a sum"},
		RuleValues:             {Fail, "ACRO 1.0.1 MinimumThreshold, of the table that n, mean and standard deviation spell out; AllSameValues", "mean and standard deviation tell the value of fewer people than the threshold: of those who have another value than most, or one of three, or a rare allele"},
		RuleNegatives:          {Review, "ACRO 1.0.1: dominance is not defined for negative values", "a measure is below zero for some, so that the rules of dominance say nothing"},
		RuleEvidence:           {Fail, "Fairway decision 21: evidence for checkers is a second object", "the evidence that the rules need is not there, or is of another output"},
		RuleOrder:              {Review, "ACRO 1.0.1 HazardSurvivalTables: ImplicitTables", "the digits hold more than the order of so few people, or than how they part into strata: whoever tries all finds the one"},
		RuleLevel:              {Fail, "DataSHIELD nfilter.tab: a level of a covariate with fewer people blocks the model", "a level of a covariate has fewer people than the threshold"},
		RuleLevelEmpty:         {Review, "ACRO 1.0.1 PresenceOfZero, of a level that other sites have", "nobody here has a level of a covariate"},
		RuleSaturated:          {Fail, "SACRO-ML StructuralAttack, DataSHIELD: saturated regressions are disclosive", "the model has a term for every combination of its covariates, so it is their table"},
		RuleImplicit:           {Review, "ACRO 1.0.1 HazardSurvivalTables: ImplicitTables, applied to gradient and information", "at zero, gradient and information spell out a table with a cell under the threshold"},
		RuleParameters:         {Fail, "Fairway: a round tells of many people alike", "the first round is not at zero, the rounds are too many, or the parameters leave too few people with weight"},
		RuleSolvable:           {Fail, "Fairway: numbers told over all rounds stay fewer than the values of the people", "with this as many numbers are told as the people, or the strata, have values, which could be solved for"},
		RuleFewStrata:          {Fail, "ACRO 1.0.1 PPercent, applied to strata: with two, who knows one knows the other", "a sum over strata, or the difference of two such sums, is of fewer than three"},
		RuleStrataDominate:     {Review, "ACRO 1.0.1 NK and PPercent, applied to the people with the outcome in each stratum", "one or two strata make most of the sums, so that who knows them could place the others"},
		RuleInconsistent:       {Fail, "Fairway: what the numbers do not explain is not released", "the numbers do not follow from each other"},
		RuleInputNotReleased:   {Fail, "Fairway decision 26: a combination is made of released outputs", "an input of the combination was not released by its site"},
		RuleCombinationUnknown: {Fail, "Fairway decision 26: a combination is made of released outputs", "the combination is not the sum of its sites"},
	}
}

// Source says where the rule comes from; empty for an unknown rule.
func (r Rule) Source() string { return table()[r].source }

// Required lists the rules that every approved output has met, by id and sorted. Those that only ask for reviewers are
// not among them: which of them an output touched is for its reviewers.
func Required() []string {
	var ids []string
	for id, r := range table() {
		if r.outcome == Fail {
			ids = append(ids, string(id))
		}
	}
	slices.Sort(ids)
	return ids
}

// findings collects in the order found.
type findings struct{ list []Finding }

func (f *findings) add(id Rule, where string) {
	rule := table()[id]
	f.list = append(f.list, Finding{Rule: id, Outcome: rule.outcome, Where: where, Reason: rule.reason})
}

func (f *findings) unless(ok bool, id Rule, where string) {
	if !ok {
		f.add(id, where)
	}
}

func (f *findings) report() Report {
	report := Report{Outcome: Pass, Findings: f.list}
	for _, finding := range f.list {
		if finding.Outcome == Fail {
			report.Outcome = Fail
		}
		if finding.Outcome == Review && report.Outcome == Pass {
			report.Outcome = Review
		}
	}
	return report
}
