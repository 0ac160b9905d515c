package relations_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/orytest"
	"github.com/fairway-tre/fairway/services/identity/internal/relations"
)

// realKeto is a real server that holds nothing when the test begins. One that is shared holds nothing of it afterwards.
func realKeto(t *testing.T) *relations.Relations {
	t.Helper()
	read, write, shared := orytest.Keto(t)
	r, err := relations.New(relations.Config{ReadAddr: read, WriteAddr: write, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if held, err := r.List(t.Context(), relations.Query{}); err != nil || len(held) > 0 {
		t.Fatalf("Keto at %s holds %d relations (%v): give one that is empty", read, len(held), err)
	}
	if shared {
		t.Cleanup(func() { empty(t, r) })
	}
	return r
}

func empty(t *testing.T, r *relations.Relations) {
	ctx := context.WithoutCancel(t.Context())
	held, err := r.List(ctx, relations.Query{})
	if err != nil {
		t.Errorf("empty Keto: %v", err)
	}
	for _, tuple := range held {
		if err := r.Revoke(ctx, tuple); err != nil {
			t.Errorf("empty Keto: %v", err)
		}
	}
}

func TestTheEngineInTheProcessDecidesAsARealKetoDoes(t *testing.T) {
	real := realKeto(t)
	embedded, err := relations.New(relations.Config{})
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	allowed, asked := 0, 0
	for round := range 40 {
		for range 30 {
			fact := randomFact(random, round)
			for _, r := range []*relations.Relations{embedded, real} {
				change := r.Grant
				if fact.revoke {
					change = r.Revoke
				}
				if err := change(t.Context(), fact.Tuple); err != nil {
					t.Fatalf("%s: %v", r.Engine(), err)
				}
			}
		}
		for range 250 {
			q := randomQuestion(random, round)
			want, wantErr := real.Check(t.Context(), q)
			got, gotErr := embedded.Check(t.Context(), q)
			if got != want || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("%v: embedded says %v (%v), Keto says %v (%v)", q, got, gotErr, want, wantErr)
			}
			if asked++; want {
				allowed++
			}
		}
	}
	if allowed == 0 || allowed == asked {
		t.Errorf("%d of %d allowed: the questions tell nothing", allowed, asked)
	}
	t.Logf("%d questions, %d allowed", asked, allowed)
	ours, _ := embedded.List(t.Context(), relations.Query{})
	theirs, err := real.List(t.Context(), relations.Query{})
	if err != nil || !slices.Equal(ours, theirs) {
		t.Errorf("the engines hold %d and %d tuples (%v)", len(ours), len(theirs), err)
	}
}

type randomChange struct {
	relations.Tuple
	revoke bool
}

func randomFact(r *rand.Rand, round int) randomChange {
	object := func() string { return fmt.Sprintf("r%d-%d", round, r.IntN(4)) }
	c := randomChange{revoke: r.IntN(6) == 0}
	c.Object, c.Subject = object(), fmt.Sprintf("u%d", r.IntN(6))
	switch r.IntN(3) {
	case 0:
		c.Namespace, c.Relation = "Site", relations.Roles()[r.IntN(len(relations.Roles()))]
	case 1:
		c.Namespace, c.Relation = "Project", []string{"members", "owners"}[r.IntN(2)]
	case 2:
		c.Namespace, c.Relation, c.Subject = "Project", "site", "Site:"+object()+"#"
	}
	return c
}

func randomQuestion(r *rand.Rand, round int) relations.Tuple {
	site := append(relations.Roles(), strings.Fields("enrol apply describe review decide operate nothing")...)
	project := strings.Fields("members owners work manage view view view view nothing")
	q := relations.Tuple{Namespace: "Site", Object: fmt.Sprintf("r%d-%d", round, r.IntN(4)), Relation: site[r.IntN(len(site))], Subject: fmt.Sprintf("u%d", r.IntN(6))}
	if r.IntN(2) == 0 {
		q.Namespace, q.Relation = "Project", project[r.IntN(len(project))]
	}
	return q
}
