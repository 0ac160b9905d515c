package analysis

import "testing"

func TestSmallRestOfEventsTakesTheLastStepAway(t *testing.T) {
	points := []point{{1, 0.9, 90, 10}, {2, 0.8, 80, 10}, {3, 0.79, 70, 1}}
	if steps := thin(points, 10); len(steps) != 1 || steps[0].Time != 1 {
		t.Fatalf("%+v", steps)
	}
	if steps := thin(points[:2], 10); len(steps) != 2 {
		t.Fatalf("%+v", steps)
	}
}

func TestStepWaitsForEventsAndNeedsPeopleAtRisk(t *testing.T) {
	points := []point{{1, 0.95, 30, 6}, {2, 0.9, 20, 6}, {3, 0.7, 9, 10}}
	steps := thin(points, 10)
	if len(steps) != 1 || steps[0].Time != 2 || steps[0].Events != 12 || steps[0].AtRisk != 20 {
		t.Fatalf("%+v", steps)
	}
}
