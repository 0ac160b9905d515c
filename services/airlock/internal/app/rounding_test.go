package app

import (
	"testing"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestWhereCountsAreRoundedAnExactOneIsRejected(t *testing.T) {
	rounding := runtest.Profile(runtest.DefaultProfile + "disclosure: {ruleSet: opensafely, rounding: 5}\n")
	exact := newBench(t, table(11, 20), toResearcher, rounding)
	exact.request()
	if got := runtest.Last[events.ReleaseRejected](exact.Bench); got.Reason != string(disclosure.RuleRounded) {
		t.Fatalf("got %+v", got)
	}
	rounded := newBench(t, table(10, 20), toResearcher, rounding)
	rounded.review(rounded.Person("output-checker"), rounded.request(), "Approved")
	rounded.wantReleased(1)
}
