package analyses

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

type made = vocabulary.Preparation

var (
	diabetes = made{Op: Aggregate, Dataset: "events", How: Any, As: "diabetes",
		Where: []vocabulary.Condition{{Concept: "diagnosis", Op: In, Levels: []string{"diabetes"}}}}
	hdl = made{Op: Aggregate, Dataset: "laboratory", Concept: "value", How: Mean, As: "hdl", Where: []vocabulary.Condition{
		{Concept: "test", Op: In, Levels: []string{"hdl"}}, {Concept: "days", Op: LE, Value: "0"}}}
	ages   = made{Op: Derive, Concept: "age", Cuts: []string{"40", "60"}, Levels: []string{"young", "middle", "old"}, As: "age-group"}
	events = made{Op: Link, Dataset: "events"}
	tests  = made{Op: Link, Dataset: "laboratory"}
)

func TestStepsThatNoDataCouldBePreparedByAreFound(t *testing.T) {
	with := func(p made, change func(*made)) []made { change(&p); return []made{p, events} }
	for name, c := range map[string]struct {
		steps []made
		good  bool
	}{
		"none":                    {nil, true},
		"linkage":                 {[]made{diabetes, events, hdl, tests, ages}, true},
		"filter":                  {[]made{{Op: Filter, Where: hdl.Where}}, true},
		"yes or no":               {[]made{{Op: Derive, Where: hdl.Where, As: "early"}}, true},
		"recode":                  {[]made{{Op: Recode, Concept: "sex", Recodes: []vocabulary.Recode{{From: "m", To: "male"}}, As: "gender"}}, true},
		"recode by a table":       {[]made{{Op: Recode, Concept: "sex", Lookup: "sha256:1", As: "gender"}}, true},
		"recode by nothing":       {[]made{{Op: Recode, Concept: "sex", As: "gender"}}, false},
		"recode twice over":       {[]made{{Op: Recode, Concept: "sex", Lookup: "sha256:1", Recodes: []vocabulary.Recode{{From: "m", To: "male"}}, As: "gender"}}, false},
		"filter by a table":       {[]made{{Op: Filter, Where: hdl.Where, Lookup: "sha256:1"}}, false},
		"dosage":                  {[]made{{Op: Dosage, Variant: "rs1", Allele: "A", As: "rs1_A"}}, true},
		"last":                    {with(diabetes, func(p *made) { p.How, p.Concept, p.Order = Last, "value", "days" }), true},
		"unknown step":            {[]made{{Op: "sql"}}, false},
		"too many":                {slices.Repeat([]made{{Op: Filter, Where: hdl.Where}}, 65), false},
		"filter of nothing":       {[]made{{Op: Filter}}, false},
		"filter with a name":      {[]made{{Op: Filter, Where: hdl.Where, As: "x"}}, false},
		"identifier as condition": {with(diabetes, func(p *made) { p.Where = []vocabulary.Condition{{Concept: Person, Op: In, Levels: []string{"1"}}} }), false},
		"identifier as value":     {with(diabetes, func(p *made) { p.How, p.Concept = Max, Person }), false},
		"makes the identifier":    {with(diabetes, func(p *made) { p.As = Person }), false},
		"makes twice":             {[]made{ages, ages}, false},
		"mean of nothing":         {with(diabetes, func(p *made) { p.How = Mean }), false},
		"any of a value":          {with(diabetes, func(p *made) { p.Concept = "value" }), false},
		"last without order":      {with(diabetes, func(p *made) { p.How, p.Concept = Last, "value" }), false},
		"falling cuts":            {[]made{{Op: Derive, Concept: "age", Cuts: []string{"60", "40"}, Levels: ages.Levels, As: "x"}}, false},
		"too few levels":          {[]made{{Op: Derive, Concept: "age", Cuts: []string{"40"}, Levels: ages.Levels, As: "x"}}, false},
		"a level twice":           {[]made{{Op: Derive, Concept: "age", Cuts: []string{"40"}, Levels: []string{"a", "a"}, As: "x"}}, false},
		"cuts and conditions":     {[]made{{Op: Derive, Concept: "age", Cuts: []string{"40"}, Levels: []string{"a", "b"}, Where: hdl.Where, As: "x"}}, false},
		"number among levels":     {[]made{{Op: Filter, Where: []vocabulary.Condition{{Concept: "age", Op: In, Value: "4"}}}}, false},
		"levels compared":         {[]made{{Op: Filter, Where: []vocabulary.Condition{{Concept: "age", Op: LT, Levels: []string{"4"}}}}}, false},
		"unknown condition":       {[]made{{Op: Filter, Where: []vocabulary.Condition{{Concept: "age", Op: "like", Value: "4"}}}}, false},
		"never linked":            {[]made{diabetes}, false},
		"prepared after the link": {[]made{diabetes, events, diabetes}, false},
	} {
		if err := CheckPrepared(c.steps, []asked{{Kind: Count}}); (err == nil) != c.good || err != nil && !errors.Is(err, ErrAsked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckPrepared(nil, []asked{{Kind: Count, By: []string{Person}}}); !errors.Is(err, ErrAsked) {
		t.Errorf("a count by the identifier: %v", err)
	}
}

func TestNeedsAreOfTheDatasetThatHasThem(t *testing.T) {
	all := []asked{{Kind: Count, By: []string{"age-group", "diabetes"}}, {Kind: Summary, Measure: "hdl", By: []string{"sex"}}}
	prepare := []made{diabetes, events, hdl, tests, ages}
	want := []Need{{Concepts: []string{"age", "sex"}}, {Dataset: "events", Concepts: []string{"diagnosis"}, Aggregated: true},
		{Dataset: "laboratory", Concepts: []string{"value", "test", "days"}, Aggregated: true}}
	if got := Needs(prepare, all); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := Asked(prepare, all); !slices.Equal(got, []string{"age", "sex", "diagnosis", "value", "test", "days"}) {
		t.Errorf("asked %v", got)
	}
	if got := Linked(prepare); !slices.Equal(got, []string{"events", "laboratory"}) {
		t.Errorf("linked %v", got)
	}
}

func TestADigestIsOfAllThatAStepSays(t *testing.T) {
	other := hdl
	other.Where = []vocabulary.Condition{hdl.Where[0], {Concept: "days", Op: LT, Value: "0"}}
	if again := hdl; Digest(again) != Digest(hdl) || Digest(hdl) == Digest(other) {
		t.Error("digests do not tell steps apart")
	}
}
