package sites_test

import (
	"testing"

	kinds "github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/federation/sites"
)

func TestRegistriesOfToolsHoldThePresentDescriptions(t *testing.T) {
	held := 0
	for _, name := range sites.Names() {
		p := load(t, name)
		for _, tool := range p.Tools {
			held++
			if want := kinds.Tool(tool.Kind); tool.Digest != want {
				t.Errorf("%s.yaml registers %s by %s, it is %s now: fairway contracts tools", name, tool.Kind, tool.Digest, want)
			}
		}
		if len(p.Tools) > 0 && len(p.Tools) != len(p.Analyses.Catalogued) {
			t.Errorf("%s.yaml catalogues %v and registers %d tools", name, p.Analyses.Catalogued, len(p.Tools))
		}
	}
	if held == 0 {
		t.Fatal("no site has a registry")
	}
}
