package logging

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A value under a key that is not known is written as [redacted]: the operator is told that there was something. The site
// and the service stand in every line already.
func TestEveryKeyThatALineOfLogIsWrittenWithIsKnown(t *testing.T) {
	lines := 0
	for _, module := range []string{"../..", "../../../federation"} {
		err := filepath.WalkDir(module, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for _, key := range keysOf(call) {
					lines++
					if text, _ := strconv.Unquote(key.Value); !keys[text] || text == "site" || text == "service" {
						t.Errorf("%s: the key %s is not known, or stands in every line already", files.Position(key.Pos()), key.Value)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if lines < 50 {
		t.Errorf("%d keys were found: this test looks past the rest", lines)
	}
}

// keysOf are the keys that a call of a logger names.
func keysOf(call *ast.CallExpr) (names []*ast.BasicLit) {
	before := map[string]int{"Debug": 1, "Info": 1, "Warn": 1, "Error": 1, "warn": 2} // arguments; warn is of bus.complaints
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || before[method.Sel.Name] == 0 || !strings.HasSuffix(strings.ToLower(nameOf(method.X)), "log") && method.Sel.Name != "warn" {
		return nil
	}
	for i := before[method.Sel.Name]; i < len(call.Args); i += 2 {
		if key, ok := call.Args[i].(*ast.BasicLit); ok && key.Kind == token.STRING {
			names = append(names, key)
		}
	}
	return names
}

// nameOf is the last name of an expression such as s.env.Log.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
