package study

import "time"

// ParametersRefused is the reason of a site that would tell of few people at the parameters of a round.
const ParametersRefused = "round-parameters-refused"

// leastRound is how long a round lasts at least, if the study does.
const leastRound = time.Minute

// Rounds begins a study in rounds. It is for a study that was just opened.
func (s *Study) Rounds(now time.Time) {
	s.Round, s.RoundEnds = 1, s.share(now)
	for i := range s.Targets {
		s.Targets[i].Round = 1
	}
}

// share is when a round that begins now ends: after half of what the study has left, so that a silent site leaves time
// for the others to go on without it.
//
// A study's deadline is a parameter, capped by the profile; its rounds' deadlines follow from it.
func (s *Study) share(now time.Time) time.Time {
	left := s.Deadline.Sub(now)
	return now.Add(max(left/2, min(left, leastRound))).Truncate(time.Millisecond)
}

// Until is when silence counts as an answer: the end of the present round, or of a study in one shot.
func (s *Study) Until() time.Time {
	if s.Round > 0 {
		return s.RoundEnds
	}
	return s.Deadline
}

// Again begins the next round: who answered the last one is asked again, under a new job. Who refused or was silent is
// not. It fails with ErrLate when the study has no time left.
func (s *Study) Again(now time.Time, newJob func() string) error {
	if !now.Before(s.Deadline) {
		return ErrLate
	}
	if err := s.move(Again); err != nil {
		return err
	}
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Outcome != Returned && t.Outcome != Objected {
			continue
		}
		if s.Round == 1 {
			t.First = t.Result
		}
		t.Before = append(t.Before, t.JobID)
		t.JobID, t.Accepted, t.Outcome, t.Reason, t.Detail, t.Result, t.Round = newJob(), false, "", "", "", Result{}, s.Round+1
	}
	s.Round++
	s.RoundEnds = s.share(now)
	return nil
}

// Objected tells whether somebody would not answer the present round at its parameters.
func (s *Study) Objected() bool {
	for _, t := range s.Targets {
		if t.Outcome == Objected {
			return true
		}
	}
	return false
}

// Overrule makes refusals of objections for which no other parameters were found. It tells whether anybody returned.
func (s *Study) Overrule() (returned bool) {
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Outcome == Objected {
			t.Outcome = Refused
		}
		returned = returned || t.Outcome == Returned
	}
	return returned
}

// Answer is what one target returned.
type Answer struct {
	Site string
	Result
}

// Firsts are the results of the first round, in the order of the targets: those that analyses in one shot are made of.
func (s *Study) Firsts() (all []Answer) {
	for _, t := range s.Targets {
		switch {
		case t.First != Result{}:
			all = append(all, Answer{t.Site, t.First})
		case s.Round <= 1 && t.Outcome == Returned:
			all = append(all, Answer{t.Site, t.Result})
		}
	}
	return all
}

// Presents are the results of the present round, in the order of the targets.
func (s *Study) Presents() (all []Answer) {
	for _, t := range s.Targets {
		if t.Outcome == Returned {
			all = append(all, Answer{t.Site, t.Result})
		}
	}
	return all
}
