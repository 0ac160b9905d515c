package steps

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestAManifestIsReadByTheDatasetsOfASite(t *testing.T) {
	s := &study{name: "insurance", targets: []vocabulary.DatasetRef{{Site: "tsd", DatasetID: "northeast"}, {Site: "canpath", DatasetID: "south"},
		{Site: "canpath", DatasetID: "west"}}}
	entry := func(site, dataset, outcome, reason string) vocabulary.ManifestEntry {
		return vocabulary.ManifestEntry{Site: site, DatasetID: dataset, Outcome: outcome, Reason: reason}
	}
	row := func(site, dataset, outcome, reason string) map[string]string {
		return map[string]string{"site": site, "dataset": dataset, "outcome": outcome, "reason": reason}
	}
	manifest := []vocabulary.ManifestEntry{entry("tsd", "northeast", "returned", ""), entry("canpath", "south", "returned", ""),
		entry("canpath", "west", "refused", "beyond-permit")}
	tsd, south, west := row("tsd", "", "returned", ""), row("canpath", "south", "returned", ""), row("canpath", "west", "refused", "beyond-permit")
	for name, c := range map[string]struct {
		expected []map[string]string
		same     bool
	}{
		"the same, the one dataset of a site unsaid": {[]map[string]string{tsd, south, west}, true},
		"in another order":                           {[]map[string]string{west, tsd, south}, true},
		"the refusal is of the other dataset":        {[]map[string]string{tsd, row("canpath", "south", "refused", "beyond-permit"), row("canpath", "west", "returned", "")}, false},
		"a dataset is left out":                      {[]map[string]string{tsd, south}, false},
		"a dataset that nobody asked":                {[]map[string]string{tsd, south, row("canpath", "north", "refused", "beyond-permit")}, false},
		"of two datasets it is not said which":       {[]map[string]string{tsd, south, row("canpath", "", "refused", "beyond-permit")}, false},
		"another reason":                             {[]map[string]string{tsd, south, row("canpath", "west", "refused", "variable-unknown")}, false},
	} {
		if err := s.differs(manifest, c.expected); (err == nil) != c.same {
			t.Errorf("%s: %v", name, err)
		}
	}
}
