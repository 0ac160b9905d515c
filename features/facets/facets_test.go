package facets_test

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	gherkin "github.com/cucumber/gherkin/go/v26"

	"github.com/fairway-tre/fairway/features"
	"github.com/fairway-tre/fairway/features/facets"
	"github.com/fairway-tre/fairway/features/invariants"
)

// tagged lists the scenarios below a folder with their tags, those of their feature too.
func tagged(t *testing.T, folder string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := fs.WalkDir(features.Files, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".feature") {
			return err
		}
		text, err := fs.ReadFile(features.Files, name)
		if err != nil {
			return err
		}
		id := func() string { return "" }
		document, err := gherkin.ParseGherkinDocument(bytes.NewReader(text), id)
		if err != nil {
			return err
		}
		for _, p := range gherkin.Pickles(*document, name, id) {
			var tags []string
			for _, tag := range p.Tags {
				tags = append(tags, tag.Name)
			}
			all[name+": "+p.Name] = tags
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryScenarioOfTheDriversAndOfTheRulesShowsALayerAndASafe(t *testing.T) {
	for _, folder := range []string{"drivers", "conformance"} {
		all := tagged(t, folder)
		if len(all) == 0 {
			t.Errorf("%s has no scenario", folder)
		}
		for name, tags := range all {
			if _, err := facets.OfScenario(tags); err != nil {
				t.Errorf("%s: %v: tag it @layer:… and @safe:…, or give one of its requirements %v a line in facets/facets.csv", name, err, tags)
			}
		}
	}
}

func TestEveryFacetIsShownByADriver(t *testing.T) {
	shown := facets.Shown{}
	for _, tags := range tagged(t, "drivers") {
		s, _ := facets.OfScenario(tags)
		shown.Layers, shown.Safes = append(shown.Layers, s.Layers...), append(shown.Safes, s.Safes...)
	}
	for _, f := range slices.Concat(facets.Layers(), facets.Safes()) {
		if !shown.Has(f.ID) {
			t.Errorf("no driver scenario shows %s", f.ID)
		}
	}
}

func TestEveryLawShowsALayerAndASafe(t *testing.T) {
	for _, law := range invariants.New(nil, nil).Judge() {
		if _, err := facets.OfLaw(law.Name); err != nil {
			t.Error(err)
		}
	}
	if _, err := facets.OfLaw("no such law"); !errors.Is(err, facets.ErrNowhere) {
		t.Errorf("a law that is not in the table: %v", err)
	}
}

func TestTagsAddToWhatRequirementsGive(t *testing.T) {
	for name, c := range map[string]struct {
		tags   []string
		layers string
		safes  string
		err    string
	}{
		"a requirement":        {[]string{"@driver", "@REQ-EHDS-68"}, "legal organisational", "projects", ""},
		"a part of one":        {[]string{"@REQ-SATRE-3.3.05"}, "organisational", "outputs", ""},
		"tags alone":           {[]string{"@safe:data", "@layer:semantic"}, "semantic", "data", ""},
		"both, in their order": {[]string{"@REQ-SATRE-3.3", "@layer:legal", "@layer:organisational", "@safe:people"}, "legal organisational", "people outputs", ""},
		"nothing":              {[]string{"@driver"}, "", "", "no layer"},
		"a layer alone":        {[]string{"@layer:legal"}, "legal", "", "no layer"},
		"an unknown one":       {[]string{"@REQ-NONE-9.9"}, "", "", "no layer"},
		"a word that is none":  {[]string{"@layer:moral", "@safe:data"}, "", "", `no layer is called "moral": legal, organisational, semantic, technical`},
	} {
		got, err := facets.OfScenario(c.tags)
		if strings.Join(got.Layers, " ") != c.layers || strings.Join(got.Safes, " ") != c.safes {
			t.Errorf("%s: %v", name, got)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, expected %q", name, err, c.err)
		}
	}
}
