package relations_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/services/identity/internal/relations"
)

var update = flag.Bool("update", false, "write compose/ory/namespaces.keto.ts from the model")

// settings is the folder of what real servers are started with.
var settings = filepath.Join("..", "..", "..", "..", "compose", "ory")

func TestTheFileOfARealKetoIsTheModel(t *testing.T) {
	file := filepath.Join(settings, "namespaces.keto.ts")
	want := relations.Model().OPL()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the model says: run go test ./services/identity/internal/relations -update", file)
	}
}

func TestNoCheckOfTheModelReachesTheDepthLimitOfARealKeto(t *testing.T) {
	depth, err := relations.Model().Depth()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(settings, "keto.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var keto struct {
		Limit struct {
			MaxReadDepth int `yaml:"max_read_depth"`
		} `yaml:"limit"`
	}
	if err := yaml.Unmarshal(raw, &keto); err != nil {
		t.Fatal(err)
	}
	if depth >= keto.Limit.MaxReadDepth {
		t.Errorf("checks take up to %d steps, keto.yml allows %d", depth, keto.Limit.MaxReadDepth)
	}
}

func TestEveryRoleIsARelationOfASite(t *testing.T) {
	for _, n := range relations.Model() {
		if n.Name != "Site" {
			continue
		}
		for _, role := range relations.Roles() {
			if !slices.Equal(n.Relations[role], []string{"User"}) {
				t.Errorf("%s takes %v", role, n.Relations[role])
			}
		}
		if len(n.Relations) != len(relations.Roles()) {
			t.Errorf("a site has %d relations and %d roles", len(n.Relations), len(relations.Roles()))
		}
	}
}
