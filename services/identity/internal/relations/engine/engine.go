// Package engine answers Keto's gRPC services inside the process, for sites that run no Keto.
// It serves check, list and one-tuple writes; every other call of Keto's API answers Unimplemented.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	rts "github.com/ory/keto/proto/ory/keto/relation_tuples/v1alpha2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Persistence keeps the tuples. Calls come one at a time, under the engine's lock: they must be short, stay on this
// machine and not call the engine. Save of a stored tuple and Delete of an absent one are not errors.
// An implementation whose tuples follow from events may do nothing in Save and Delete, as long as Load gives them all.
type Persistence interface {
	Load() ([]Tuple, error)
	Save(Tuple) error
	Delete(Tuple) error
}

// Engine holds the relation graph. Safe for concurrent use.
type Engine struct {
	rts.UnimplementedCheckServiceServer
	rts.UnimplementedReadServiceServer
	rts.UnimplementedWriteServiceServer

	model  Model
	limits Limits
	keep   Persistence

	mu    sync.RWMutex
	graph graph
}

// New loads what keep holds; nil keeps the tuples in memory alone. Zero limits mean 32 steps and 10,000 places.
// It fails when a kept tuple does not fit the model.
func New(model Model, keep Persistence, limits Limits) (*Engine, error) {
	limits.Depth = cmp.Or(limits.Depth, 32)
	limits.Width = cmp.Or(limits.Width, 10_000)
	e := &Engine{model: model, limits: limits, keep: keep, graph: graph{}}
	if keep == nil {
		return e, nil
	}
	tuples, err := keep.Load()
	if err != nil {
		return nil, fmt.Errorf("load relation tuples: %w", err)
	}
	for _, t := range tuples {
		if err := model.CheckFact(t); err != nil {
			return nil, fmt.Errorf("load relation tuples: a kept tuple does not fit the model, remove it or bring back its relation: %w", err)
		}
		e.graph.add(t)
	}
	return e, nil
}

// Check implements Keto's CheckService. Status NotFound: unknown namespace; InvalidArgument: unknown relation;
// ResourceExhausted: too deep or too wide to tell, where Keto would answer "no".
func (e *Engine) Check(ctx context.Context, r *rts.CheckRequest) (*rts.CheckResponse, error) {
	t := FromProto(r.GetTuple())
	if _, ok := e.model.namespace(t.Namespace); !ok {
		return nil, status.Errorf(codes.NotFound, "check: unknown namespace %q", t.Namespace)
	}
	if err := e.model.CheckQuestion(t); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	ok, err := e.graph.holds(ctx, e.model, t.node(), t.Subject, e.limits)
	switch {
	case errors.Is(err, ErrTooDeep):
		return nil, status.Error(codes.ResourceExhausted, err.Error())
	case err != nil:
		return nil, status.FromContextError(err).Err()
	}
	return &rts.CheckResponse{Allowed: ok}, nil
}

// TransactRelationTuples implements Keto's WriteService for one tuple a call: kept first, then known to Check,
// so that the graph never holds what a restart would lose. Inserting twice stores once.
func (e *Engine) TransactRelationTuples(_ context.Context, r *rts.TransactRelationTuplesRequest) (*rts.TransactRelationTuplesResponse, error) {
	deltas := r.GetRelationTupleDeltas()
	if len(deltas) != 1 {
		return nil, status.Errorf(codes.Unimplemented, "write: the engine in the process takes one tuple a call, got %d", len(deltas))
	}
	t := FromProto(deltas[0].GetRelationTuple())
	if _, ok := e.model.namespace(t.Namespace); !ok {
		return nil, status.Errorf(codes.NotFound, "write: unknown namespace %q", t.Namespace)
	}
	if err := e.model.CheckFact(t); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.write(deltas[0].GetAction(), t); err != nil {
		return nil, err
	}
	return &rts.TransactRelationTuplesResponse{}, nil
}

func (e *Engine) write(action rts.RelationTupleDelta_Action, t Tuple) error {
	switch action {
	case rts.RelationTupleDelta_ACTION_INSERT:
		if e.graph.has(t) {
			return nil
		}
		if e.keep != nil {
			if err := e.keep.Save(t); err != nil {
				return status.Errorf(codes.Internal, "keep relation tuple: %v", err)
			}
		}
		e.graph.add(t)
	case rts.RelationTupleDelta_ACTION_DELETE:
		if !e.graph.has(t) {
			return nil
		}
		if e.keep != nil {
			if err := e.keep.Delete(t); err != nil {
				return status.Errorf(codes.Internal, "forget relation tuple: %v", err)
			}
		}
		e.graph.remove(t)
	default:
		return status.Errorf(codes.InvalidArgument, "write: unknown action %v", action)
	}
	return nil
}

// ListRelationTuples implements Keto's ReadService. The page token is the last tuple of the page before, so that tuples
// written meanwhile shift nothing.
func (e *Engine) ListRelationTuples(_ context.Context, r *rts.ListRelationTuplesRequest) (*rts.ListRelationTuplesResponse, error) {
	size := cmp.Or(int(r.GetPageSize()), 100)
	if size < 0 {
		return nil, status.Error(codes.InvalidArgument, "list: negative page size")
	}
	found := e.find(r.GetRelationQuery(), r.GetPageToken())
	answer := &rts.ListRelationTuplesResponse{}
	if len(found) > size {
		found = found[:size]
		answer.NextPageToken = found[size-1].String()
	}
	for _, t := range found {
		answer.RelationTuples = append(answer.RelationTuples, ToProto(t))
	}
	return answer, nil
}

func (e *Engine) find(q *rts.RelationQuery, after string) []Tuple {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var found []Tuple
	for n, subjects := range e.graph {
		for subject := range subjects {
			if t := (Tuple{n.namespace, n.object, n.relation, subject}); matches(q, t) && t.String() > after {
				found = append(found, t)
			}
		}
	}
	slices.SortFunc(found, func(a, b Tuple) int { return cmp.Compare(a.String(), b.String()) })
	return found
}

func matches(q *rts.RelationQuery, t Tuple) bool {
	return q == nil ||
		(q.Namespace == nil || *q.Namespace == t.Namespace) &&
			(q.Object == nil || *q.Object == t.Object) &&
			(q.Relation == nil || *q.Relation == t.Relation) &&
			(q.Subject == nil || subjectFromProto(q.Subject) == t.Subject)
}
