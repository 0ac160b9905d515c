package profile

import (
	"fmt"
	"github.com/fairway-tre/fairway/contracts/analyses"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	kinds  = analyses.Kinds()
	modes  = []string{Aggregate, Catalogued, TypedAndNative}
	bodies = []string{"data-access-committee", "steering-group", "data-holder", "security-office", "access-committee", "regional-office",
		"scientific-committee", "data-protection-authority", "ministry", "data-contributor"}
	assurances = []string{"aal2"}
	executors  = []string{"typed", "sandbox", "tes"}

	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)
	codePattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/+<>=-]{0,95}$`)
)

// maxText is the longest text an event carries.
const maxText = 512

// rules collects what is wrong with the values of a profile, each with its line.
type rules struct {
	root     *yaml.Node
	problems []string
}

func (r *rules) want(ok bool, path, format string, args ...any) {
	if ok {
		return
	}
	n := r.root
	for part := range strings.SplitSeq(path, ".") {
		n = child(n, part)
	}
	r.problems = append(r.problems, at(n, path, format, args...))
}

func (r *rules) oneOf(allowed []string, path, value string) {
	r.want(slices.Contains(allowed, value), path, "%q is not one of %s", value, strings.Join(allowed, ", "))
}

func (r *rules) listOf(allowed []string, path string, values []string) {
	for i, v := range values {
		r.oneOf(allowed, path, v)
		r.want(!slices.Contains(values[:i], v), path, "%q is listed twice", v)
	}
}

func (r *rules) match(p *regexp.Regexp, path, value string) {
	r.want(p.MatchString(value), path, "%q does not match %s", value, p)
}

func (r *rules) text(path, value string) {
	r.want(len(value) > 0 && len(value) <= maxText, path, "%d bytes of text, expected 1 to %d", len(value), maxText)
}

func (p Profile) problems(root *yaml.Node) []string {
	r := &rules{root: root}
	r.match(namePattern, "name", p.Name)
	r.match(countryPattern, "country", p.Country)
	r.text("title", p.Title)
	r.text("modelledOn", p.ModelledOn)
	r.text("hostDescription", p.HostDescription)
	// The federation's floor is 5.
	r.want(p.Threshold >= FederationFloor && p.Threshold <= 1000, "threshold",
		"%d is not between the federation's floor %d and 1000", p.Threshold, FederationFloor)
	r.want(p.Review.Reviewers >= 1 && p.Review.Reviewers <= 9, "review.reviewers", "%d is not between 1 and 9", p.Review.Reviewers)
	r.want(slices.Contains([]string{"", CoveredRounds, EachRound}, p.Review.Rounds), "review.rounds", "%q is neither covered nor each", p.Review.Rounds)
	r.oneOf(assurances, "signIn.assurance", p.SignIn.Assurance)
	for _, a := range p.SignIn.Addresses {
		r.want(a == a.Masked(), "signIn.addresses", "%s has bits set behind its prefix: write %s", a, a.Masked())
	}
	r.chain(p.ApprovalChain)
	r.oneOf(modes, "analyses.mode", p.Analyses.Mode)
	r.listOf(kinds, "analyses.catalogued", p.Analyses.Catalogued)
	r.want((p.Analyses.Mode == Catalogued) == (len(p.Analyses.Catalogued) > 0), "analyses.catalogued",
		"must list kinds (%s) for mode %s and be [] for any other", strings.Join(kinds, ", "), Catalogued)
	r.match(codePattern, "training.course", p.Training.Course)
	r.match(codePattern, "agreement.name", p.Agreement.Name)
	r.match(codePattern, "agreement.version", p.Agreement.Version)
	r.want(len(p.Executors) > 0, "executors", "is empty: list at least one of %s", strings.Join(executors, ", "))
	r.listOf(executors, "executors", p.Executors)
	p.policies(r)
	return r.problems
}

func (r *rules) chain(chain []Body) {
	r.want(len(chain) > 0, "approvalChain", "is empty: nobody could ever decide")
	seen := map[string]bool{}
	for i, b := range chain {
		label := fmt.Sprintf("body %d: ", i+1)
		r.want(slices.Contains(bodies, b.Body), "approvalChain", label+"%q is not one of %s", b.Body, strings.Join(bodies, ", "))
		r.want(!seen[b.Body], "approvalChain", label+"%s decides twice", b.Body)
		r.want(b.Quorum >= 1 && b.Quorum <= b.Of && b.Of <= 99, "approvalChain", label+"quorum %d of %d: expected 1 <= quorum <= of <= 99", b.Quorum, b.Of)
		r.listOf(partners, "approvalChain", b.Partners)
		seen[b.Body] = true
	}
	r.want(slices.ContainsFunc(chain, func(b Body) bool { return len(b.Partners) == 0 }), "approvalChain",
		"every body decides for some partners only: one must decide for all")
}
