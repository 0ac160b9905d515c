package relations_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/identity/internal/relations/engine"
)

// onEveryEngine runs a test on the engine in the process, and on a real Keto where the environment has one.
func onEveryEngine(t *testing.T, test func(*testing.T, *relations.Relations)) {
	t.Run("embedded", func(t *testing.T) {
		r, err := relations.New(relations.Config{})
		if err != nil {
			t.Fatal(err)
		}
		test(t, r)
	})
	t.Run("keto", func(t *testing.T) { test(t, realKeto(t)) })
}

func role(name, person string) relations.Tuple {
	return relations.Tuple{Namespace: "Site", Object: "molgenis", Relation: name, Subject: person}
}

func grant(t *testing.T, r *relations.Relations, tuples ...relations.Tuple) {
	t.Helper()
	for _, tuple := range tuples {
		if err := r.Grant(t.Context(), tuple); err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, r *relations.Relations, tuple relations.Tuple, want bool) {
	t.Helper()
	if got, err := r.Check(t.Context(), tuple); err != nil || got != want {
		t.Errorf("%v: %v, %v; want %v", tuple, got, err, want)
	}
}

func TestARolePermitsWhatTheModelSaysUntilItIsRevoked(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		grant(t, r, role(relations.OutputChecker, "ada"))
		expect(t, r, role(relations.OutputChecker, "ada"), true)
		expect(t, r, role("review", "ada"), true)
		expect(t, r, role("decide", "ada"), false)
		expect(t, r, role("review", "ben"), false)
		expect(t, r, relations.Tuple{Namespace: "Site", Object: "denbi", Relation: "review", Subject: "ada"}, false)

		for range 2 { // revoking what is not there is no error
			if err := r.Revoke(t.Context(), role(relations.OutputChecker, "ada")); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, r, role("review", "ada"), false)
	})
}

func TestAProjectIsSeenByItsPeopleAndByThoseWhoDecideAndReviewAtItsSite(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		project := func(relation, subject string) relations.Tuple {
			return relations.Tuple{Namespace: "Project", Object: "p1", Relation: relation, Subject: subject}
		}
		grant(t, r, project("site", "Site:molgenis#"), project("owners", "molgenis:01J"), project("members", "ben"),
			role(relations.SteeringGroup, "cy"), role(relations.OutputChecker, "di"), role(relations.Researcher, "ed"))
		for _, c := range []struct {
			person             string
			view, work, manage bool
		}{
			{"molgenis:01J", true, true, true},
			{"ben", true, true, false},
			{"cy", true, false, false},
			{"di", true, false, false},
			{"ed", false, false, false},
		} {
			expect(t, r, project("view", c.person), c.view)
			expect(t, r, project("work", c.person), c.work)
			expect(t, r, project("manage", c.person), c.manage)
		}
	})
}

func TestGrantingTwiceStoresOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		grant(t, r, role(relations.Operator, "ada"), role(relations.Operator, "ada"))
		got, err := r.List(t.Context(), relations.Query{Namespace: "Site", Relation: relations.Operator})
		if err != nil || !slices.Equal(got, []relations.Tuple{role(relations.Operator, "ada")}) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestListReturnsEveryPageAndOnlyWhatMatches(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		var want []relations.Tuple
		for i := range 250 {
			want = append(want, role(relations.Researcher, fmt.Sprintf("p%03d", i)))
		}
		grant(t, r, want...)
		grant(t, r, role(relations.Operator, "p007"))
		got, err := r.List(t.Context(), relations.Query{Namespace: "Site", Object: "molgenis", Relation: relations.Researcher})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d tuples, %v; want %d", len(got), err, len(want))
		}
		hers, err := r.List(t.Context(), relations.Query{Subject: "p007"})
		if err != nil || len(hers) != 2 {
			t.Errorf("%v, %v; want both roles of p007", hers, err)
		}
		expect(t, r, role("apply", "p249"), true)
		expect(t, r, role("apply", "p250"), false)
	})
}

