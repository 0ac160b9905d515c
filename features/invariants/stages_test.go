package invariants

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestADecisionIsHeldAgainstTheStagesOfThePolicy(t *testing.T) {
	policy := federation.PolicyPublished{Reviewers: 3, LowRisk: []string{"statistic"},
		Stages: []vocabulary.PolicyStage{{Role: "output-checker", Quorum: 1}, {Role: "release-committee", Quorum: 2}}}
	stage := func(role string, by ...string) vocabulary.ReviewStage {
		return vocabulary.ReviewStage{Role: role, Reviewers: by}
	}
	for name, c := range map[string]struct {
		decision airlock.ReleaseApproved
		needed   int
		holds    bool
	}{
		"as asked":      {airlock.ReleaseApproved{Stages: []vocabulary.ReviewStage{stage("output-checker", "a"), stage("release-committee", "b", "c")}}, 3, true},
		"one more":      {airlock.ReleaseApproved{Stages: []vocabulary.ReviewStage{stage("export-group", "d"), stage("output-checker", "a"), stage("release-committee", "b", "c")}}, 3, true},
		"other order":   {airlock.ReleaseApproved{Stages: []vocabulary.ReviewStage{stage("release-committee", "b", "c"), stage("output-checker", "a")}}, 3, false},
		"half a stage":  {airlock.ReleaseApproved{Stages: []vocabulary.ReviewStage{stage("output-checker", "a"), stage("release-committee", "b", "b")}}, 3, false},
		"none named":    {airlock.ReleaseApproved{}, 3, false},
		"declared":      {airlock.ReleaseApproved{DeclaredAs: "statistic", ChecksPassed: []string{"kind-unknown"}}, 0, true},
		"other type":    {airlock.ReleaseApproved{DeclaredAs: "table", ChecksPassed: []string{"kind-unknown"}}, 3, false},
		"no rule named": {airlock.ReleaseApproved{DeclaredAs: "statistic"}, 3, false},
	} {
		if got := needed(policy, c.decision); got != c.needed || inStages(policy, c.decision) != c.holds {
			t.Errorf("%s: %d needed, stages hold: %t", name, got, inStages(policy, c.decision))
		}
	}
}
