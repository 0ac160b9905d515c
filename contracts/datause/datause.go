// Package datause holds what data are wanted for against the conditions on their use, both in terms of the Data Use
// Ontology (DUO), so that a holder's site and whoever plans a study read them alike. It does no I/O.
package datause

import (
	"slices"
	"strings"
	"time"
)

// Result of a match, in the words of DUOS v4.
type Result string

// The results. Only people say yes in the end: Approve says that no condition speaks against it.
const (
	Approve Result = "APPROVE"
	Deny    Result = "DENY"
	Abstain Result = "ABSTAIN" // a condition that people must read
)

// Purpose is what data are wanted for.
type Purpose struct {
	Uses       []string // NRES, GRU, HMB, POA, NMDS or DS:<disease>
	Commercial bool     // for an industry partner
	Host       string   // site responsible for the project
	Now, Until time.Time
}

// uses are the terms that a purpose can be said in.
var uses = []string{"NRES", "GRU", "HMB", "POA", "NMDS", "DS"}

// conditions has each term of a record and what it means; arg is what follows the colon.
var conditions = map[string]func(arg string, p Purpose) Result{
	// permissions
	"NRES": func(string, Purpose) Result { return Approve }, // DUO:0000004 no restriction
	"GRU":  research,                                        // DUO:0000042 general research use
	"HMB":  healthResearch,                                  // DUO:0000006 health, medical, biomedical research
	"DS":   disease,                                         // DUO:0000007 disease-specific research
	"POA":  ancestry,                                        // DUO:0000011 population origins or ancestry research
	// modifiers
	"NPU":    notCommercial,                        // DUO:0000045 not-for-profit organisation use only
	"NCU":    notCommercial,                        // DUO:0000046 non-commercial use only
	"NPUNCU": notCommercial,                        // DUO:0000018 both
	"NPOA":   denying("POA"),                       // DUO:0000044 no population origins or ancestry research
	"NMDS":   denying("NMDS"),                      // DUO:0000015 no general methods research
	"TS":     timeLimit,                            // DUO:0000025 time limit, in months
	"IS":     institution,                          // DUO:0000028 institution-specific
	"PUB":    people, "COL": people, "IRB": people, // DUO:0000019, 20, 21
	"GS": people, "MOR": people, "US": people, "PS": people, // DUO:0000022, 24, 26, 27
	"RTN": people, "RS": people, "GSO": people, "CC": people, // DUO:0000029, 12, 16, 43
}

// Match says how a purpose stands to the conditions of a record, and which term decides. One denial denies; a term
// that is not known, or none at all, is for people.
//
// DUOS v4 (DataBiosphere/consent-ontology, Algorithms): APPROVE, DENY, ABSTAIN.
func Match(record []string, p Purpose) (result Result, term string) {
	result = Approve
	if len(record) == 0 {
		return Abstain, ""
	}
	for _, t := range record {
		code, arg, _ := strings.Cut(t, ":")
		judge, known := conditions[code]
		if !known {
			judge = people
		}
		switch judge(arg, p) {
		case Deny:
			return Deny, t
		case Abstain:
			if result == Approve {
				result, term = Abstain, t
			}
		}
	}
	return result, term
}

func people(string, Purpose) Result { return Abstain }

func research(_ string, p Purpose) Result { return unless(len(p.Uses) == 0, Approve) }

// every judges each use of a purpose; a purpose that says none is for people.
func every(p Purpose, allowed func(code, arg string) bool) Result {
	for _, u := range p.Uses {
		code, arg, _ := strings.Cut(u, ":")
		if !slices.Contains(uses, code) {
			return Abstain
		}
		if !allowed(code, arg) {
			return Deny
		}
	}
	return unless(len(p.Uses) == 0, Approve)
}

func healthResearch(_ string, p Purpose) Result {
	return every(p, func(code, _ string) bool { return code == "HMB" || code == "DS" || code == "NMDS" })
}

func disease(of string, p Purpose) Result {
	return every(p, func(code, arg string) bool { return code == "DS" && arg == of || code == "NMDS" })
}

func ancestry(_ string, p Purpose) Result {
	return every(p, func(code, _ string) bool { return code == "POA" })
}

func notCommercial(_ string, p Purpose) Result {
	if p.Commercial {
		return Deny
	}
	return Approve
}

func denying(use string) func(string, Purpose) Result {
	return func(_ string, p Purpose) Result {
		if slices.Contains(p.Uses, use) {
			return Deny
		}
		return Approve
	}
}

func timeLimit(months string, p Purpose) Result {
	n := 0
	for _, c := range months {
		if c < '0' || c > '9' || n > 1200 {
			return Abstain
		}
		n = 10*n + int(c-'0')
	}
	if n == 0 {
		return Abstain
	}
	if p.Until.After(p.Now.AddDate(0, n, 0)) {
		return Deny
	}
	return Approve
}

// institution allows the sites of a list such as denbi+trust.
func institution(sites string, p Purpose) Result {
	if sites != "" && !slices.Contains(strings.Split(sites, "+"), p.Host) {
		return Deny
	}
	return unless(sites == "", Approve)
}

func unless(unsure bool, r Result) Result {
	if unsure {
		return Abstain
	}
	return r
}
