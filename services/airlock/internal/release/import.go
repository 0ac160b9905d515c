package release

// inward is the whole life of an import. A decision on it is final: what entered a workspace is not called back by the
// airlock, and nothing leaves by it.
var inward = life{
	"":        {Request: Requested},
	Requested: {CheckPass: InReview, CheckFail: Rejected, PermitEnd: Rejected},
	InReview: {Review: InReview, NextStage: InReview, Approve: Approved, Reject: Rejected, Withdraw: Withdrawn, Overdue: Rejected,
		PermitEnd: Rejected},
	Approved:  {},
	Rejected:  {},
	Withdrawn: {},
}

// Import is one file on its way into a workspace, as far as deciding goes.
type Import struct {
	Status Status `json:"status"`
	Panel
}

// NewImport is an import just requested.
func NewImport(requester, digest string, stages ...Stage) (Import, error) {
	i := Import{Panel: Panel{Author: requester, Digest: digest, Stages: stages}}
	return i, i.Take(Request)
}

// Review adds one person's word on exactly these bytes, as that of a release does.
func (i *Import) Review(by Reviewer, digest string, approved bool) error {
	return i.decide(by, digest, approved, i.Take)
}

// Take moves the import on by one step.
func (i *Import) Take(s Step) error { return inward.take(&i.Status, s) }
