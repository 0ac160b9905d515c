package datause

import (
	"testing"
	"time"
)

func TestConditionsOnTheUseOfDataAreMatched(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		record  []string
		purpose Purpose
		want    Result
		term    string
	}{
		"no condition was given":            {nil, Purpose{Uses: []string{"HMB"}}, Abstain, ""},
		"no restriction":                    {[]string{"NRES"}, Purpose{}, Approve, ""},
		"general research, purpose unsaid":  {[]string{"GRU"}, Purpose{}, Abstain, "GRU"},
		"general research":                  {[]string{"GRU"}, Purpose{Uses: []string{"POA"}}, Approve, ""},
		"health research for a disease":     {[]string{"HMB"}, Purpose{Uses: []string{"DS:MONDO_7254"}}, Approve, ""},
		"health research for ancestry":      {[]string{"HMB"}, Purpose{Uses: []string{"HMB", "POA"}}, Deny, "HMB"},
		"a disease for itself":              {[]string{"DS:MONDO_7254"}, Purpose{Uses: []string{"DS:MONDO_7254"}}, Approve, ""},
		"a disease for another":             {[]string{"DS:MONDO_7254"}, Purpose{Uses: []string{"DS:MONDO_1"}}, Deny, "DS:MONDO_7254"},
		"a disease for any health research": {[]string{"DS:MONDO_7254"}, Purpose{Uses: []string{"HMB"}}, Deny, "DS:MONDO_7254"},
		"ancestry for health research":      {[]string{"POA"}, Purpose{Uses: []string{"HMB"}}, Deny, "POA"},
		"a purpose that nobody knows":       {[]string{"HMB"}, Purpose{Uses: []string{"XYZ"}}, Abstain, "HMB"},
		"non-profit to a company":           {[]string{"GRU", "NPU"}, Purpose{Uses: []string{"HMB"}, Commercial: true}, Deny, "NPU"},
		"non-profit to others":              {[]string{"GRU", "NPU"}, Purpose{Uses: []string{"HMB"}}, Approve, ""},
		"denied though another is unsure":   {[]string{"IRB", "NCU"}, Purpose{Uses: []string{"HMB"}, Commercial: true}, Deny, "NCU"},
		"an ethics board must see it":       {[]string{"GRU", "IRB"}, Purpose{Uses: []string{"HMB"}}, Abstain, "IRB"},
		"a country is for people":           {[]string{"GRU", "GS:NL"}, Purpose{Uses: []string{"HMB"}}, Abstain, "GS:NL"},
		"an unknown condition":              {[]string{"GRU", "DUO_0000099"}, Purpose{Uses: []string{"HMB"}}, Abstain, "DUO_0000099"},
		"within the time limit":             {[]string{"GRU", "TS:12"}, Purpose{Uses: []string{"HMB"}, Now: now, Until: now.AddDate(1, 0, 0)}, Approve, ""},
		"beyond the time limit":             {[]string{"GRU", "TS:12"}, Purpose{Uses: []string{"HMB"}, Now: now, Until: now.AddDate(1, 0, 1)}, Deny, "TS:12"},
		"a time limit that is no number":    {[]string{"GRU", "TS:soon"}, Purpose{Uses: []string{"HMB"}}, Abstain, "TS:soon"},
		"the institution itself":            {[]string{"GRU", "IS:denbi"}, Purpose{Uses: []string{"HMB"}, Host: "denbi"}, Approve, ""},
		"one of two institutions":           {[]string{"GRU", "IS:trust+denbi"}, Purpose{Uses: []string{"HMB"}, Host: "denbi"}, Approve, ""},
		"another institution":               {[]string{"GRU", "IS:denbi"}, Purpose{Uses: []string{"HMB"}, Host: "trust"}, Deny, "IS:denbi"},
		"no methods research":               {[]string{"GRU", "NMDS"}, Purpose{Uses: []string{"NMDS"}}, Deny, "NMDS"},
	} {
		got, term := Match(c.record, c.purpose)
		if got != c.want || term != c.term {
			t.Errorf("%s: %s by %q, not %s by %q", name, got, term, c.want, c.term)
		}
	}
}
