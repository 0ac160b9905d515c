package study

// Combined notes the output that holds the combination; it goes to review next.
func (s *Study) Combined(outputID, digest string, size int64) error {
	if err := s.move(Combine); err != nil {
		return err
	}
	s.OutputID, s.Combination = outputID, Result{Digest: digest, Size: size}
	return nil
}

// Uncombinable ends a study whose results do not make one answer.
func (s *Study) Uncombinable(reason string) error { return s.end(GiveUp, reason) }

// Released completes the study: the researcher has the combination.
func (s *Study) Released() error { return s.move(Release) }

// TurnedDown ends a study whose combination was not released.
func (s *Study) TurnedDown(reason string) error { return s.end(TurnDown, reason) }

func (s *Study) end(step Step, reason string) error {
	if err := s.move(step); err != nil {
		return err
	}
	s.Reason = reason
	return nil
}

// Outcome is how the study ended. A site that refused has answered; a site that was silent leaves the result partial.
func (s *Study) Outcome() string {
	if s.State != Completed {
		return OutcomeFailed
	}
	for _, t := range s.Targets {
		if t.Outcome == TimedOut {
			return OutcomePartial
		}
	}
	return OutcomeCompleted
}
