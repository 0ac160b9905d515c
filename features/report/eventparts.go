package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// eventPart is the events of one study, or those of none, on pages that stay light.
type eventPart struct {
	Study, Title, Count string
	Sites               diagram // of a study, for the study's own page
	Pages               []eventPage
}

// eventPage is one page of events.
type eventPage struct {
	File, Title string
	Study       string // whose page has the diagram by site; empty: this one has it
	Sites       diagram
	Services    diagram
	Rows        []eventRow
	Refused     int
	Before      string // file of the page before it, of the same part; empty: it is the first
	After       string
}

// First is the first event of the page.
func (e eventPage) First() eventRow { return e.Rows[0] }

// Last is the last event of the page.
func (e eventPage) Last() eventRow { return e.Rows[len(e.Rows)-1] }

// perPage is how many events one page has at most.
const perPage = 300

// eventRow is one event of the table, with its number, that of its cause, and the page of that one if it is another.
type eventRow struct {
	Event
	No                     int
	Cause, CausePage, Told string
}

// kindRow sums what crossed borders by the type of its records.
type kindRow struct {
	Type  string
	Count int
	Bytes int64
}

// eventParts puts the events of a study together, in the order in which the studies were first heard of.
func (p *page) eventParts() []eventPart {
	var order []string
	by := map[string][]eventRow{}
	for _, e := range p.eventRows() {
		if _, seen := by[e.Study]; !seen {
			order = append(order, e.Study)
		}
		by[e.Study] = append(by[e.Study], e)
	}
	var out []eventPart
	for _, study := range order {
		out = append(out, p.eventPart(study, by[study], len(out)+1))
	}
	linkCauses(out)
	return out
}

// eventPart is the n-th part, from 1.
func (p *page) eventPart(study string, rows []eventRow, n int) eventPart {
	part := eventPart{Study: study, Title: p.StudyName(study), Count: many(len(rows), "event")}
	paged := p.studyIndex(study) >= 0
	if paged {
		part.Sites = p.diagram(fmt.Sprintf("events-%d-sites", n), eventsOf(rows), true)
	}
	chunks := slices.Collect(slices.Chunk(rows, perPage))
	for i, chunk := range chunks {
		id := fmt.Sprintf("events-%d-%d", n, i+1)
		one := eventPage{File: id + ".html", Title: part.Title, Rows: chunk, Services: p.diagram(id+"-services", eventsOf(chunk), false),
			Refused: count(chunk, func(r eventRow) bool { return r.Reason != "" })}
		if paged {
			one.Study = study
		} else {
			one.Sites = p.diagram(id+"-sites", eventsOf(chunk), true)
		}
		if len(chunks) > 1 {
			one.Title += fmt.Sprintf(", %d of %d", i+1, len(chunks))
		}
		if i > 0 {
			one.Before, part.Pages[i-1].After = part.Pages[i-1].File, one.File
		}
		part.Pages = append(part.Pages, one)
	}
	return part
}

func eventsOf(rows []eventRow) (all []Event) {
	for _, r := range rows {
		all = append(all, r.Event)
	}
	return all
}

// linkCauses notes where the cause of an event is, if it is on another page.
func linkCauses(parts []eventPart) {
	file := map[string]string{}
	for _, part := range parts {
		for _, page := range part.Pages {
			for _, r := range page.Rows {
				file[r.ID] = page.File
			}
		}
	}
	for _, part := range parts {
		for _, page := range part.Pages {
			for i, r := range page.Rows {
				if at := file[r.Event.Cause]; at != page.File {
					page.Rows[i].CausePage = at
				}
			}
		}
	}
}

// eventRows numbers the events.
func (p *page) eventRows() []eventRow {
	place := map[string]int{}
	var out []eventRow
	for i, e := range p.Run.Events {
		place[e.ID] = i + 1
		row := eventRow{Event: e, No: i + 1, Told: fmt.Sprintf("+%.3f s", e.Time.Sub(p.Run.Events[0].Time).Seconds())}
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
