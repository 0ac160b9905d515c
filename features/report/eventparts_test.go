package report

import (
	"fmt"
	"regexp"
	"testing"
	"time"
)

// busy is the fixture with so many events more that belong to no study, each caused by one of long before.
func busy(more int) Run {
	run := fixture()
	for i := range more {
		cause := ""
		if i >= 400 {
			cause = fmt.Sprintf("BUSY%05d", i-400)
		}
		run.Events = append(run.Events, Event{ID: fmt.Sprintf("BUSY%05d", i), Cause: cause, Time: run.Events[0].Time.Add(time.Duration(i) * time.Millisecond),
			Topic: "denbi.identity.events.v1", Type: "fairway.identity.person.registered.v1", Source: "/sites/denbi/identity",
			Subject: fmt.Sprintf("person/denbi:BUSY%05d", i), Sequence: 1, Bytes: 612})
	}
	return run
}

func TestManyEventsLieOnLightPagesAndEachOnOne(t *testing.T) {
	run := busy(3000)
	all, _ := written(t, run)
	numbers := regexp.MustCompile(`<tr class="event[^>]*><td class="n">(\d+)</td>`)
	seen := map[string]string{}
	for name, page := range all {
		// what a browser on a phone opens at once
		if size := len(page); size > 600_000 {
			t.Errorf("%s has %d bytes", name, size)
		}
		for _, row := range numbers.FindAllStringSubmatch(page, -1) {
			if other, twice := seen[row[1]]; twice {
				t.Errorf("event %s is on %s and on %s", row[1], name, other)
			}
			seen[row[1]] = name
		}
	}
	if len(seen) != len(run.Events) {
		t.Errorf("%d events are told of, there were %d", len(seen), len(run.Events))
	}
	cause := len(run.Events) - 3000 + 1
	link := fmt.Sprintf(`<a href="%s">%d</a>`, seen[fmt.Sprint(cause)], cause)
	if page := all[seen[fmt.Sprint(cause+400)]]; !regexp.MustCompile(regexp.QuoteMeta(link)).MatchString(page) {
		t.Errorf("the event of 400 later does not lead to the page of its cause: %s", link)
	}
}
