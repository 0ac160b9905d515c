package store

import (
	"bytes"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// Entry is what a leaf of the audit log says.
type Entry = audit.Entry

// edge is the end of the audit log as a transaction sees it.
type edge struct {
	tree    audit.Frontier
	broken  error  // why there is no tree to go on from
	others  bool   // another process may have written lately
	nodes   []byte // of the last leaf
	pending []row  // those that are still to be inserted, together
}

// row is one of the table audit.
type row struct {
	index       int64
	leaf, nodes []byte
}

// clone returns an edge without pending leaves.
func (e *edge) clone() *edge {
	if e == nil {
		return nil
	}
	return &edge{tree: e.tree.Clone(), broken: e.broken, others: e.others, nodes: e.nodes}
}

// lastEdge is the end of the log as the last commit of this process left it. Whoever goes on from it where another
// process has written since finds that out by the index of the leaf, which is unique; so it is believed unasked as long
// as nobody else was seen to write.
type lastEdge struct {
	edge *edge
	sure bool
}

func (l *lastEdge) keep(e *edge) { l.edge, l.sure = e, !e.others }

// doubt lets the next update look first.
func (l *lastEdge) doubt() { l.sure = false }

// catchUp is how many leaves of other processes are taken one by one, rather than to read the edge of the tree anew.
const catchUp = 64

// findEdge finds the end of the log. Where it is not sure, the edge that the last commit left is believed if its last
// leaf lies as it did, and goes on with what other processes have added.
func (s *Store) findEdge(tx *Tx) error {
	e := s.edge.edge.clone()
	if e == nil || e.tree.Size() == 0 {
		return tx.readEdge()
	}
	if s.edge.sure {
		tx.edge = e
		return nil
	}
	at, same := e.tree.Size()-1, false
	count := 0
	err := tx.rows("find the end of the audit log", `select idx, nodes from audit where idx >= $1 order by idx limit $2`, []any{at, catchUp},
		func(r scanner) error {
			var index int64
			var nodes []byte
			if err := r.Scan(&index, &nodes); err != nil {
				return err
			}
			if count++; count == 1 {
				same = index == at && bytes.Equal(nodes, e.nodes)
			} else {
				same = same && e.goesOn(index, nodes)
			}
			return nil
		})
	if err != nil {
		return err
	}
	if !same || count == catchUp {
		return tx.readEdge()
	}
	e.others = count > 1
	tx.edge = e
	return nil
}

// goesOn takes a stored leaf into the tree, if it is the next one.
func (e *edge) goesOn(index int64, nodes []byte) bool {
	if index != e.tree.Size() || len(nodes) < tlog.HashSize || !bytes.Equal(nodes, e.tree.Grow(audit.Hash(nodes))) {
		return false
	}
	e.nodes = nodes
	return true
}

// readEdge reads the end of the log from the database.
func (tx *Tx) readEdge() error {
	var last int64
	e := &edge{others: true}
	found, err := tx.row("find the end of the audit log", `select idx, nodes from audit order by idx desc limit 1`, nil, &last, &e.nodes)
	if err != nil {
		return err
	}
	if found {
		e.tree, e.broken = audit.FrontierOf(last+1, tx.AuditNodes())
	}
	tx.edge = e
	return nil
}

// leavesAtOnce bounds how many leaves wait to be inserted together.
const leavesAtOnce = 64

// writeLeaves inserts the pending leaves. It must come before whatever asks the table, and before a savepoint: a return
// to it forgets what is pending.
func (tx *Tx) writeLeaves() error {
	if tx.edge == nil || len(tx.edge.pending) == 0 {
		return nil
	}
	pending := tx.edge.pending
	tx.edge.pending = nil
	return tx.on.insert(tx.ctx, pending)
}

// Audit appends a leaf and returns its index, and grows the Merkle tree by it. Leaves are never changed or removed.
func (tx *Tx) Audit(e Entry) (int64, error) {
	if tx.edge == nil {
		if err := tx.readEdge(); err != nil {
			return 0, err
		}
	}
	end := tx.edge
	if end.broken != nil {
		return 0, end.broken
	}
	e.Index, e.Time = end.tree.Size(), tx.now
	leaf, err := audit.Encode(e)
	if err != nil {
		return 0, err
	}
	end.nodes = end.tree.Grow(audit.LeafHash(leaf))
	end.pending = append(end.pending, row{e.Index, leaf, end.nodes})
	if len(end.pending) == leavesAtOnce {
		err = tx.writeLeaves()
	}
	return e.Index, err
}

// NextLeaf is the index that the next audit leaf will have, and the size of the log.
func (tx *Tx) NextLeaf() (index int64, err error) {
	if tx.edge != nil && tx.edge.broken == nil {
		return tx.edge.tree.Size(), nil
	}
	_, err = tx.row("find the end of the audit log", `select idx + 1 from audit order by idx desc limit 1`, nil, &index)
	return index, err
}

// Leaves calls fn with every stored leaf from an index on, in order; one that is missing is left out.
func (tx *Tx) Leaves(from int64, fn func(audit.Leaf) error) error {
	if err := tx.writeLeaves(); err != nil {
		return err
	}
	return tx.rows("read the audit log", `select idx, leaf, nodes from audit where idx >= $1 order by idx`, []any{from}, func(r scanner) error {
		var leaf audit.Leaf
		if err := r.Scan(&leaf.Index, &leaf.Data, &leaf.Nodes); err != nil {
			return err
		}
		return fn(leaf)
	})
}

// Leaf reads one stored leaf.
func (tx *Tx) Leaf(index int64) (audit.Leaf, error) {
	leaf := audit.Leaf{Index: index}
	if err := tx.writeLeaves(); err != nil {
		return leaf, err
	}
	found, err := tx.row("read a leaf of the audit log", `select leaf, nodes from audit where idx = $1`, []any{index}, &leaf.Data, &leaf.Nodes)
	if err == nil && !found {
		err = noLeaf(index)
	}
	return leaf, err
}

func noLeaf(index int64) error {
	return fmt.Errorf("the audit log has no leaf %d: run fairway audit verify, and restore the database from a backup", index)
}

// AuditNodes reads the nodes of the Merkle tree by tlog's index of stored hashes.
func (tx *Tx) AuditNodes() tlog.HashReader { return nodeReader{tx} }

type nodeReader struct{ tx *Tx }

// ReadHashes finds a node in the row of the leaf that completed it.
func (r nodeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		row, level := audit.NodeAt(index)
		nodes, err := r.row(row)
		if err != nil {
			return nil, err
		}
		if len(nodes) < (level+1)*tlog.HashSize {
			return nil, fmt.Errorf("the audit log holds no node of level %d at leaf %d: run fairway audit verify", level, row)
		}
		out[i] = tlog.Hash(nodes[level*tlog.HashSize:])
	}
	return out, nil
}

func (r nodeReader) row(index int64) (nodes []byte, err error) {
	if err := r.tx.writeLeaves(); err != nil {
		return nil, err
	}
	found, err := r.tx.row("read a node of the audit log", `select nodes from audit where idx = $1`, []any{index}, &nodes)
	if err == nil && !found {
		err = noLeaf(index)
	}
	return nodes, err
}
