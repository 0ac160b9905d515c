// Package relations answers who may do what, through the clients of Ory Keto: a real one by address,
// or the engine in the process behind the same clients.
package relations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	rts "github.com/ory/keto/proto/ory/keto/relation_tuples/v1alpha2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/fairway-tre/fairway/services/identity/internal/relations/engine"
)

var (
	// ErrUnavailable says that the engine gave no answer. Access is denied; asking again may help.
	ErrUnavailable = errors.New("relations unavailable")
	// ErrTooDeep says that the graph is too deep or too wide for an answer. It comes together with ErrUnavailable.
	ErrTooDeep = engine.ErrTooDeep
	// ErrInvalid says that a tuple does not fit the model; it was not sent. Asking again does not help.
	ErrInvalid = engine.ErrInvalid
)

// The names of the two engines.
const (
	embedded = "embedded"
	keto     = "keto"
)

// maxSets bounds how many objects or sets stand in one relation of one object. Keto looks at 100 and then answers a silent "no".
const maxSets = 50

// Tuple says that Subject stands in Relation to Object of Namespace; Relation may be a permit in Check.
// Subject is a person id, "Namespace:object#relation", or "Namespace:object#" for the object itself.
type Tuple = engine.Tuple

// Query selects tuples; an empty field matches all.
type Query struct{ Namespace, Object, Relation, Subject string }

// Config says where the relations are kept.
type Config struct {
	ReadAddr, WriteAddr string             // host:port of a Keto, both or none; Keto has no TLS and no authentication: a private network alone
	Store               engine.Persistence // keeps the tuples of the engine in the process; nil keeps them in memory
	Timeout             time.Duration      // of every call; 2 s if zero
	Limits              engine.Limits      // of the engine in the process; zero means its defaults
}

// Relations is safe for concurrent use.
type Relations struct {
	model   engine.Model
	check   rts.CheckServiceClient
	read    rts.ReadServiceClient
	write   rts.WriteServiceClient
	engine  string
	timeout time.Duration
	closers []io.Closer
	writing sync.Mutex // from the list to the insert of one grant
}

// New connects to the configured engine. A real Keto is not called until the first check.
func New(cfg Config) (*Relations, error) {
	if (cfg.ReadAddr == "") != (cfg.WriteAddr == "") {
		return nil, fmt.Errorf("relations: read address %q and write address %q: set both for a Keto, or none for the engine in the process", cfg.ReadAddr, cfg.WriteAddr)
	}
	if cfg.ReadAddr != "" && cfg.Store != nil {
		return nil, errors.New("relations: a Keto keeps its own tuples; set its addresses or a store, not both")
	}
	r := &Relations{model: Model(), timeout: cmp.Or(cfg.Timeout, 2*time.Second)}
	if cfg.ReadAddr != "" {
		if err := r.dial(cfg.ReadAddr, cfg.WriteAddr); err != nil {
			return nil, err
		}
		return r, nil
	}
	e, err := engine.New(r.model, cfg.Store, cfg.Limits)
	if err != nil {
		return nil, err
	}
	r.engine = embedded
	r.use(e.Conn(), e.Conn())
	return r, nil
}

func (r *Relations) dial(readAddr, writeAddr string) error {
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	read, err := grpc.NewClient(readAddr, plain)
	if err != nil {
		return fmt.Errorf("relations: read address %q: %w", readAddr, err)
	}
	write, err := grpc.NewClient(writeAddr, plain)
	if err != nil {
		return errors.Join(fmt.Errorf("relations: write address %q: %w", writeAddr, err), read.Close())
	}
	r.engine, r.closers = keto, []io.Closer{read, write}
	r.use(read, write)
	return nil
}

func (r *Relations) use(read, write grpc.ClientConnInterface) {
	r.check, r.read, r.write = rts.NewCheckServiceClient(read), rts.NewReadServiceClient(read), rts.NewWriteServiceClient(write)
}

// Engine names what answers: "embedded" or "keto".
func (r *Relations) Engine() string { return r.engine }

