package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestInABatchQueueOneJobRunsAfterTheOther(t *testing.T) {
	b := newBench(t, runtest.Profile(runtest.DefaultProfile+"workspaces: {queue: batch}\n"))
	g := b.permit()
	b.hold()
	first := b.submit(g, "gbsg", recurrence)
	second := b.submit(g, "gbsg", recurrence)
	b.held(1)
	if !slices.Equal(b.states(second), []string{"QUEUED"}) {
		t.Errorf("the second is %v", b.states(second))
	}
	b.Env.Failpoints.Release("workspace/running")
	b.sealed(first)
	b.sealed(second)
}

func TestASiteThatRoundsTellsNoExactCount(t *testing.T) {
	for _, c := range []struct {
		more string
		base int
	}{{"", 1}, {"disclosure: {ruleSet: opensafely, rounding: 50}\n", 50}} {
		b := newBench(t, runtest.Profile(runtest.DefaultProfile+c.more))
		_, d := b.sealed(b.submit(b.permit(), "gbsg", vocabulary.Analysis{Kind: analyses.Count, By: []string{"hormone-therapy"}}))
		total := 0
		for _, cell := range d.Results[0].(documents.Count).Cells {
			total += cell.N
			if cell.N == 0 || cell.N%c.base != 0 {
				t.Errorf("rounded to %d: %d", c.base, cell.N)
			}
		}
		if want := map[int]int{1: 686, 50: 700}[c.base]; total != want {
			t.Errorf("rounded to %d: %d people, not %d", c.base, total, want)
		}
	}
}

func TestOnlyToolsOfTheRegistryRun(t *testing.T) {
	registry := func(digest string) runtest.Option {
		return runtest.Profile(strings.Replace(runtest.DefaultProfile, "{mode: aggregate, catalogued: []}", "{mode: catalogued, catalogued: [count, log-rank]}", 1) +
			"tools: [{kind: count, digest: " + digest + "}]\n")
	}
	byTherapy := vocabulary.Analysis{Kind: analyses.Count, By: []string{"hormone-therapy"}}
	b := newBench(t, registry(analyses.Tool(analyses.Count)))
	g := b.permit()
	b.sealed(b.submit(g, "gbsg", byTherapy))
	b.submit(g, "gbsg", recurrence)
	if b.reason() != ReasonTool {
		t.Errorf("what is not registered is refused for %s", b.reason())
	}
	changed := newBench(t, registry(analyses.Tool(analyses.Summary)))
	changed.submit(changed.permit(), "gbsg", byTherapy)
	if changed.reason() != ReasonTool {
		t.Errorf("a changed tool is refused for %s", changed.reason())
	}
}
