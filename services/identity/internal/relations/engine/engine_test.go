package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	rts "github.com/ory/keto/proto/ory/keto/relation_tuples/v1alpha2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/services/identity/internal/relations/engine"
)

// nested has what the real model avoids, sets of sets without end, so that cycles and depth are tried.
func nested() engine.Model {
	return engine.Model{
		{Name: "User"},
		{Name: "Group", Relations: map[string][]string{"members": {"User", "Group#members"}, "parent": {"Group"}},
			Permits: map[string][]engine.Rule{"enter": {{Relation: "members"}, {Via: "parent", Then: "enter"}}}},
		{Name: "Room", Relations: map[string][]string{"groups": {"Group"}, "guests": {"User", "Group#members"}},
			Permits: map[string][]engine.Rule{"use": {{Relation: "guests"}, {Via: "groups", Then: "enter"}}}},
	}
}

func open(t interface {
	Helper()
	Fatal(...any)
}, keep engine.Persistence, limits engine.Limits) *engine.Engine {
	t.Helper()
	e, err := engine.New(nested(), keep, limits)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func write(e *engine.Engine, action rts.RelationTupleDelta_Action, tuple engine.Tuple) error {
	_, err := e.TransactRelationTuples(context.Background(), &rts.TransactRelationTuplesRequest{
		RelationTupleDeltas: []*rts.RelationTupleDelta{{Action: action, RelationTuple: engine.ToProto(tuple)}}})
	return err
}

func ask(e *engine.Engine, tuple engine.Tuple) (bool, error) {
	answer, err := e.Check(context.Background(), &rts.CheckRequest{Tuple: engine.ToProto(tuple)})
	return answer.GetAllowed(), err
}

func anyTuple(t *rapid.T) engine.Tuple {
	group := func(label string) string { return rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, label) }
	person := rapid.SampledFrom([]string{"ada", "ben", "site:01"})
	fact := engine.Tuple{Namespace: "Group", Object: group("group"), Relation: "members"}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		fact.Subject = person.Draw(t, "person")
	case 1:
		fact.Subject = "Group:" + group("of") + "#members"
	case 2:
		fact.Relation, fact.Subject = "parent", "Group:"+group("parent")+"#"
	case 3:
		fact = engine.Tuple{Namespace: "Room", Object: "r", Relation: "groups", Subject: "Group:" + group("of") + "#"}
	case 4:
		fact = engine.Tuple{Namespace: "Room", Object: "r", Relation: "guests", Subject: "Group:" + group("of") + "#members"}
	case 5:
		fact = engine.Tuple{Namespace: "Room", Object: "r", Relation: "guests", Subject: person.Draw(t, "person")}
	}
	return fact
}

// truth holds everything that follows from the facts: rules are applied until nothing new comes out.
func truth(facts map[engine.Tuple]bool) map[engine.Tuple]bool {
	all := maps.Clone(facts)
	for grown := true; grown; {
		grown = false
		conclude := func(namespace, object, relation string, from func(engine.Tuple) bool) {
			for _, t := range slices.Collect(maps.Keys(all)) {
				if conclusion := (engine.Tuple{Namespace: namespace, Object: object, Relation: relation, Subject: t.Subject}); from(t) && !all[conclusion] {
					all[conclusion], grown = true, true
				}
			}
		}
		at := func(namespace, object, relation string) func(engine.Tuple) bool {
			return func(t engine.Tuple) bool {
				return t.Namespace == namespace && t.Object == object && t.Relation == relation
			}
		}
		for f := range facts {
			namespaceObject, relation, isSet := strings.Cut(f.Subject, "#")
			if !isSet {
				continue
			}
			namespace, object, _ := strings.Cut(namespaceObject, ":")
			if relation != "" {
				conclude(f.Namespace, f.Object, f.Relation, at(namespace, object, relation))
			}
			switch f.Relation {
			case "parent":
				conclude(f.Namespace, f.Object, "enter", at(namespace, object, "enter"))
			case "groups":
				conclude(f.Namespace, f.Object, "use", at(namespace, object, "enter"))
			}
		}
		for _, g := range []string{"a", "b", "c", "d"} {
			conclude("Group", g, "enter", at("Group", g, "members"))
		}
		conclude("Room", "r", "use", at("Room", "r", "guests"))
	}
	return all
}

