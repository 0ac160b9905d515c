package quota_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/quota"
)

var (
	noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	rate = quota.Rate{Burst: 8, Interval: time.Second}
)

func TestABucketGivesItsBurstAtOnceAndThenWhatTimeBrings(t *testing.T) {
	b, now := quota.NewBucket(rate), noon
	for _, step := range []struct {
		after   time.Duration
		take    int
		missing time.Duration
	}{
		{0, 5, 0}, {0, 3, 0}, {0, 1, time.Second}, {0, 8, 8 * time.Second},
		{time.Second, 1, 0}, {0, 1, time.Second},
		{3 * time.Second, 4, time.Second}, {0, 3, 0}, // what is not there is not taken in part
		{time.Hour, 8, 0}, {0, 1, time.Second}, // it holds no more than its burst
		{-time.Hour, 1, time.Second}, {time.Second, 1, 0}, // a clock that goes back makes nobody wait for it
	} {
		now = now.Add(step.after)
		if got := b.Take(now, step.take); got != step.missing {
			t.Errorf("%d at %s: %v are missing, expected %v", step.take, now.Format(time.TimeOnly), got, step.missing)
		}
	}
}

func TestWhoAsksWithoutEndTakesNothingOfAnothers(t *testing.T) {
	all := quota.NewBuckets(rate)
	for range 100 {
		all.Take("busy", noon, 1)
	}
	if all.Take("busy", noon, 1) == 0 {
		t.Error("a hundred were not too many")
	}
	if all.Take("calm", noon, 8) != 0 {
		t.Error("somebody else's burst is not there")
	}
	if all.Take("busy", noon, 1) == 0 {
		t.Error("somebody else brought the busy one a new bucket")
	}
}
