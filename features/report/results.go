package report

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// results is the shape of results.json. Numbers that were not had are null.
type results struct {
	Title       string            `json:"title"`
	Started     string            `json:"started"` // RFC 3339, empty if not known
	Met         bool              `json:"met"`
	Verdict     string            `json:"verdict"`
	Rows        []row             `json:"rows"`
	WallSeconds float64           `json:"wall_seconds"`
	Sites       int               `json:"sites"`
	MemoryBytes int64             `json:"memory_bytes"` // peak resident sets of all processes together
	Events      int               `json:"events"`
	BorderBytes int64             `json:"border_bytes"`
	Versions    map[string]string `json:"versions"`
	Judged      []Judgement       `json:"judged,omitempty"`
}

type row struct {
	Study     string   `json:"study"`
	Quantity  string   `json:"quantity"`
	Known     *float64 `json:"known"`
	Ours      *float64 `json:"ours"`
	Tolerance *float64 `json:"tolerance"`
	Met       bool     `json:"met"`
}

func (r Run) results() ([]byte, error) {
	v := r.Verdict()
	out := results{
		Title: plain(r.Title), Met: v.Met, Verdict: plain(v.Line), Rows: []row{},
		WallSeconds: r.Wall.Seconds(), Sites: len(r.Sites), MemoryBytes: r.PeakMemory,
		Events: len(r.Events), BorderBytes: r.borderBytes(), Versions: map[string]string{}, Judged: r.Judged,
	}
	if !r.Started.IsZero() {
		out.Started = r.Started.UTC().Format("2006-01-02T15:04:05Z")
	}
	for _, s := range r.Studies {
		for _, a := range s.Answers {
			out.Rows = append(out.Rows, row{plain(s.ID), plain(a.Quantity), number(&a.Known), number(a.Ours), number(&a.Tolerance), a.Met()})
		}
	}
	for _, v := range r.Versions {
		out.Versions[plain(v.Name)] = plain(v.Version)
	}
	return json.Marshal(out, json.Deterministic(true), jsontext.WithIndent("  "))
}

// number drops what JSON cannot say: NaN and the infinities become null.
func number(x *float64) *float64 {
	if x == nil || !finite(*x) {
		return nil
	}
	return x
}

func (r Run) borderBytes() int64 {
	var sum int64
	for _, c := range r.Crossings {
		sum += c.Bytes
	}
	return sum
}