func TestWhatTheModelDoesNotKnowIsRefusedBeforeItIsSent(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		for name, bad := range map[string]relations.Tuple{
			"unknown namespace":        {Namespace: "Planet", Object: "x", Relation: "members", Subject: "ada"},
			"unknown relation":         role("king", "ada"),
			"a permit is not granted":  role("review", "ada"),
			"a set where a person is":  role(relations.Operator, "Project:p1#members"),
			"a person where a site is": {Namespace: "Project", Object: "p1", Relation: "site", Subject: "ada"},
			"no object":                {Namespace: "Site", Relation: relations.Operator, Subject: "ada"},
			"no subject":               role(relations.Operator, ""),
			"object with a hash":       {Namespace: "Site", Object: "a#b", Relation: relations.Operator, Subject: "ada"},
			"subject with a newline":   role(relations.Operator, "ada\nben"),
			"set of nowhere":           role(relations.Operator, "Planet:x#y"),
		} {
			if err := r.Grant(t.Context(), bad); !errors.Is(err, relations.ErrInvalid) {
				t.Errorf("grant, %s: %v", name, err)
			}
		}
		if ok, err := r.Check(t.Context(), role("king", "ada")); ok || !errors.Is(err, relations.ErrInvalid) {
			t.Errorf("check of an unknown relation: %v, %v", ok, err)
		}
		all, err := r.List(t.Context(), relations.Query{})
		if err != nil || len(all) != 0 {
			t.Errorf("stored: %v, %v", all, err)
		}
	})
}

func TestNoMoreSitesThanACheckLooksAtStandInOneRelation(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, r *relations.Relations) {
		at := func(i int) relations.Tuple {
			return relations.Tuple{Namespace: "Project", Object: "wide", Relation: "site", Subject: fmt.Sprintf("Site:s%d#", i)}
		}
		for i := range 50 {
			grant(t, r, at(i))
			grant(t, r, relations.Tuple{Namespace: "Site", Object: fmt.Sprintf("s%d", i), Relation: relations.DataHolder, Subject: fmt.Sprintf("holder%d", i)})
		}
		if err := r.Grant(t.Context(), at(50)); !errors.Is(err, relations.ErrInvalid) {
			t.Errorf("the 51st: %v", err)
		}
		grant(t, r, at(7)) // stored already
		for i := range 50 {
			expect(t, r, relations.Tuple{Namespace: "Project", Object: "wide", Relation: "view", Subject: fmt.Sprintf("holder%d", i)}, true)
		}
	})
}

func TestAnEngineThatIsGoneDenies(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	denies(t, addr)
}

func TestAnEngineThatNeverAnswersDeniesWhenTheTimeIsUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // connections stay in its queue: nobody accepts them
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	denies(t, l.Addr().String())
}

func denies(t *testing.T, addr string) {
	t.Helper()
	r, err := relations.New(relations.Config{ReadAddr: addr, WriteAddr: addr, Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ok, err := r.Check(context.Background(), role(relations.Operator, "ada"))
	if ok || !errors.Is(err, relations.ErrUnavailable) {
		t.Errorf("check: %v, %v", ok, err)
	}
	if err := r.Grant(context.Background(), role(relations.Operator, "ada")); !errors.Is(err, relations.ErrUnavailable) {
		t.Errorf("grant: %v", err)
	}
	if r.Engine() != "keto" {
		t.Errorf("engine %q", r.Engine())
	}
}

func TestATooDeepGraphIsAnErrorNeverANo(t *testing.T) {
	r, err := relations.New(relations.Config{Limits: engine.Limits{Depth: 1}})
	if err != nil {
		t.Fatal(err)
	}
	grant(t, r, role(relations.OutputChecker, "ada"))
	ok, err := r.Check(t.Context(), role("review", "ada"))
	if ok || !errors.Is(err, relations.ErrTooDeep) || !errors.Is(err, relations.ErrUnavailable) {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestHalfAConfigurationIsRefused(t *testing.T) {
	for _, cfg := range []relations.Config{{ReadAddr: "127.0.0.1:1"}, {WriteAddr: "127.0.0.1:1"}} {
		if _, err := relations.New(cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}
