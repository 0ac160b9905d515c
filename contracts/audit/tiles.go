package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// An export is a folder as c2sp.org/tlog-tiles has it: "checkpoint", "tile/<level>/…" and "tile/entries/…", and beside
// them "key", the public key of the log. Any reader of tiles can follow it; nothing of it is secret to the site's own
// auditors, but entries are not for the public.
const (
	checkpointFile = "checkpoint"
	keyFile        = "key"
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
)

// tilePath names a tile of a level, or a bundle of entries where level is -1; width is how much of it there is.
func tilePath(level int, n int64, width int) string {
	path := tlog.Tile{H: tileHeight, L: level, N: n, W: width}.Path()
	path = strings.Replace(path, fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// tiler cuts a growing tree into tiles, from the hashes of its leaves.
type tiler struct {
	levels []*tileLevel
	write  func(level int, n int64, hashes []Hash) error
}

type tileLevel struct {
	n      int64 // of the tile that is growing
	hashes []Hash
}

func (t *tiler) add(level int, h Hash) error {
	if level == len(t.levels) {
		t.levels = append(t.levels, &tileLevel{})
	}
	l := t.levels[level]
	l.hashes = append(l.hashes, h)
	if len(l.hashes) < tileWidth {
		return nil
	}
	if err := t.write(level, l.n, l.hashes); err != nil {
		return err
	}
	var top frontier
	for _, h := range l.hashes {
		top.add(h, func(_ int, h Hash) Hash { return h })
	}
	l.n, l.hashes = l.n+1, nil
	return t.add(level+1, top.root())
}

// rest writes the tiles that are not full.
func (t *tiler) rest() error {
	for level, l := range t.levels {
		if len(l.hashes) == 0 {
			continue
		}
		if err := t.write(level, l.n, l.hashes); err != nil {
			return err
		}
	}
	return nil
}

// Export writes leaves into a new folder as they come. Leaves beyond the checkpoint's size are left out; of what is
// missing there is nothing to write, so that an export of a log with a hole ends before it.
type Export struct {
	dir    string
	size   int64
	next   int64
	tiles  tiler
	bundle []byte
}

// ErrNotEmpty says that an export would be written over something.
var ErrNotEmpty = errors.New("the folder is not empty")

// NewExport begins an export for a checkpoint of the log whose key is given.
func NewExport(dir string, c Checkpoint, signed []byte, key string) (*Export, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("export the audit log: %w", err)
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		return nil, fmt.Errorf("export the audit log to %s: %w", dir, errors.Join(err, ErrNotEmpty))
	}
	e := &Export{dir: dir, size: c.Size}
	e.tiles.write = func(level int, n int64, hashes []Hash) error {
		var data []byte
		for _, h := range hashes {
			data = append(data, h[:]...)
		}
		return e.file(tilePath(level, n, len(hashes)), data)
	}
	return e, errors.Join(e.file(checkpointFile, signed), e.file(keyFile, []byte(key+"\n")))
}

func (e *Export) file(name string, data []byte) error {
	path := filepath.Join(e.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	return nil
}

// Leaf takes the next leaf, in order of index. Its hash is written as it was stored, right or wrong.
func (e *Export) Leaf(l Leaf) error {
	if l.Index != e.next || l.Index >= e.size || len(l.Nodes) < tlog.HashSize || len(l.Data) > MaxLeaf {
		return nil
	}
	e.next++
	e.bundle = append(binary.BigEndian.AppendUint16(e.bundle, uint16(len(l.Data))), l.Data...)
	if e.next%tileWidth == 0 || e.next == e.size {
		if err := e.flush(); err != nil {
			return err
		}
	}
	return e.tiles.add(0, Hash(l.Nodes))
}

func (e *Export) flush() error {
	n, width := (e.next-1)/tileWidth, int((e.next-1)%tileWidth)+1
	data := e.bundle
	e.bundle = nil
	return e.file(tilePath(-1, n, width), data)
}

// Close writes what is not full. The log ended too early when written is less than the checkpoint's size.
func (e *Export) Close() (written int64, err error) {
	if len(e.bundle) > 0 {
		err = e.flush()
	}
	return e.next, errors.Join(err, e.tiles.rest())
}

// VerifyExport verifies a folder of tiles against its own checkpoint and any others. key is the verifier of the log;
// whoever does not trust the folder takes it from elsewhere. The error says that the checkpoint cannot be believed or
// that a file could not be read; what is wrong with leaves and tiles is in the report all the same.
func VerifyExport(dir string, key note.Verifier, others ...Checkpoint) (Report, error) {
	signed, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	own, distrust := OpenCheckpoint(signed, key)
	if distrust != nil { // its size still tells what to look for
		text, _, _ := strings.Cut(string(signed), "\n\n")
		if own, err = parse(text + "\n"); err != nil {
			return Report{}, distrust
		}
	}
	a := NewAuditor(append(others, own)...)
	a.inner = false
	e := exported{dir: dir, auditor: a}
	e.tiles.write = e.upper
	for n := int64(0); n <= (own.Size-1)/tileWidth && own.Size > 0; n++ {
		found, err := e.bundle(n, int(min(tileWidth, own.Size-n*tileWidth)), distrust == nil)
		if err != nil {
			return a.Report(), errors.Join(distrust, err)
		}
		if !found {
			break
		}
	}
	err = e.tiles.rest()
	return a.Report(), errors.Join(distrust, err)
}

// Key reads the public key that an export names as its own.
func Key(dir string) (note.Verifier, error) {
	text, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("read the key of the export: %w", err)
	}
	return NewVerifier(string(text))
}

// exported is one call of VerifyExport.
type exported struct {
	dir     string
	auditor *Auditor
	tiles   tiler
}

// read returns no data for a file that is not there.
func (e *exported) read(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(e.dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// bundle verifies up to 256 entries against their hashes in the lowest tiles. A size that the log did not sign can be any
// number: where it alone says that there is a bundle and no file does, none is found.
func (e *exported) bundle(n int64, width int, signed bool) (found bool, err error) {
	entries, err := e.read(tilePath(-1, n, width))
	if err != nil {
		return false, err
	}
	hashes, err := e.read(tilePath(0, n, width))
	if err != nil {
		return false, err
	}
	if !signed && entries == nil && hashes == nil {
		return false, nil
	}
	for i := range int64(width) {
		l := Leaf{Index: n*tileWidth + i}
		var h Hash
		if at := int(i) * tlog.HashSize; at+tlog.HashSize <= len(hashes) {
			h = Hash(hashes[at:])
			l.Nodes = h[:]
		}
		var whole bool
		if l.Data, entries, whole = first(entries); whole {
			e.auditor.Leaf(l)
		}
		if err := e.tiles.add(0, h); err != nil {
			return false, err
		}
	}
	return true, nil
}

// first cuts the first entry off a bundle; whole is false when the bundle ends before the entry does.
func first(bundle []byte) (entry, rest []byte, whole bool) {
	if len(bundle) < 2 {
		return nil, nil, false
	}
	size := int(binary.BigEndian.Uint16(bundle))
	if len(bundle) < 2+size {
		return nil, nil, false
	}
	return bundle[2 : 2+size], bundle[2+size:], true
}

// upper holds a tile above the lowest, as it must be, against the one in the folder.
func (e *exported) upper(level int, n int64, hashes []Hash) error {
	if level == 0 {
		return nil
	}
	found, err := e.read(tilePath(level, n, len(hashes)))
	if err != nil {
		return err
	}
	span := int64(1) << (tileHeight * level)
	for i, h := range hashes {
		start := (n*tileWidth + int64(i)) * span
		switch {
		case len(found) < (i+1)*tlog.HashSize:
			e.auditor.fault(start, start+span-1, NodesLost)
		case Hash(found[i*tlog.HashSize:]) != h:
			e.auditor.fault(start, start+span-1, Rewritten)
		}
	}
	return nil
}
