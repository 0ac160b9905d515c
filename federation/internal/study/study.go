// Package study is what a host keeps of one question put to several sites: who was asked, what each answered, and
// how far the common answer is.
package study

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// State of a study. Names on the wire and in storage.
type State string

// The states.
const (
	Opened     State = "OPENED"     // accepted, nobody asked yet
	Collecting State = "COLLECTING" // sites are asked; ends by their answers or at the deadline
	Combining  State = "COMBINING"  // every site has answered or is silent; the combination is being made
	Review     State = "REVIEW"     // the combination is sealed and with the host's own airlock
	Completed  State = "COMPLETED"  // the combination was released
	Failed     State = "FAILED"     // there is no common answer, and there will be none
)

// Step is what moves a study on.
type Step string

// The steps.
const (
	Dispatch   Step = "dispatch"     // the jobs go out
	Gather     Step = "gather"       // all targets have an outcome, at least one returned
	ComeToNone Step = "come-to-none" // all targets have an outcome, none returned
	Again      Step = "again"        // the next round's jobs go out
	Combine    Step = "combine"      // the combination was made and is to be sealed
	GiveUp     Step = "give-up"      // what was returned cannot be combined
	Release    Step = "release"      // the host's airlock published the combination
	TurnDown   Step = "turn-down"    // the host's workspace or airlock refused it
)

// table is the whole life of a study: what is not in it cannot happen.
var table = map[State]map[Step]State{
	Opened:     {Dispatch: Collecting},
	Collecting: {Gather: Combining, ComeToNone: Failed},
	Combining:  {Again: Collecting, Combine: Review, GiveUp: Failed},
	Review:     {Release: Completed, TurnDown: Failed},
}

// Outcome of one target.
type Outcome string

// The outcomes of a target. A target that has none is still awaited.
const (
	Returned Outcome = "returned"
	Refused  Outcome = "refused"
	TimedOut Outcome = "timed-out" // silence, which is never zero
	// Objected is the answer to a round, not to the study: at these parameters the site would tell of few people. It is
	// asked again at others.
	Objected Outcome = "objected"
)

// The outcomes of a study.
const (
	OutcomeCompleted = "Completed"     // every site answered: it returned or refused
	OutcomePartial   = "PartialResult" // at least one site was silent
	OutcomeFailed    = "Failed"        // no combination was released
)

// Ways in which an answer or a step is not taken.
var (
	ErrUnknownJob = errors.New("no target of the study has this job")
	ErrAnswered   = errors.New("this target has answered already")
	ErrLate       = errors.New("the answer came after the study's deadline")
	ErrStep       = errors.New("the study is not where this can happen")
	ErrTargets    = errors.New("the study asks nobody, or a dataset twice")
)

// Target is one dataset at one site that is asked.
type Target struct {
	Site, Dataset, JobID string
	Accepted             bool     // the site has queued the job
	Outcome              Outcome  // empty while awaited
	Reason, Detail       string   // of a refusal or of silence
	Result               Result   // of what was returned
	Round                int      // that it was asked in last; 0 in one shot
	First                Result   // what it returned in the first of several rounds
	Before               []string // jobs of earlier rounds, which it answered
}

// Result is a released output of a site, known by digest.
type Result struct {
	ReleaseID, Digest string
	Size              int64
}

// Study is one question and what became of it.
type Study struct {
	ID, Project, Requester string
	Deadline               time.Time
	Round                  int       // the present one; 0 in one shot
	RoundEnds              time.Time // the deadline of the present round
	State                  State
	Targets                []Target
	OutputID               string // of the combination, once there is one
	Combination            Result // its release, digest and size
	Reason                 string // why it failed
}

// Open starts a study in state COLLECTING. Each target has its site, dataset and job; a dataset is asked once,
// because a combination takes one result of each. A site may be asked about several.
func Open(id, project, requester string, deadline time.Time, targets []Target) (Study, error) {
	seen := map[string]bool{}
	for _, t := range targets {
		key := t.Site + "\x00" + t.Dataset
		if seen[key] {
			return Study{}, fmt.Errorf("open study %s: %w: %s", id, ErrTargets, t.Site)
		}
		seen[key] = true
	}
	if len(targets) == 0 {
		return Study{}, fmt.Errorf("open study %s: %w", id, ErrTargets)
	}
	s := Study{ID: id, Project: project, Requester: requester, Deadline: deadline, State: Opened, Targets: targets}
	return s, s.move(Dispatch)
}

func (s *Study) move(step Step) error {
	next, ok := table[s.State][step]
	if !ok {
		return fmt.Errorf("study %s: %s in state %s: %w", s.ID, step, s.State, ErrStep)
	}
	s.State = next
	return nil
}

// Target finds the target that a job was given to.
func (s *Study) Target(jobID string) (Target, bool) {
	for _, t := range s.Targets {
		if t.JobID == jobID || slices.Contains(t.Before, jobID) {
			return t, true
		}
	}
	return Target{}, false
}

// Over reports whether nothing more will happen.
func (s *Study) Over() bool { return len(table[s.State]) == 0 }
