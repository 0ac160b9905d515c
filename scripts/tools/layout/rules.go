package main

import (
	"path"
	"slices"
	"strings"
)

const root = "github.com/fairway-tre/fairway/"

// layer says what of ours the packages of one part of the tree may import. The first layer that fits a package counts.
type layer struct {
	of   string   // pattern of the path below the root; X/... is X and all below, * one element
	may  []string // the same; SELF stands for the two first elements of the importing package's path
	what string   // the rule in words
}

var layers = []layer{
	{"contracts/...", []string{"contracts/..."}, "contracts import nothing else of ours"},
	{"services/platform/...", []string{"contracts/...", "services/platform/..."}, "the platform knows contracts and no service"},
	{"services/...", []string{"contracts/...", "services/platform/...", "SELF/..."}, "a service imports contracts, the platform and itself: services speak in events"},
	{"federation/site", []string{"contracts/...", "services/platform/...", "services/*", "federation/..."}, "federation/site wires the services by their roots"},
	{"federation/...", []string{"contracts/...", "services/platform/...", "federation/..."}, "the federation imports contracts, the platform and itself; only federation/site wires services"},
	{"features/cmd/...", []string{"..."}, "the wiring of everything"},
	{"features/...", []string{"contracts/...", "features/..."}, "the judge knows contracts and itself: it must be able to judge a TRE that shares no code with us"},
}

// thirdParty lists what contracts may use beside the standard library, and nothing more: whoever speaks with a site
// takes these along.
var thirdParty = []string{
	"github.com/go-json-experiment/json", "github.com/oklog/ulid/v2", "github.com/santhosh-tekuri/jsonschema/v6",
	"go.yaml.in/yaml/v3", "golang.org/x/mod/sumdb",
}

// outside lists the packages below internal/ that reach the outside: files, sockets, other programs, the platform. Every
// other one is a domain package and imports the standard library alone.
var outside = []string{
	"services/*/internal/app",
	"services/identity/internal/door",
	"services/identity/internal/relations/...",
	"services/identity/internal/signin/...",
	"services/workspace/internal/holdings",
	"federation/internal/app",
	"federation/internal/border",
	"federation/internal/external",
	"federation/internal/provision",
}

// numeric lists the domain packages that compute on output documents: they may also use these documents, what is asked
// for and gonum.
var numeric = []string{
	"services/airlock/internal/disclosure",
	"services/workspace/internal/analysis",
	"federation/internal/study/combine",
}

var numericMay = []string{root + "contracts/outputs", root + "contracts/analyses", root + "contracts/rounds", root + "contracts/suppression", root + "contracts/vocabulary",
	root + "services/workspace/internal/genotypes", "github.com/go-json-experiment/json", "gonum.org/v1/gonum"}

// kafkaClients lists where bare readers and writers of kafka-go are allowed. Everybody else publishes and subscribes
// through the bus.
var kafkaClients = []string{"services/platform/bus", "features/harness"}

// domain reports whether a package of ours is a domain package.
func domain(p string) bool {
	inside := fits("services/*/internal/...", p) || fits("federation/internal/...", p)
	return inside && !fitsAny(outside, p)
}

func layerOf(p string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool { return fits(l.of, p) })
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

func (l layer) allows(from, to string) bool {
	parts := strings.SplitN(from, "/", 3)
	self := strings.Join(parts[:min(2, len(parts))], "/")
	return slices.ContainsFunc(l.may, func(pattern string) bool { return fits(strings.Replace(pattern, "SELF", self, 1), to) })
}

func fitsAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return fits(pattern, p) })
}

// fits matches element by element; "/..." at the end takes any rest, an empty one too.
func fits(pattern, p string) bool {
	if pattern == "..." {
		return true
	}
	prefix, deep := strings.CutSuffix(pattern, "/...")
	if !deep {
		ok, err := path.Match(pattern, p)
		return ok && err == nil
	}
	want, have := strings.Split(prefix, "/"), strings.Split(p, "/")
	if len(have) < len(want) {
		return false
	}
	ok, err := path.Match(prefix, strings.Join(have[:len(want)], "/"))
	return ok && err == nil
}

// under reports whether an import path is one of the list or below one.
func under(list []string, p string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return p == l || strings.HasPrefix(p, l+"/") })
}

func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}
