package workspace

import (
	"errors"
	"slices"
	"testing"
)

func TestAnObjectGoesWithTheLastOutputThatClaimsIt(t *testing.T) {
	never := func(string) bool { return false }
	s := Stored{}
	for _, c := range []Claim{{"a", []string{"p"}}, {"a", []string{"p"}}, {"b", []string{"p", "q"}}, {"c", []string{"q"}}} {
		if err := s.Keep(c); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.GiveUp("p", never); !slices.Equal(got, []string{"a", "b"}) || s.Doomed {
		t.Fatalf("under p: %v, %+v", got, s)
	}
	if got := s.GiveUp("another", never); len(got) != 0 || s.Doomed {
		t.Fatalf("under another: %v, %+v", got, s)
	}
	if got := s.GiveUp("q", never); !slices.Equal(got, []string{"c"}) || !s.Doomed {
		t.Fatalf("under q: %v, %+v", got, s)
	}
	if err := s.Keep(Claim{"d", []string{"r"}}); !errors.Is(err, ErrDoomed) || len(s.Claims) != 0 {
		t.Fatalf("what is being deleted was claimed: %v", err)
	}
	if got := s.GiveUp("q", never); got != nil {
		t.Fatalf("it is deleted twice, for %v", got)
	}
}

func TestWhatWasReleasedStays(t *testing.T) {
	s := Stored{Claims: []Claim{{"released", []string{"p"}}, {"other", []string{"p"}}}}
	if got := s.GiveUp("p", func(output string) bool { return output == "released" }); !slices.Equal(got, []string{"other"}) || s.Doomed {
		t.Fatalf("%v, %+v", got, s)
	}
}
