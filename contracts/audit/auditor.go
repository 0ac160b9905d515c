package audit

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// What can be wrong with leaves.
const (
	Altered    = "altered"    // the leaf is not what its hash says
	Missing    = "missing"    // there is no leaf
	Misplaced  = "misplaced"  // the leaf names another place, or comes twice
	Unreadable = "unreadable" // the leaf is no entry
	NodesLost  = "nodes-lost" // the nodes that belong to the leaf are not there
	Rewritten  = "rewritten"  // one of the leaves was exchanged together with its hash: the tree above remembers another
)

// Fault is a range of leaves with one thing wrong, mostly a single leaf.
type Fault struct {
	First, Last int64
	What        string
}

func (f Fault) String() string {
	if f.First == f.Last {
		return fmt.Sprintf("leaf %d: %s", f.First, f.What)
	}
	return fmt.Sprintf("leaves %d to %d: %s", f.First, f.Last, f.What)
}

// Verdict says whether the log is the one of a checkpoint. Where it is not, the leaves differ somewhere from From, the
// size of the largest smaller checkpoint that holds, to before the checkpoint's own size.
type Verdict struct {
	Checkpoint Checkpoint
	Holds      bool
	From       int64
}

func (v Verdict) String() string {
	if v.Holds {
		return fmt.Sprintf("the checkpoint of %d leaves holds", v.Checkpoint.Size)
	}
	return fmt.Sprintf("the checkpoint of %d leaves does not hold: leaves %d to %d are not all as signed", v.Checkpoint.Size, v.From, v.Checkpoint.Size-1)
}

// Report is everything that a verification found.
type Report struct {
	Leaves   int64 // places from 0 to the last leaf found
	Unsigned int64 // how many of them lie beyond the largest checkpoint that holds
	Faults   []Fault
	Verdicts []Verdict // by size
}

// Clean reports whether nothing is wrong: no fault, and every checkpoint holds.
func (r Report) Clean() bool {
	return len(r.Faults) == 0 && !slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return !v.Holds })
}

func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Faults {
		fmt.Fprintln(&b, f)
	}
	for _, v := range r.Verdicts {
		fmt.Fprintln(&b, v)
	}
	fmt.Fprintf(&b, "%d leaves, %d of them not signed yet", r.Leaves, r.Unsigned)
	return b.String()
}

// Auditor verifies a log leaf by leaf, in memory that hardly grows with the log. It never stops at a fault. The trees
// that are held against checkpoints are built from the leaves' data alone; the stored nodes serve to tell which leaf it
// was.
type Auditor struct {
	checkpoints []Checkpoint // by size
	inner       bool         // stored nodes above the leaves are there to be held against

	fromData frontier
	asStored frontier
	unknown  map[int]bool // levels at which asStored has a node that nobody stored, over a missing leaf
	report   Report
}

// NewAuditor verifies leaves as a service stores them, with all their nodes, against any number of checkpoints of the
// log: its own, and older or newer ones that others kept.
func NewAuditor(checkpoints ...Checkpoint) *Auditor {
	a := &Auditor{inner: true, unknown: map[int]bool{}, checkpoints: slices.SortedStableFunc(slices.Values(checkpoints),
		func(x, y Checkpoint) int { return cmp.Compare(x.Size, y.Size) })}
	a.compare()
	return a
}

// tooFar is how many leaves may be missing in a row before what comes behind counts as not of this log.
const tooFar = 1 << 20

// Leaf takes the next stored leaf, in order of index.
func (a *Auditor) Leaf(l Leaf) {
	next := a.fromData.size
	if l.Index < next || l.Index-next > tooFar {
		a.fault(l.Index, l.Index, Misplaced)
		return
	}
	if l.Index > next {
		a.lost(l.Index)
	}
	hash := LeafHash(l.Data)
	at, err := place(l.Data)
	stored := l.Nodes
	switch {
	case len(stored) < tlog.HashSize || a.inner && len(stored) != tlog.HashSize*(1+bits.TrailingZeros64(^uint64(l.Index))):
		a.fault(l.Index, l.Index, NodesLost)
		stored = nil
	case Hash(stored) != hash:
		a.fault(l.Index, l.Index, Altered)
	case err != nil:
		a.fault(l.Index, l.Index, Unreadable)
	case at != l.Index:
		a.fault(l.Index, l.Index, Misplaced)
	}
	a.grow(l.Index, hash, stored)
}

// lost stands for the leaves from here to before index.
func (a *Auditor) lost(index int64) {
	a.fault(a.fromData.size, index-1, Missing)
	for a.fromData.size < index {
		a.grow(a.fromData.size, Hash{}, nil)
	}
}

// grow adds one leaf to both trees. A stored node is believed once it was held against those below it, so that one
// exchanged leaf is told once and not at every level.
func (a *Auditor) grow(index int64, hash Hash, stored []byte) {
	a.fromData.add(hash, func(_ int, h Hash) Hash { return h })
	sure, top := len(stored) >= tlog.HashSize, 0
	a.asStored.add(hash, func(level int, h Hash) Hash {
		if level > 0 {
			sure = sure && !a.unknown[level-1]
			delete(a.unknown, level-1)
		}
		top = level
		if len(stored) < (level+1)*tlog.HashSize {
			return h
		}
		told := Hash(stored[level*tlog.HashSize:])
		if sure && told != h && level > 0 {
			a.fault(index+1-1<<level, index, Rewritten)
		}
		sure = true
		return told
	})
	if !sure {
		a.unknown[top] = true
	}
	a.compare()
}

// compare holds the tree as it is now against the checkpoints of its size.
func (a *Auditor) compare() {
	for len(a.checkpoints) > 0 && a.checkpoints[0].Size == a.fromData.size {
		a.judge(a.checkpoints[0], a.fromData.root() == a.checkpoints[0].Root)
		a.checkpoints = a.checkpoints[1:]
	}
}

func (a *Auditor) judge(c Checkpoint, holds bool) {
	v := Verdict{Checkpoint: c, Holds: holds}
	for _, before := range a.report.Verdicts {
		if before.Holds && before.Checkpoint.Size < c.Size {
			v.From = before.Checkpoint.Size
		}
	}
	a.report.Verdicts = append(a.report.Verdicts, v)
}

func (a *Auditor) fault(first, last int64, what string) {
	a.report.Faults = append(a.report.Faults, Fault{first, last, what})
}

// Report ends the verification. Leaves that a checkpoint counts beyond the end of the log are missing.
func (a *Auditor) Report() Report {
	size := a.fromData.size
	if n := len(a.checkpoints); n > 0 {
		a.fault(size, a.checkpoints[n-1].Size-1, Missing)
	}
	for _, c := range a.checkpoints {
		a.judge(c, false)
	}
	a.checkpoints = nil
	a.report.Leaves, a.report.Unsigned = size, size
	for _, v := range a.report.Verdicts {
		if v.Holds {
			a.report.Unsigned = size - v.Checkpoint.Size
		}
	}
	return a.report
}
