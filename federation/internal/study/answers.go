package study

import (
	"fmt"
	"slices"
	"time"
)

// Accept notes that a site has queued its job. It is no outcome.
func (s *Study) Accept(jobID string, now time.Time) error {
	return s.answer(jobID, now, func(t *Target) { t.Accepted = true })
}

// Return takes a site's released result.
func (s *Study) Return(jobID string, r Result, now time.Time) error {
	return s.answer(jobID, now, func(t *Target) { t.Outcome, t.Result = Returned, r })
}

// Refuse takes a site's no, which names its reason. To the parameters of a later round it is an objection.
func (s *Study) Refuse(jobID, reason, detail string, now time.Time) error {
	return s.answer(jobID, now, func(t *Target) {
		t.Outcome, t.Reason, t.Detail = Refused, reason, detail
		if reason == ParametersRefused && s.Round > 1 {
			t.Outcome = Objected
		}
	})
}

// Abandon ends the waiting for a site that will not be heard: it is silent, for a reason that is known before the
// deadline. A site that has answered, or is not asked, stays as it is.
func (s *Study) Abandon(site, reason, detail string) error {
	if s.State != Collecting {
		return nil
	}
	waited := false
	for i := range s.Targets {
		if t := &s.Targets[i]; t.Site == site && t.Outcome == "" {
			t.Outcome, t.Reason, t.Detail = TimedOut, reason, detail
			waited = true
		}
	}
	if !waited {
		return nil
	}
	return s.settle()
}

// Awaits tells whether an answer of this job counts now: it does until there is one, and before the deadline, whether
// or not anybody has noticed yet that the deadline has passed.
func (s *Study) Awaits(jobID string, now time.Time) error {
	_, err := s.awaited(jobID, now)
	return err
}

func (s *Study) awaited(jobID string, now time.Time) (*Target, error) {
	for i := range s.Targets {
		t := &s.Targets[i]
		switch {
		case slices.Contains(t.Before, jobID):
			return nil, fmt.Errorf("job %s of study %s: %w", jobID, s.ID, ErrAnswered)
		case t.JobID != jobID:
			continue
		case t.Outcome == TimedOut, t.Outcome == "" && !now.Before(s.Until()):
			return nil, fmt.Errorf("job %s of study %s: %w", jobID, s.ID, ErrLate)
		case t.Outcome != "":
			return nil, fmt.Errorf("job %s of study %s: %w", jobID, s.ID, ErrAnswered)
		}
		return t, nil
	}
	return nil, fmt.Errorf("job %s of study %s: %w", jobID, s.ID, ErrUnknownJob)
}

func (s *Study) answer(jobID string, now time.Time, change func(*Target)) error {
	t, err := s.awaited(jobID, now)
	if err != nil {
		return err
	}
	change(t)
	return s.settle()
}

// Expire ends the waiting at the deadline: whoever has not answered is silent. It changes nothing later.
func (s *Study) Expire() error {
	if s.State != Collecting {
		return nil
	}
	for i := range s.Targets {
		if t := &s.Targets[i]; t.Outcome == "" {
			t.Outcome, t.Reason = TimedOut, "no-answer"
			t.Detail = "the site did not take the job before the deadline"
			if t.Accepted {
				t.Detail = "the site took the job and returned no result before the deadline"
			}
		}
	}
	return s.settle()
}

// settle goes on when nobody is awaited any more.
func (s *Study) settle() error {
	returned := 0
	for _, t := range s.Targets {
		switch t.Outcome {
		case "":
			return nil
		case Returned, Objected:
			returned++
		}
	}
	if returned > 0 {
		return s.move(Gather)
	}
	s.Reason = "nothing-returned"
	return s.move(ComeToNone)
}
