package store

import (
	"database/sql"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// Entry is what a leaf of the audit log says.
type Entry = audit.Entry

// edge is the end of the audit log as a transaction sees it.
type edge struct {
	size    int64
	nodes   map[int64][]byte // rows that were read or written: the next leaves need some of them
	pending []any            // index, leaf and nodes of those that are still to be inserted, together
}

const leafColumns = 3

// leafBatches are how many leaves one statement inserts, the largest first: a statement costs more than a row of it.
var leafBatches = []int{64, 16, 4, 1}

// leafInserts are the statements of leafBatches.
var leafInserts = func() (texts []string) {
	for _, n := range leafBatches {
		var text strings.Builder
		text.WriteString("insert into audit (idx, leaf, nodes) values ")
		for i := range n {
			if i > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "($%d, $%d, $%d)", i*leafColumns+1, i*leafColumns+2, i*leafColumns+3)
		}
		texts = append(texts, text.String())
	}
	return texts
}()

// writeLeaves inserts the pending leaves. It must come before whatever asks the table, and before a savepoint: a return
// to it forgets what is pending.
func (tx *Tx) writeLeaves() error {
	if tx.edge == nil {
		return nil
	}
	rest := tx.edge.pending
	for i, n := range leafBatches {
		for width := n * leafColumns; len(rest) >= width; rest = rest[width:] {
			if _, err := tx.exec("append to the audit log", leafInserts[i], rest[:width]...); err != nil {
				return err
			}
		}
	}
	tx.edge.pending = tx.edge.pending[:0]
	return nil
}

func (tx *Tx) end() (*edge, error) {
	if tx.edge != nil {
		return tx.edge, nil
	}
	var last int64
	var nodes []byte
	found, err := tx.row("find the end of the audit log", `select idx, nodes from audit order by idx desc limit 1`, nil, &last, &nodes)
	if err != nil {
		return nil, err
	}
	tx.edge = &edge{nodes: map[int64][]byte{}}
	if found {
		tx.edge.size, tx.edge.nodes[last] = last+1, nodes
	}
	return tx.edge, nil
}

// Audit appends a leaf and returns its index, and grows the Merkle tree by it. Leaves are never changed or removed.
func (tx *Tx) Audit(e Entry) (int64, error) {
	end, err := tx.end()
	if err != nil {
		return 0, err
	}
	index := end.size
	e.Index, e.Time = index, tx.now
	leaf, err := audit.Encode(e)
	if err != nil {
		return 0, err
	}
	nodes, err := audit.Grow(index, audit.LeafHash(leaf), tx.AuditNodes())
	if err != nil {
		return 0, err
	}
	end.size, end.nodes[index] = index+1, nodes
	end.pending = append(end.pending, index, leaf, nodes)
	if len(end.pending) == leafBatches[0]*leafColumns {
		err = tx.writeLeaves()
	}
	return index, err
}

// NextLeaf is the index that the next audit leaf will have, and the size of the log.
func (tx *Tx) NextLeaf() (index int64, err error) {
	end, err := tx.end()
	if err != nil {
		return 0, err
	}
	return end.size, nil
}

// Leaves calls fn with every stored leaf from an index on, in order; one that is missing is left out.
func (tx *Tx) Leaves(from int64, fn func(audit.Leaf) error) error {
	if err := tx.writeLeaves(); err != nil {
		return err
	}
	return tx.rows("read the audit log", `select idx, leaf, nodes from audit where idx >= $1 order by idx`, []any{from}, func(r *sql.Rows) error {
		var leaf audit.Leaf
		if err := r.Scan(&leaf.Index, &leaf.Data, &leaf.Nodes); err != nil {
			return err
		}
		return fn(leaf)
	})
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
	if r.tx.edge != nil {
		if nodes := r.tx.edge.nodes[index]; nodes != nil {
			return nodes, nil
		}
	}
	found, err := r.tx.row("read a node of the audit log", `select nodes from audit where idx = $1`, []any{index}, &nodes)
	if found && r.tx.edge != nil {
		r.tx.edge.nodes[index] = nodes
	}
	if err == nil && !found {
		err = fmt.Errorf("the audit log has no leaf %d: run fairway audit verify, and restore the database from a backup", index)
	}
	return nodes, err
}
