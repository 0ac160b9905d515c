package release

// Stage is one step of the review: so many approvals by people of one role.
type Stage struct {
	Role   string `json:"role"`
	Quorum int    `json:"quorum"`
}

// Reviewer is who gives a word, with the roles that they hold.
type Reviewer struct {
	ID    string
	Roles []string
}

// Opinion is one reviewer's word, in a stage counted from 0.
type Opinion struct {
	Reviewer string `json:"reviewer"`
	Approved bool   `json:"approved"`
	Stage    int    `json:"stage"`
}

// Turn is the stage, counted from 0, that waits for a reviewer; false when none does.
func (r *Release) Turn() (stage int, waits bool) {
	for i, s := range r.Stages {
		if r.approvals(i) < s.Quorum {
			return i, true
		}
	}
	return 0, false
}

// Needed is how many approvals all stages need together.
func (r *Release) Needed() (n int) {
	for _, s := range r.Stages {
		n += s.Quorum
	}
	return n
}

func (r *Release) approvals(stage int) (n int) {
	for _, o := range r.Opinions {
		if o.Approved && o.Stage == stage {
			n++
		}
	}
	return n
}

// Reviewers are the persons who have given their word, in order.
func (r *Release) Reviewers() []string {
	out := []string{}
	for _, o := range r.Opinions {
		out = append(out, o.Reviewer)
	}
	return out
}

// ReviewersOf are those who have given it in one stage, in order.
func (r *Release) ReviewersOf(stage int) []string {
	out := []string{}
	for _, o := range r.Opinions {
		if o.Stage == stage {
			out = append(out, o.Reviewer)
		}
	}
	return out
}
