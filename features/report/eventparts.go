package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// eventPart holds the diagrams of one study's events.
type eventPart struct {
	ID, Study, Title, Count string
	Sites, Services         diagram
	Open                    bool // the first that belongs to a study
}

// eventRow is one event of the table, with the number of its cause.
type eventRow struct {
	Event
	Cause, After string
}

// kindRow sums what crossed borders by the type of its records.
type kindRow struct {
	Type  string
	Count int
	Bytes int64
}

func (p *page) eventParts() []eventPart {
	var order []string
	by := map[string][]Event{}
	for _, e := range p.Run.Events {
		if _, seen := by[e.Study]; !seen {
			order = append(order, e.Study)
		}
		by[e.Study] = append(by[e.Study], e)
	}
	first := max(0, slices.IndexFunc(order, func(id string) bool { return p.studyIndex(id) >= 0 }))
	var out []eventPart
	for i, study := range order {
		id := fmt.Sprintf("events-%d", i)
		out = append(out, eventPart{id, study, p.StudyName(study), many(len(by[study]), "event"),
			p.diagram(id+"-sites", by[study], true), p.diagram(id+"-services", by[study], false), i == first})
	}
	return out
}

func (p *page) eventRows() []eventRow {
	place := map[string]int{}
	var out []eventRow
	for i, e := range p.Run.Events {
		place[e.ID] = i + 1
		row := eventRow{Event: e, After: fmt.Sprintf("+%.3f s", e.Time.Sub(p.Run.Events[0].Time).Seconds())}
		if at, seen := place[e.Cause]; seen && e.Cause != "" {
			row.Cause = strconv.Itoa(at)
		} else if e.Cause != "" {
			row.Cause = "not seen: " + e.Cause
		}
		out = append(out, row)
	}
	return out
}

// kinds sums crossings by type, the heaviest first.
func kinds(all []Crossing) []kindRow {
	var out []kindRow
	for _, c := range all {
		i := slices.IndexFunc(out, func(k kindRow) bool { return k.Type == c.Type })
		if i < 0 {
			i, out = len(out), append(out, kindRow{Type: c.Type})
		}
		out[i].Count += c.Count
		out[i].Bytes += c.Bytes
	}
	slices.SortStableFunc(out, func(a, b kindRow) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return out
}