func questions() (all []engine.Tuple) {
	for _, subject := range []string{"ada", "ben", "site:01", "Group:a#members"} {
		for _, g := range []string{"a", "b", "c", "d"} {
			for _, r := range []string{"members", "enter"} {
				all = append(all, engine.Tuple{Namespace: "Group", Object: g, Relation: r, Subject: subject})
			}
		}
		for _, r := range []string{"guests", "use"} {
			all = append(all, engine.Tuple{Namespace: "Room", Object: "r", Relation: r, Subject: subject})
		}
	}
	return all
}

func TestAnswersAreWhatFollowsFromTheFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, facts := open(t, nil, engine.Limits{}), map[engine.Tuple]bool{}
		for range rapid.IntRange(0, 25).Draw(t, "writes") {
			fact := anyTuple(t)
			action := rts.RelationTupleDelta_ACTION_INSERT
			if facts[fact] = rapid.IntRange(0, 4).Draw(t, "insert") > 0; !facts[fact] {
				action = rts.RelationTupleDelta_ACTION_DELETE
				delete(facts, fact)
			}
			if err := write(e, action, fact); err != nil {
				t.Fatal(err)
			}
		}
		follows := truth(facts)
		for _, q := range questions() {
			if got, err := ask(e, q); err != nil || got != follows[q] {
				t.Fatalf("%v: engine says %v (%v), the facts say %v", q, got, err, follows[q])
			}
		}
	})
}

func TestUnderALimitAnswersAreTrueOrUnknownNeverWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := engine.Limits{Depth: rapid.IntRange(1, 6).Draw(t, "depth"), Width: rapid.IntRange(1, 8).Draw(t, "width")}
		e, facts := open(t, nil, limits), map[engine.Tuple]bool{}
		for range rapid.IntRange(0, 25).Draw(t, "facts") {
			fact := anyTuple(t)
			facts[fact] = true
			if err := write(e, rts.RelationTupleDelta_ACTION_INSERT, fact); err != nil {
				t.Fatal(err)
			}
		}
		follows := truth(facts)
		for _, q := range questions() {
			got, err := ask(e, q)
			if err != nil && (got || status.Code(err) != codes.ResourceExhausted) {
				t.Fatalf("%v: %v, %v", q, got, err)
			}
			if err == nil && got != follows[q] {
				t.Fatalf("%v: engine says %v within %+v, the facts say %v", q, got, limits, follows[q])
			}
		}
	})
}

func TestAChainLongerThanTheLimitIsAnErrorAndOneWithinItIsNot(t *testing.T) {
	e := open(t, nil, engine.Limits{Depth: 5})
	facts := []engine.Tuple{{Namespace: "Group", Object: "g4", Relation: "members", Subject: "ada"}, {Namespace: "Group", Object: "g9", Relation: "members", Subject: "ben"}}
	for i := range 9 {
		facts = append(facts, engine.Tuple{Namespace: "Group", Object: fmt.Sprintf("g%d", i), Relation: "members", Subject: fmt.Sprintf("Group:g%d#members", i+1)})
	}
	for _, f := range facts {
		if err := write(e, rts.RelationTupleDelta_ACTION_INSERT, f); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := ask(e, engine.Tuple{Namespace: "Group", Object: "g0", Relation: "members", Subject: "ada"}); !ok || err != nil {
		t.Errorf("ada, four sets away: %v, %v", ok, err)
	}
	if ok, err := ask(e, engine.Tuple{Namespace: "Group", Object: "g0", Relation: "members", Subject: "ben"}); ok || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("ben, nine sets away: %v, %v; want no answer", ok, err)
	}
}

