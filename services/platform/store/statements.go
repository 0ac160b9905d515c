package store

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps prepared what a store says again and again: compiling a statement costs more than running it. A
// statement is prepared before the transaction after the one that said it first, since the one connection is taken
// while a transaction runs.
type statements struct {
	mu     sync.Mutex
	ready  map[string]*sql.Stmt
	wanted map[string]bool
}

func newStatements() *statements {
	return &statements{ready: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// prepare readies what transactions have said since it was called last. What cannot be prepared is said as text.
func (s *statements) prepare(ctx context.Context, db *sql.DB) {
	for _, query := range s.want() {
		prepared, err := db.PrepareContext(ctx, query)
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.ready[query] = prepared
		s.mu.Unlock()
	}
}

func (s *statements) want() (queries []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for query := range s.wanted {
		if s.ready[query] == nil {
			queries = append(queries, query)
		}
	}
	clear(s.wanted)
	return queries
}

// of returns the prepared statement for a query, nil if there is none yet.
func (s *statements) of(query string) *sql.Stmt {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	prepared := s.ready[query]
	if prepared == nil {
		s.wanted[query] = true
	}
	return prepared
}