// Close ends the connections to a real Keto.
func (r *Relations) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Check reports whether t.Subject holds t.Relation, a relation or a permit. Every error and every timeout is a "no":
// the error is ErrUnavailable, or ErrInvalid for a question that the model does not know.
func (r *Relations) Check(ctx context.Context, t Tuple) (bool, error) {
	if err := r.model.CheckQuestion(t); err != nil {
		return false, fmt.Errorf("check %s of %s: %w", t.Relation, t.Namespace, err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	answer, err := r.check.Check(ctx, &rts.CheckRequest{Tuple: engine.ToProto(t)})
	if err != nil {
		return false, r.unavailable(fmt.Sprintf("check %s of %s", t.Relation, t.Namespace), err)
	}
	return answer.GetAllowed(), nil
}

// Grant stores t once, however often it is asked. Two processes that write to one Keto can still store it twice, which
// changes no answer: Keto's delete removes all copies.
func (r *Relations) Grant(ctx context.Context, t Tuple) error {
	what := fmt.Sprintf("grant %s of %s", t.Relation, t.Namespace)
	if err := r.model.CheckFact(t); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	stored, err := r.List(ctx, Query(t))
	if err != nil || len(stored) > 0 {
		return err
	}
	if err := r.checkWidth(ctx, t); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return r.transact(ctx, what, rts.RelationTupleDelta_ACTION_INSERT, t)
}

// checkWidth refuses what Keto would later overlook. Persons are found directly, however many there are.
func (r *Relations) checkWidth(ctx context.Context, t Tuple) error {
	if engine.SubjectToProto(t.Subject).GetSet() == nil {
		return nil
	}
	beside, err := r.List(ctx, Query{Namespace: t.Namespace, Object: t.Object, Relation: t.Relation})
	if err != nil {
		return err
	}
	if len(beside) >= maxSets {
		return fmt.Errorf("%w: %d objects or sets stand in this relation already, %d is the most", ErrInvalid, len(beside), maxSets)
	}
	return nil
}

// Revoke removes t; an absent one is not an error.
func (r *Relations) Revoke(ctx context.Context, t Tuple) error {
	what := fmt.Sprintf("revoke %s of %s", t.Relation, t.Namespace)
	if err := r.model.CheckFact(t); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.transact(ctx, what, rts.RelationTupleDelta_ACTION_DELETE, t)
}

func (r *Relations) transact(ctx context.Context, what string, action rts.RelationTupleDelta_Action, t Tuple) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	_, err := r.write.TransactRelationTuples(ctx, &rts.TransactRelationTuplesRequest{
		RelationTupleDeltas: []*rts.RelationTupleDelta{{Action: action, RelationTuple: engine.ToProto(t)}}})
	if err != nil {
		return r.unavailable(what, err)
	}
	return nil
}

// List returns the stored tuples that match, sorted, each once. It does not follow sets or permits.
func (r *Relations) List(ctx context.Context, q Query) ([]Tuple, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	request := &rts.ListRelationTuplesRequest{RelationQuery: q.proto(), PageSize: 100}
	var found []Tuple
	for {
		page, err := r.read.ListRelationTuples(ctx, request)
		if err != nil {
			return nil, r.unavailable("list relations", err)
		}
		for _, t := range page.GetRelationTuples() {
			found = append(found, engine.FromProto(t))
		}
		if page.GetNextPageToken() == "" {
			break
		}
		request.PageToken = page.GetNextPageToken()
	}
	slices.SortFunc(found, func(a, b Tuple) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(found), nil
}

func (q Query) proto() *rts.RelationQuery {
	p := &rts.RelationQuery{}
	for _, f := range []struct {
		from string
		to   **string
	}{{q.Namespace, &p.Namespace}, {q.Object, &p.Object}, {q.Relation, &p.Relation}} {
		if f.from != "" {
			*f.to = &f.from
		}
	}
	if q.Subject != "" {
		p.Subject = engine.SubjectToProto(q.Subject)
	}
	return p
}

// unavailable names a real Keto's outcome by its status alone, since its text may hold ids; the engine in the process says
// more, such as that its store is full.
func (r *Relations) unavailable(what string, err error) error {
	if status.Code(err) == codes.ResourceExhausted {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, ErrTooDeep)
	}
	if r.engine == embedded {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w: Keto answered %s; look at its health and its address", what, ErrUnavailable, status.Code(err))
}
