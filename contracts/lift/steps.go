package lift

import (
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	workspacev1 "github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
)

// steps is the table of all steps: one for each contract that supersedes another.
func steps() []step {
	return []step{
		between(jobStateChanged2, jobStateChanged1),
	}
}

// jobStateChanged2 makes the code an object; nobody said a sentence with it.
func jobStateChanged2(p workspacev1.JobStateChanged) workspacev2.JobStateChanged {
	return workspacev2.JobStateChanged{JobID: p.JobID, StudyID: p.StudyID, ProjectID: p.ProjectID, State: p.State,
		Reason: vocabulary.StateReason{Code: p.Reason}}
}

// jobStateChanged1 leaves out the sentence.
func jobStateChanged1(p workspacev2.JobStateChanged) workspacev1.JobStateChanged {
	return workspacev1.JobStateChanged{JobID: p.JobID, StudyID: p.StudyID, ProjectID: p.ProjectID, State: p.State,
		Reason: p.Reason.Code}
}