func TestAGraphWiderThanTheLimitIsAnError(t *testing.T) {
	e := open(t, nil, engine.Limits{Width: 10})
	for i := range 20 {
		wide := engine.Tuple{Namespace: "Room", Object: "r", Relation: "guests", Subject: fmt.Sprintf("Group:g%d#members", i)}
		if err := write(e, rts.RelationTupleDelta_ACTION_INSERT, wide); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := ask(e, engine.Tuple{Namespace: "Room", Object: "r", Relation: "use", Subject: "ada"}); ok || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestAnEndedContextIsNoAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := open(t, nil, engine.Limits{})
	answer, err := e.Check(ctx, &rts.CheckRequest{Tuple: engine.ToProto(engine.Tuple{Namespace: "Room", Object: "r", Relation: "use", Subject: "ada"})})
	if answer.GetAllowed() || status.Code(err) != codes.Canceled {
		t.Errorf("%v, %v", answer, err)
	}
}

// shelf is a Persistence that can be broken.
type shelf struct {
	tuples map[engine.Tuple]bool
	broken error
}

func (s *shelf) Load() ([]engine.Tuple, error) { return slices.Collect(maps.Keys(s.tuples)), s.broken }
func (s *shelf) Save(t engine.Tuple) error {
	if s.broken == nil {
		s.tuples[t] = true
	}
	return s.broken
}
func (s *shelf) Delete(t engine.Tuple) error {
	if s.broken == nil {
		delete(s.tuples, t)
	}
	return s.broken
}

func TestARestartKeepsWhatWasWrittenAndNothingElse(t *testing.T) {
	s := &shelf{tuples: map[engine.Tuple]bool{}}
	e := open(t, s, engine.Limits{})
	ada := engine.Tuple{Namespace: "Group", Object: "a", Relation: "members", Subject: "ada"}
	ben := engine.Tuple{Namespace: "Group", Object: "a", Relation: "members", Subject: "ben"}
	for _, err := range []error{
		write(e, rts.RelationTupleDelta_ACTION_INSERT, ada), write(e, rts.RelationTupleDelta_ACTION_INSERT, ben),
		write(e, rts.RelationTupleDelta_ACTION_DELETE, ada)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.broken = errors.New("disk full")
	if err := write(e, rts.RelationTupleDelta_ACTION_INSERT, ada); status.Code(err) != codes.Internal {
		t.Errorf("insert on a broken shelf: %v", err)
	}
	if err := write(e, rts.RelationTupleDelta_ACTION_DELETE, ben); status.Code(err) != codes.Internal {
		t.Errorf("delete on a broken shelf: %v", err)
	}
	if ok, _ := ask(e, ada); ok {
		t.Error("ada is a member though her tuple was not kept")
	}
	s.broken = nil
	again := open(t, s, engine.Limits{})
	if ok, err := ask(again, ben); !ok || err != nil {
		t.Errorf("ben after the restart: %v, %v", ok, err)
	}
	if ok, err := ask(again, ada); ok || err != nil {
		t.Errorf("ada after the restart: %v, %v", ok, err)
	}
}

func TestAKeptTupleThatTheModelDoesNotKnowStopsTheStart(t *testing.T) {
	s := &shelf{tuples: map[engine.Tuple]bool{{Namespace: "Group", Object: "a", Relation: "kings", Subject: "ada"}: true}}
	if _, err := engine.New(nested(), s, engine.Limits{}); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestAModelThatRefersToItselfOrToNothingHasNoDepth(t *testing.T) {
	if _, err := nested().Depth(); err == nil {
		t.Error("the nested model has a depth")
	}
	lost := engine.Model{{Name: "Room", Permits: map[string][]engine.Rule{"use": {{Relation: "guests"}}}}}
	if _, err := lost.Depth(); err == nil {
		t.Error("a model with an undefined relation has a depth")
	}
}

func TestTuplesComeBackFromKetosFormAsTheyWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if fact := anyTuple(t); engine.FromProto(engine.ToProto(fact)) != fact {
			t.Fatal(fact)
		}
	})
}
