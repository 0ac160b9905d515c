package invariants_test

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

// entry is how a lookup table comes into a workspace of denbi. A test changes one thing in it.
type entry struct {
	policy             vocabulary.PolicyImports
	reviewers, reviews []string // in the decision; who act a review
	size               int64
	digest             string // asked for and decided
	taken, used        string // digests
	project, takenBy   string
	undecided          bool
}

func newEntry(project string) entry {
	digest := sum([]byte("a table"))
	return entry{policy: vocabulary.PolicyImports{Kinds: []string{"lookup"}, MaxBytes: 64}, reviewers: []string{checkerA, checkerB},
		reviews: []string{checkerA, checkerB}, size: 64, digest: digest, taken: digest, used: digest, project: project, takenBy: project}
}

func (e entry) play(s *story) {
	id, room, permit := s.id(), s.id(), s.id()
	act := s.say("denbi", "portal", "", workspace.ImportRequest{ImportID: id, WorkspaceID: room, Kind: "lookup", Digest: e.digest, Size: e.size, MediaType: "text/csv"}, by(requester))
	asked := s.say("denbi", "workspace", act.Event.ID, workspace.ImportRequested{ImportID: id, WorkspaceID: room, ProjectID: e.project, PermitID: permit,
		Requester: requester, Kind: "lookup", Digest: e.digest, Size: e.size, MediaType: "text/csv"})
	cause := asked
	for _, person := range e.reviews {
		cause = s.say("denbi", "portal", "", airlock.ImportReview{ImportID: id, Digest: e.digest, Decision: "Approved"}, by(person))
	}
	if !e.undecided {
		cause = s.say("denbi", "airlock", cause.Event.ID, airlock.ImportApproved{ImportID: id, WorkspaceID: room, ProjectID: e.project, Digest: e.digest, Reviewers: e.reviewers})
	}
	s.say("denbi", "workspace", cause.Event.ID, workspace.ImportTaken{ImportID: id, WorkspaceID: room, ProjectID: e.takenBy, Kind: "lookup", Digest: e.taken, Size: e.size})
}

func TestWhateverComesInWithoutItsDecisionIsFound(t *testing.T) {
	for what, bug := range map[string]func(*entry){
		"nobody decided":                       func(e *entry) { e.undecided = true },
		"other bytes than were approved":       func(e *entry) { e.taken = sum([]byte("another")); e.used = e.taken },
		"for another project":                  func(e *entry) { e.takenBy = "01J0000000000000000000000Q" },
		"one reviewer where two are asked":     func(e *entry) { e.reviewers = e.reviewers[:1] },
		"the same reviewer counts twice":       func(e *entry) { e.reviewers = []string{checkerA, checkerA} },
		"the requester reviews":                func(e *entry) { e.reviewers = []string{checkerA, requester}; e.reviews = e.reviewers },
		"a reviewer is named who never asked":  func(e *entry) { e.reviews = e.reviews[:1] },
		"the policy lets nothing in":           func(e *entry) { e.policy = vocabulary.PolicyImports{} },
		"larger than the policy lets in":       func(e *entry) { e.size++ },
		"an output made by what nobody let in": func(e *entry) { e.used = sum([]byte("another")) },
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlot()
			bug(&p.entry)
			if found := judge(p.play(t))["let in only by decision"]; len(found) == 0 {
				t.Error("the law holds")
			}
		})
	}
}
