package invariants

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// needed is how many reviewers a policy asks for: none for what was declared as of a type that it lets leave so.
func needed(policy federation.PolicyPublished, d airlock.ReleaseApproved) int {
	if declared(policy, d) {
		return 0
	}
	return int(policy.Reviewers)
}

func declared(policy federation.PolicyPublished, d airlock.ReleaseApproved) bool {
	return d.DeclaredAs != "" && slices.Contains(policy.LowRisk, d.DeclaredAs) && len(d.ChecksPassed) > 0
}

// inStages says whether the stages of a decision are those of the policy, in order and each with its quorum. A site may
// ask for more. Of a review in one stage the number of reviewers says it all.
func inStages(policy federation.PolicyPublished, d airlock.ReleaseApproved) bool {
	if len(policy.Stages) < 2 || declared(policy, d) {
		return true
	}
	rest := d.Stages
	for _, want := range policy.Stages {
		i := slices.IndexFunc(rest, func(s vocabulary.ReviewStage) bool { return s.Role == want.Role })
		if i < 0 || distinct(rest[i].Reviewers) < int(want.Quorum) {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}
