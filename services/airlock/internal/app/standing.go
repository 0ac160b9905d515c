package app

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// standing is what reviewers approved with the first round of a question: its later rounds, which differ from it in
// their parameters alone. A review by people of each of them would never end.
type standing struct {
	Release  string    `json:"release"`  // whose reviewers approved it
	Round    int       `json:"round"`    // the last that went out under it; a later one has a higher number
	Times    int       `json:"times"`    // how many did
	Until    time.Time `json:"until"`    // the release's own validity
	Findings []string  `json:"findings"` // that the reviewers saw and approved nevertheless
}

// standings are by what they cover, see covers.
const standings store.Kind[standing] = "standing"

// covers names what an approval of one answer covers: the question and the people that it is about, its study, author,
// permit and destination, and the data that it was computed from. It is empty for an answer that is of no round.
func covers(p pending, dataset string, result documents.Result) (key string, round int, err error) {
	r, ok := result.(documents.InRounds)
	if !ok || p.Output.StudyID == "" || p.Output.JobID == "" {
		return "", 0, nil
	}
	o := p.Output
	text, err := json.Marshal([]any{o.StudyID, o.ProjectID, o.Author, o.PermitID, o.Destination, dataset, o.Lineage, r.Question()}, json.Deterministic(true))
	round, _ = r.Asked()
	return documents.Digest(text), round, err
}

// note keeps what the reviewers of a release approved beside it.
func (a airlock) note(tx *run.Tx, id string, p pending) error {
	document, err := a.document(tx, p.Output.Claim.Digest)
	if err != nil {
		return err
	}
	for _, result := range document.Results {
		key, round, err := covers(p, document.Dataset, result)
		if err != nil || key == "" {
			if err != nil {
				return err
			}
			continue
		}
		if err := standings.Put(tx.Tx, key, standing{Release: id, Round: round, Findings: p.Findings,
			Until: tx.Profile().Release.ValidFor.After(tx.Now())}); err != nil {
			return err
		}
	}
	return nil
}

// covered tells under which release this one is approved already; none if people have to look. All that it holds must be
// later rounds of what one release covers, and no rule may ask for more than its reviewers saw.
func (a airlock) covered(tx *run.Tx, p pending) (by string, err error) {
	if tx.Profile().Review.Rounds == profile.EachRound {
		return "", nil
	}
	document, err := a.document(tx, p.Output.Claim.Digest)
	if err != nil {
		return "", err
	}
	now := map[string]standing{}
	for _, result := range document.Results {
		key, round, err := covers(p, document.Dataset, result)
		if err != nil || key == "" {
			return "", err
		}
		s, found, err := standings.Get(tx.Tx, key)
		switch {
		case err != nil:
			return "", err
		case !found, round <= s.Round, s.Times >= rounds.Most, !tx.Now().Before(s.Until), by != "" && by != s.Release:
			return "", nil
		}
		for _, rule := range p.Findings {
			if !slices.Contains(s.Findings, rule) {
				return "", nil
			}
		}
		by, s.Round, s.Times = s.Release, round, s.Times+1
		now[key] = s
	}
	// A release that was revoked no longer stands for others.
	if first, _, err := releases.Get(tx.Tx, by); err != nil || first.Domain.Status != release.Approved {
		return "", err
	}
	for key, s := range now {
		if err := standings.Put(tx.Tx, key, s); err != nil {
			return "", err
		}
	}
	return by, nil
}

// approveCovered decides about a later round as its first round was decided about.
func (a airlock) approveCovered(tx *run.Tx, id, by string, p pending) error {
	first, _, err := releases.Get(tx.Tx, by)
	if err != nil {
		return err
	}
	p.CoveredBy = by
	p.Domain.Opinions = first.Domain.Opinions
	if err := p.Domain.Take(release.Cover); err != nil {
		return refusal(err)
	}
	return a.approve(tx, id, p)
}

// rulesOf lists the rules that found something, each once.
func rulesOf(r disclosure.Report) (rules []string) {
	for _, f := range r.Findings {
		if !slices.Contains(rules, string(f.Rule)) {
			rules = append(rules, string(f.Rule))
		}
	}
	return rules
}
