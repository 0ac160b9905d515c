package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree writes a workspace of four modules with the given files, each one line of imports.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.work", "go 1.26.0\n\nuse (\n\t./contracts\n\t./services\n\t./federation\n\t./features\n)\n")
	for _, m := range []string{"contracts", "services", "federation", "features"} {
		write(m+"/go.mod", "module "+root+m+"\n\ngo 1.26.0\n")
		write(m+"/doc.go", "package "+m+"\n")
	}
	for name, text := range files {
		write(name, text)
	}
	return dir
}

// sound is a tree in which every kind of allowed import occurs.
var sound = map[string]string{
	"contracts/topics/a.go":                       "package topics\n",
	"contracts/outputs/a.go":                      "package outputs\n",
	"services/platform/bus/a.go":                  "package bus\nimport _ \"github.com/fairway-tre/fairway/contracts/topics\"\n",
	"services/airlock/a.go":                       "package airlock\nimport _ \"github.com/fairway-tre/fairway/services/airlock/internal/app\"\n",
	"services/airlock/internal/app/a.go":          "package app\nimport _ \"github.com/fairway-tre/fairway/services/platform/bus\"\nimport _ \"github.com/fairway-tre/fairway/services/airlock/internal/release\"\n",
	"services/airlock/internal/release/a.go":      "package release\nimport _ \"time\"\n",
	"services/airlock/internal/release/a_test.go": "package release\nimport _ \"encoding/json\"\n",
	"services/airlock/internal/disclosure/a.go":   "package disclosure\nimport _ \"github.com/fairway-tre/fairway/contracts/outputs\"\n",
	"services/catalog/a.go":                       "package catalog\n",
	"federation/site/a.go":                        "package site\nimport _ \"github.com/fairway-tre/fairway/services/airlock\"\n",
	"federation/internal/study/a.go":              "package study\n",
	"features/steps/a.go":                         "package steps\nimport _ \"github.com/fairway-tre/fairway/features/harness\"\n",
	"features/harness/a.go":                       "package harness\nimport _ \"github.com/fairway-tre/fairway/contracts/topics\"\n",
	"features/cmd/fairway/a.go":                   "package main\nimport _ \"github.com/fairway-tre/fairway/federation/site\"\nfunc main() {}\n",
}

func TestASoundTreeBreaksNoRule(t *testing.T) {
	found, units, err := check(tree(t, sound))
	if err != nil || len(found) > 0 || units != 17 {
		t.Fatalf("%d packages, %v, %v", units, found, err)
	}
}

func TestEachPlantedViolationIsFound(t *testing.T) {
	imports := func(pkg, path string) string { return "package " + pkg + "\nimport _ \"" + path + "\"\n" }
	ours := func(pkg, path string) string { return imports(pkg, root+path) }
	for name, c := range map[string]struct{ file, text, want string }{
		"contract on platform":     {"contracts/topics/x.go", ours("topics", "services/platform/bus"), "contracts import nothing else"},
		"contract on a library":    {"contracts/topics/x.go", imports("topics", "example.org/x"), "contracts do not depend"},
		"platform on a service":    {"services/platform/bus/x.go", ours("bus", "services/airlock"), "knows contracts and no service"},
		"service on a service":     {"services/catalog/x.go", ours("catalog", "services/airlock"), "services speak in events"},
		"test on a service":        {"services/catalog/x_test.go", ours("catalog", "services/airlock"), "services speak in events"},
		"outer test on a service":  {"services/catalog/x_test.go", ours("catalog_test", "services/airlock"), "services speak in events"},
		"service on federation":    {"services/catalog/x.go", ours("catalog", "federation/site"), "services speak in events"},
		"gateway on a service":     {"federation/gateway/x.go", ours("gateway", "services/airlock"), "only federation/site wires"},
		"site on a service inside": {"federation/site/x.go", ours("site", "services/airlock/internal/app"), "by their roots"},
		"judge on platform":        {"features/steps/x.go", ours("steps", "services/platform/bus"), "the judge knows contracts"},
		"judge's test on platform": {"features/steps/x_test.go", ours("steps", "services/platform/bus"), "the judge knows contracts"},
		"domain on contracts":      {"services/airlock/internal/release/x.go", ours("release", "contracts/topics"), "domain package"},
		"domain on a library":      {"federation/internal/study/x.go", imports("study", "example.org/x"), "domain package"},
		"numeric on other":         {"services/airlock/internal/disclosure/x.go", ours("disclosure", "contracts/topics"), "domain package"},
		"new domain package":       {"services/airlock/internal/new/x.go", ours("new", "contracts/topics"), "domain package"},
		"loose JSON":               {"services/airlock/x.go", imports("airlock", "encoding/json"), "misspelt member names"},
		"containers shipped":       {"features/harness/x.go", imports("harness", "github.com/testcontainers/testcontainers-go"), "use it in tests"},
		"bare writer": {"services/airlock/x.go", "package airlock\nimport \"github.com/segmentio/kafka-go\"\nvar w = kafka.Writer{}\n",
			"bare kafka.Writer"},
		"bare reader in a test, renamed": {"services/airlock/x_test.go",
			"package airlock\nimport k \"github.com/segmentio/kafka-go\"\nvar r = k.NewReader(k.ReaderConfig{})\n", "bare kafka.NewReader"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{c.file: c.text}
			for n, text := range sound {
				files[n] = text
			}
			var out, complaint strings.Builder
			status := run([]string{tree(t, files)}, &out, &complaint)
			if status != 1 || !strings.Contains(out.String(), c.want) || !strings.Contains(out.String(), "\tdo: ") {
				t.Fatalf("status %d, output %q, complaint %q, expected %q", status, out.String(), complaint.String(), c.want)
			}
		})
	}
}

func TestAFolderWithoutPackagesIsNotCalledSound(t *testing.T) {
	var out, complaint strings.Builder
	if status := run([]string{t.TempDir()}, &out, &complaint); status != 2 || complaint.Len() == 0 {
		t.Fatalf("status %d, %q", status, complaint.String())
	}
}
