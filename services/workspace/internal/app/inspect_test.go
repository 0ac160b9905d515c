package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// readiness asks as a probe does.
func readiness(t *testing.T, options ...runtest.Option) (*runtest.Bench, func() string) {
	t.Helper()
	var seen *workspace
	b := runtest.New(t, "workspace", func(s *run.Service) { seen = register(s) }, options...)
	return b, func() string {
		if err := seen.inspection.verdict(); err != nil {
			return err.Error()
		}
		return ""
	}
}

func TestReadinessNamesTheFileThatCannotBeUsedUntilItIsMended(t *testing.T) {
	dir := t.TempDir()
	list, file := filepath.Join(dir, "holdings.yaml"), filepath.Join(dir, "lung.csv")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(list, "datasets: {lung: {fil: lung.csv}}\n")
	b, told := readiness(t, runtest.Settings(map[string]string{"holdings": list}))
	says := func(what string) {
		t.Helper()
		b.Until("readiness to say "+what, func() bool { return strings.Contains(told(), what) })
	}
	says("line 1")
	write(list, "datasets: {lung: {file: lung.csv}}\n")
	says("no such file")
	write(file, "inst,time,status\n3,306,2\n")
	b.Until("readiness while nothing is described", func() bool { return told() == "" })
	(&bench{Bench: b, t: t}).describe("lung", trials["lung"])
	says(`column "sex"`)
	write(file, "inst,time,status,sex\n3,306,2,1\n")
	b.Until("readiness with all columns", func() bool { return told() == "" })
}

func TestASiteWithoutDataIsReady(t *testing.T) {
	for _, settings := range []map[string]string{nil, {"holdings": filepath.Join(t.TempDir(), "none.yaml")}} {
		b, told := readiness(t, runtest.Settings(settings))
		b.Until("readiness", func() bool { return told() == "" })
	}
}
