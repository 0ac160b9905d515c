package combine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// newton adds the sites' gradients and informations and takes Newton's step. A cox
// model is stratified by site: of no other do partial likelihoods add up.
//
// Cox across sites is stratified by site.
type newton struct{}

// noted is what newton keeps between rounds.
type noted struct {
	Memory rounds.Memory `json:"memory"`
	At     []float64     `json:"at"`             // what was asked
	Sites  []string      `json:"sites,omitzero"` // of site effects: whose intercepts come first in At
	Still  bool          `json:"still"`          // it was settled there
}

func (newton) next(asked vocabulary.Analysis, parts []part, notes jsontext.Value) (step, error) {
	n, err := readNotes(notes)
	if err != nil {
		return step{}, err
	}
	var sites []string // whose effects are estimated
	summed := parts
	if analyses.Combining(asked) == analyses.SiteEffects {
		sites = sitesOf(parts)
		if summed, err = beside(sites, parts); err != nil {
			return step{}, err
		}
	}
	total, sum, err := sumParts(summed)
	if err != nil {
		return step{}, err
	}
	if n.At != nil && !slices.Equal(n.wanted(sites), sum.At) {
		return step{}, fmt.Errorf("%w: the parts are at other parameters than asked", ErrDifferent)
	}
	fit, next, memory, err := rounds.Advance(asked.Kind, sum, n.Memory, names(parts))
	if err != nil {
		return step{}, err
	}
	if fit == nil {
		return remember(noted{Memory: memory, At: next, Sites: sites}, nil)
	}
	still := noted{Memory: memory, At: sum.At, Sites: sites, Still: true}
	if len(sites) > 0 {
		total, *fit = effects(sites, parts, total, *fit)
	}
	model := rounds.Model(total.Regression, total.Terms, *fit, student)
	model.Method, model.Rounds = analyses.Combining(asked), total.Round
	for _, p := range parts {
		model.From = append(model.From, p.source(p.result.(outputs.ModelPart).N))
	}
	return remember(still, model)
}

func (newton) shorten(notes jsontext.Value) (step, error) {
	n, err := readNotes(notes)
	if err != nil {
		return step{}, err
	}
	if n.Still {
		s, err := remember(n, nil)
		if err == nil {
			err = errStill
		}
		return s, err
	}
	next, memory, err := n.Memory.Shorten()
	if err != nil {
		return step{}, err
	}
	return remember(noted{Memory: memory, At: next, Sites: n.Sites}, nil)
}

func readNotes(notes jsontext.Value) (n noted, err error) {
	if len(notes) == 0 {
		return n, nil
	}
	if err := json.Unmarshal(notes, &n); err != nil {
		return n, fmt.Errorf("read the notes of the round before: %w", err)
	}
	return n, nil
}

func remember(n noted, result outputs.Result) (step, error) {
	notes, err := json.Marshal(n)
	if err != nil {
		return step{}, fmt.Errorf("write the notes of a round: %w", err)
	}
	return step{result: result, at: n.At, own: n.own(), notes: notes}, nil
}

// names tell whose parts a sum is of.
func names(parts []part) string {
	var all []string
	for _, p := range parts {
		all = append(all, p.site+"/"+p.document.Dataset)
	}
	return strings.Join(all, " ")
}

func student(t float64, df int) float64 {
	if df < 1 {
		return 1
	}
	return 2 * distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Survival(max(t, -t))
}

// sumParts adds the parts of one question at the same parameters.
func sumParts(parts []part) (total outputs.ModelPart, sum rounds.Sum, err error) {
	for i, p := range parts {
		one, ok := p.result.(outputs.ModelPart)
		if !ok {
			return total, sum, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		if i == 0 {
			total, sum = one, rounds.Sum{}
			sum.Add(one)
			continue
		}
		if why := apart(total, one); why != "" {
			return total, sum, fmt.Errorf("%s against %s: %w: other %s", p.site, parts[0].site, ErrDifferent, why)
		}
		sum.Add(one)
		total.N, total.Events, total.Strata = total.N+one.N, total.Events+one.Events, total.Strata+one.Strata
		total.Levels = addLevels(total.Levels, one.Levels)
	}
	return total, sum, nil
}

// apart says in what two parts are of different questions.
func apart(a, b outputs.ModelPart) string {
	switch {
	case a.Analysis != b.Analysis || a.Outcome != b.Outcome || a.Time != b.Time || a.Event != b.Event || a.Stratum != b.Stratum:
		return "outcome, time, event or stratum"
	case !slices.Equal(a.Terms, b.Terms):
		return "terms"
	case a.Round != b.Round || !slices.Equal(a.At, b.At):
		return "round or parameters"
	}
	return ""
}

// addLevels adds the sizes of levels. A concept whose levels differ is left out:
// a number may have two values at one site and more at another.
func addLevels(a, b []outputs.LevelSize) []outputs.LevelSize {
	of := func(all []outputs.LevelSize, concept string) (labels []string) {
		for _, l := range all {
			if l.Concept == concept {
				labels = append(labels, l.Level)
			}
		}
		return labels
	}
	out := []outputs.LevelSize{}
	for _, l := range a {
		if !slices.Equal(of(a, l.Concept), of(b, l.Concept)) {
			continue
		}
		k := slices.IndexFunc(b, func(m outputs.LevelSize) bool { return m.Concept == l.Concept && m.Level == l.Level })
		l.N += b[k].N
		out = append(out, l)
	}
	return out
}
