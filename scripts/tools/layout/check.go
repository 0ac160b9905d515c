package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// unit is what "go list -json" says about a package.
type unit struct {
	ImportPath, Dir                    string
	Imports, TestImports, XTestImports []string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

func (u unit) path() string { return strings.TrimPrefix(u.ImportPath, root) }

// finding is one broken rule.
type finding struct{ where, what, remedy string }

func (f finding) String() string { return f.where + ": " + f.what + "\n\tdo: " + f.remedy }

// judge checks what a package imports.
func judge(u unit) []finding {
	l, ok := layerOf(u.path())
	if !ok {
		return []finding{{u.path(), "it lies in no layer of the layout", "put it below contracts, services, federation or features"}}
	}
	var all []finding
	for _, to := range u.Imports {
		all = append(all, between(l, u, to)...)
		all = append(all, ofProduct(u, to)...)
	}
	for _, to := range append(u.TestImports, u.XTestImports...) {
		all = append(all, between(l, u, to)...)
	}
	return all
}

// between holds for tests too: a test that reaches across a boundary keeps it from ever being cut.
func between(l layer, u unit, to string) []finding {
	below, ours := strings.CutPrefix(to, root)
	if !ours || l.allows(u.path(), below) {
		return nil
	}
	return []finding{{u.path(), "imports " + below + ", but " + l.what, "say it by an event, or move what both need to contracts or the platform"}}
}

// ofProduct holds for what is shipped, not for tests.
func ofProduct(u unit, to string) []finding {
	var all []finding
	add := func(what, remedy string) { all = append(all, finding{u.path(), what, remedy}) }
	if to == "encoding/json" {
		add("imports encoding/json, which takes repeated and misspelt member names", "use github.com/go-json-experiment/json, or contracts/strict for what comes from outside")
	}
	if strings.HasPrefix(to, "github.com/testcontainers/") {
		add("imports testcontainers in what is shipped", "use it in tests only")
	}
	if fits("contracts/...", u.path()) && !standard(to) && !strings.HasPrefix(to, root) && !under(thirdParty, to) {
		add("imports "+to+", which contracts do not depend on", "do without it, or add it to thirdParty with a reason that holds for everybody who speaks with a site")
	}
	if !domain(u.path()) || standard(to) || strings.HasPrefix(to, root+u.path()+"/") {
		return all
	}
	if fitsAny(numeric, u.path()) && under(numericMay, to) {
		return all
	}
	add("imports "+to+", but it is a domain package: standard library only", "hand in what it needs from internal/app, or list it as outside if it is no domain package")
	return all
}

// kafkaNames are the clients of kafka-go that decide by themselves what is acknowledged and what is committed.
var kafkaNames = map[string]bool{"Writer": true, "WriterConfig": true, "NewWriter": true, "Reader": true, "ReaderConfig": true, "NewReader": true}

// bareClients finds kafka-go's own readers and writers in the package's files, tests included.
func bareClients(u unit) ([]finding, error) {
	if fitsAny(kafkaClients, u.path()) {
		return nil, nil
	}
	var all []finding
	files := append(append(append([]string{}, u.GoFiles...), u.TestGoFiles...), u.XTestGoFiles...)
	for _, name := range files {
		found, err := bareIn(filepath.Join(u.Dir, name))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			f.where = u.path() + "/" + f.where
			all = append(all, f)
		}
	}
	return all, nil
}

func bareIn(file string) ([]finding, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		return nil, err
	}
	name := kafkaImport(parsed)
	if name == "" {
		return nil, nil
	}
	var all []finding
	ast.Inspect(parsed, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok || !kafkaNames[s.Sel.Name] {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && x.Name == name {
			at := set.Position(s.Pos())
			all = append(all, finding{fmt.Sprintf("%s:%d", filepath.Base(file), at.Line), "uses a bare kafka." + s.Sel.Name,
				"publish and subscribe by services/platform/bus"})
		}
		return true
	})
	return all, nil
}

// kafkaImport is the name under which a file knows kafka-go, empty when it does not.
func kafkaImport(f *ast.File) string {
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err != nil || p != "github.com/segmentio/kafka-go" {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return "kafka"
	}
	return ""
}
