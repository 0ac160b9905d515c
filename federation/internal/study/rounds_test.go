package study

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// inRounds is a study of two sites that was opened at noon.
func inRounds(t *testing.T) (Study, func() string) {
	s := open(t, "a", "b")
	s.Rounds(noon)
	n := 0
	return s, func() string { n++; return fmt.Sprint("job", n) }
}

func TestARoundTakesHalfOfWhatIsLeft(t *testing.T) {
	s, newJob := inRounds(t)
	if got := s.Until(); !got.Equal(noon.Add(30 * time.Minute)) {
		t.Fatal(got)
	}
	for at, want := range map[time.Duration]time.Duration{10 * time.Minute: 35 * time.Minute, 59 * time.Minute: time.Hour, 59*time.Minute + 30*time.Second: time.Hour} {
		s.State = Combining
		if err := s.Again(noon.Add(at), newJob); err != nil || !s.Until().Equal(noon.Add(want)) {
			t.Errorf("after %v until %v: %v", at, s.Until(), err)
		}
	}
	s.State = Combining
	if err := s.Again(deadline, newJob); !errors.Is(err, ErrLate) || s.State != Combining {
		t.Errorf("%v, %s", err, s.State)
	}
}

func TestWhoAnsweredARoundIsAskedAgainAndNobodyElse(t *testing.T) {
	s, newJob := inRounds(t)
	if err := errors.Join(s.Return("job-a", result, noon), s.Return("job-b", result, noon), s.Again(noon, newJob)); err != nil {
		t.Fatal(err)
	}
	a := s.Targets[0]
	if s.State != Collecting || s.Round != 2 || a.Outcome != "" || a.Round != 2 || a.First != result || a.Result != (Result{}) {
		t.Fatalf("%+v", s)
	}
	if err := s.Return("job-a", result, noon); !errors.Is(err, ErrAnswered) {
		t.Errorf("a second answer to the first round: %v", err)
	}
	if _, known := s.Target("job-a"); !known {
		t.Error("the job of the first round is forgotten")
	}
	if err := errors.Join(s.Return(a.JobID, Result{Digest: "2"}, noon), s.Expire(), s.Again(noon, newJob)); err != nil {
		t.Fatal(err)
	}
	b := s.Targets[1]
	if b.Outcome != TimedOut || b.Round != 2 || s.Targets[0].Round != 3 || len(s.Firsts()) != 2 || len(s.Presents()) != 0 {
		t.Fatalf("%+v", s)
	}
	if err := s.Return(b.JobID, result, noon); !errors.Is(err, ErrLate) {
		t.Errorf("who was silent in a round is late: %v", err)
	}
}

func TestTwoDatasetsOfOneSiteAreTwoAnswers(t *testing.T) {
	s, err := Open("s", "p", "r", deadline, []Target{{Site: "a", Dataset: "south", JobID: "1"}, {Site: "a", Dataset: "west", JobID: "2"}})
	if err != nil {
		t.Fatal(err)
	}
	s.Rounds(noon)
	south, west := Result{Digest: "south"}, Result{Digest: "west"}
	if err := errors.Join(s.Return("1", south, noon), s.Return("2", west, noon)); err != nil {
		t.Fatal(err)
	}
	both := []Answer{{"a", south}, {"a", west}}
	if !slices.Equal(s.Firsts(), both) || !slices.Equal(s.Presents(), both) {
		t.Errorf("%+v, %+v", s.Firsts(), s.Presents())
	}
}

func TestAnObjectionIsOfARoundUntilItIsOverruled(t *testing.T) {
	s, _ := inRounds(t)
	if err := errors.Join(s.Return("job-a", result, noon), s.Refuse("job-b", ParametersRefused, "", noon)); err != nil || s.Targets[1].Outcome != Refused {
		t.Fatalf("at zero there is nothing to object to: %v %+v", err, s.Targets[1])
	}
	s, newJob := inRounds(t)
	if err := errors.Join(s.Return("job-a", result, noon), s.Return("job-b", result, noon), s.Again(noon, newJob),
		s.Refuse(s.Targets[0].JobID, ParametersRefused, "", noon), s.Refuse(s.Targets[1].JobID, ParametersRefused, "", noon)); err != nil {
		t.Fatal(err)
	}
	if !s.Objected() || s.State != Combining {
		t.Fatalf("%+v", s)
	}
	again := s
	again.Targets = append([]Target(nil), s.Targets...)
	if err := again.Again(noon, newJob); err != nil || again.Objected() || again.Targets[0].Round != 3 {
		t.Errorf("%v %+v", err, again)
	}
	if s.Overrule() || s.Objected() || s.Targets[0].Outcome != Refused {
		t.Errorf("%+v", s)
	}
}
