package outputs

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// KindCount is the kind of a [Count].
const KindCount = "count"

// Cell is one cell of a table; without levels it is the total. A suppressed one
// tells no number: N is zero here and absent on the wire.
type Cell struct {
	By         []Level
	N          int
	Suppressed bool
}

// wireCell leaves the number of a suppressed cell out: silence is never zero.
type wireCell struct {
	By         []Level `json:"by"`
	N          *int    `json:"n,omitzero"`
	Suppressed bool    `json:"suppressed,omitzero"`
}

// MarshalJSONTo writes the cell.
func (c Cell) MarshalJSONTo(to *jsontext.Encoder) error {
	wire := wireCell{By: c.By, Suppressed: c.Suppressed}
	if !c.Suppressed {
		wire.N = &c.N
	}
	return json.MarshalEncode(to, wire)
}

// UnmarshalJSONFrom reads the cell.
func (c *Cell) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	var wire wireCell
	if err := json.UnmarshalDecode(from, &wire); err != nil {
		return err
	}
	*c = Cell{By: wire.By, Suppressed: wire.Suppressed}
	if wire.N != nil {
		c.N = *wire.N
	}
	return nil
}

// Count is a frequency table over no, one or two concepts. Cells with nobody
// in them are written out. Cells with fewer levels than the others are margins:
// their sums, also over cells that are suppressed. Combined is made of the
// counts of several sites, cell by cell; a cell is told if every site told it.
type Count struct {
	Cells    []Cell   `json:"cells"`
	Dropped  Dropped  `json:"dropped"`
	Combined []Source `json:"combined,omitzero"`
}

// Kind is the value of the member "kind".
func (Count) Kind() string { return KindCount }

// Sources are the released outputs that were combined.
func (r Count) Sources() []Source { return r.Combined }

func (r Count) validate() error {
	var c checks
	c.must(len(r.Cells) > 0, "cells", "a list of one or more")
	c.text(droppedPattern, string(r.Dropped), "dropped")
	c.sources(r.Combined)
	seen := map[string]bool{}
	for _, cell := range r.Cells {
		c.count(cell.N, "n of a cell")
		c.must(!cell.Suppressed || cell.N == 0, "n of a suppressed cell", "absent")
		key := c.levels(cell.By)
		c.must(!seen[key], "by", "different in every cell")
		seen[key] = true
	}
	return c.err
}

// levels checks what a cell or group is about, and gives a text that is equal
// for equal ones.
func (c *checks) levels(by []Level) (key string) {
	c.must(len(by) <= 2, "by", "a list of at most 2")
	for _, l := range by {
		c.text(conceptPattern, l.Concept, "concept of a cell")
		c.text(labelPattern, l.Level, "level of a cell")
		key += l.Concept + "\x00" + l.Level + "\x00"
	}
	return key
}

func (c *checks) sources(all []Source) {
	seen := map[string]bool{}
	for _, s := range all {
		c.text(sitePattern, s.Site, "site")
		c.must(s.Dataset == "" || datasetPattern.MatchString(s.Dataset), "dataset of a source", "the name of a dataset")
		c.must(!seen[s.Site+"\x00"+s.Dataset], "site and dataset", "different in every source")
		seen[s.Site+"\x00"+s.Dataset] = true
		c.text(digestPattern, s.OutputDigest, "outputDigest")
		c.count(s.N, "n of a source")
	}
}
