package combine

import (
	"fmt"
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// polygenicScore sets the groups of the sites beside each other. They are put together only where that was asked for:
// how often an allele is differs between populations, and so does the mean of a score, without any meaning for the
// outcome.
func polygenicScore(asked vocabulary.Analysis, parts []part) (outputs.Result, error) {
	var out outputs.PolygenicScore
	var dropped []outputs.Dropped
	for s, p := range parts {
		r, ok := p.result.(outputs.PolygenicScore)
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		case s == 0:
			out = outputs.PolygenicScore{By: r.By, Weights: r.Weights, Groups: []outputs.ScoreGroup{}}
		case r.By != out.By || !slices.Equal(r.Weights, out.Weights):
			return nil, fmt.Errorf("%w: %s has other weights or groups than %s", ErrDifferent, p.site, parts[0].site)
		}
		out.Sites = append(out.Sites, outputs.SiteScores{Site: p.site, OutputDigest: p.digest, Groups: r.Groups})
		dropped = append(dropped, r.Dropped)
	}
	out.Dropped = droppedOf(dropped)
	if analyses.Combining(asked) == analyses.Pooled {
		return pooled(out)
	}
	return out, nil
}

func pooled(out outputs.PolygenicScore) (outputs.Result, error) {
	for _, first := range out.Sites[0].Groups {
		var same []outputs.ScoreGroup
		for _, site := range out.Sites {
			at := slices.IndexFunc(site.Groups, func(g outputs.ScoreGroup) bool { return g.Level == first.Level })
			if at < 0 || len(site.Groups) != len(out.Sites[0].Groups) {
				return nil, fmt.Errorf("%w: other levels of %s", ErrDifferent, out.By)
			}
			same = append(same, site.Groups[at])
		}
		out.Groups = append(out.Groups, pool(first.Level, same))
	}
	return out, nil
}

// pool is mean and spread of all people of the groups: squares around the common mean are those around each group's,
// and n times the square of how far that lies off.
func pool(level string, groups []outputs.ScoreGroup) outputs.ScoreGroup {
	out, sum, squares := outputs.ScoreGroup{Level: level}, 0.0, 0.0
	for _, g := range groups {
		out.N, sum = out.N+g.N, sum+float64(g.N)*g.Mean
	}
	if out.N == 0 {
		return out
	}
	out.Mean = sum/float64(out.N) + 0
	for _, g := range groups {
		squares += float64(g.N-1)*g.SD*g.SD + float64(g.N)*(g.Mean-out.Mean)*(g.Mean-out.Mean)
	}
	if out.N > 1 {
		out.SD = math.Sqrt(squares / float64(out.N-1))
	}
	return out
}
