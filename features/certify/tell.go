package certify

import (
	"fmt"
	"io"
	"strings"

	"github.com/fairway-tre/fairway/features/report"
)

// mostProblems of the run are told.
const mostProblems = 20

// Tell writes the verdicts for people, and a line that sums them up. What passed is told in a line; of the rest what was
// expected, what came instead, where it lies and how to see it again.
func Tell(w io.Writer, r Result) {
	count := map[string]int{}
	for _, j := range r.Judged {
		count[j.Verdict]++
		fmt.Fprintf(w, "%-12s %s  %s  [%s]\n", j.Verdict, j.ID, j.Title, strings.Join(j.Requirements, ", "))
		if j.Verdict != Pass {
			tellWhy(w, j)
		}
	}
	for _, p := range r.Problems[:min(len(r.Problems), mostProblems)] {
		fmt.Fprintf(w, "%-12s %s\n", "THE RUN", indented(p))
	}
	if more := len(r.Problems) - mostProblems; more > 0 {
		fmt.Fprintf(w, "%-12s and %d more; the report has all\n", "THE RUN", more)
	}
	fmt.Fprintf(w, "\n%d scenarios: %d PASS, %d FAIL, %d INCONCLUSIVE; %d problems of the run\n",
		len(r.Judged), count[Pass], count[Fail], count[Inconclusive], len(r.Problems))
}

func tellWhy(w io.Writer, j report.Judgement) {
	if j.Why != "" {
		fmt.Fprintf(w, "    why:      %s\n", j.Why)
	}
	fmt.Fprintf(w, "    expected: %s\n    observed: %s\n", j.Expected, indented(j.Observed))
	for _, e := range j.Events {
		fmt.Fprintf(w, "    event:    %s %s %s/%d@%d\n", e.ID, e.Type, e.Topic, e.Partition, e.Offset)
	}
	fmt.Fprintf(w, "    repeat:   %s\n", j.Repeat)
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n              ") }
