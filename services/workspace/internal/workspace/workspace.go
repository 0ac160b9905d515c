// Package workspace decides who may analyse what in a project's workspace, how a job lives, and which counts may be
// told. It does no I/O.
package workspace

import (
	"errors"
	"fmt"
)

// ErrTransition says that a workspace or job is not in a state for what was asked.
var ErrTransition = errors.New("not in a state for this")

// Status of a workspace.
type Status string

// The statuses of a workspace.
const (
	Provisioned Status = "PROVISIONED"
	Frozen      Status = "FROZEN"
	Closed      Status = "CLOSED"
	Deleting    Status = "DELETING" // what the project left is being deleted
	Deleted     Status = "DELETED"
)

// workspaces is the whole life of a workspace. One whose permit ends is frozen, and closed at once; one that its people
// close is closed alone.
var workspaces = map[Status][]Status{
	"":          {Provisioned},
	Provisioned: {Frozen, Closed},
	Frozen:      {Closed},
	Closed:      {Deleting},
	Deleting:    {Deleted},
	Deleted:     {},
}

// Become moves a workspace on.
func (s Status) Become(to Status) (Status, error) { return become(workspaces, s, to) }

// State of a job, in the words of GA4GH TES.
type State string

// The states of a job.
const (
	Queued        State = "QUEUED"
	Initializing  State = "INITIALIZING"
	Running       State = "RUNNING"
	Complete      State = "COMPLETE"
	ExecutorError State = "EXECUTOR_ERROR" // the analysis or its data would not do
	SystemError   State = "SYSTEM_ERROR"   // this service would not do
	Canceled      State = "CANCELED"
)

// jobs is the whole life of a job. A job that was interrupted is run again in the state it is in.
var jobs = map[State][]State{
	"":            {Queued},
	Queued:        {Initializing, Canceled},
	Initializing:  {Running, Canceled},
	Running:       {Complete, ExecutorError, SystemError, Canceled},
	Complete:      {},
	ExecutorError: {},
	SystemError:   {},
	Canceled:      {},
}

// Become moves a job on.
func (s State) Become(to State) (State, error) { return become(jobs, s, to) }

// Final says that nothing happens to the job any more.
func (s State) Final() bool { return len(jobs[s]) == 0 }

// ImportStatus is where something stands that a project brings in.
type ImportStatus string

// The statuses of an import.
const (
	ImportAsked ImportStatus = "ASKED"
	ImportTaken ImportStatus = "TAKEN" // its bytes are in the workspace
	ImportGone  ImportStatus = "GONE"  // rejected, withdrawn or deleted; the same bytes may be asked for anew
)

// importing is the whole life of an import.
var importing = map[ImportStatus][]ImportStatus{
	"":          {ImportAsked},
	ImportAsked: {ImportTaken, ImportGone},
	ImportTaken: {ImportGone},
	ImportGone:  {},
}

// Become moves an import on.
func (s ImportStatus) Become(to ImportStatus) (ImportStatus, error) { return become(importing, s, to) }

func become[S ~string](table map[S][]S, from, to S) (S, error) {
	for _, allowed := range table[from] {
		if allowed == to {
			return to, nil
		}
	}
	return from, fmt.Errorf("%w: what is %q cannot become %q", ErrTransition, string(from), string(to))
}
