package run_test

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// BenchmarkReceive is one event that is verified, applied, answered by another, audited and committed.
func BenchmarkReceive(b *testing.B) {
	bench := runtest.New(b, "catalog", echo)
	var ids []string
	for range b.N {
		id := bench.NewID()
		ids = append(ids, id)
		bench.DeliverRecord(bench.Sign("catalog", asked(id)))
	}
	b.ResetTimer()
	for _, id := range ids {
		bench.Deliver("workspace", count(id))
	}
	if n := len(runtest.Sent[catalog.QuestionAnswered](bench)); n != b.N {
		b.Fatalf("%d answers to %d", n, b.N)
	}
}
