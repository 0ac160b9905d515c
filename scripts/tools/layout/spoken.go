package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// spokenPage lists, service by service, the contracts that no service speaks yet.
const (
	spokenPage = "contracts/README.md"
	spokenHead = "| service | acts and facts |\n|---|---|\n"
)

// byName are said by the chassis of every service, which puts the service's name before them.
var byName = []string{"act-refused", "record-dead-lettered"}

var (
	spokenRow = regexp.MustCompile(`(?m)^\| ([a-z]+) \| ([a-z0-9, -]+) \|$`)
	eventType = regexp.MustCompile(`(?m)^func \((\w+)\) EventType\(\) string`)
)

// spoken holds the list of contracts that no service speaks against what services and federation use of the generated
// types, outside of their tests.
func spoken(dir string) ([]finding, error) {
	page, err := os.ReadFile(filepath.Join(dir, spokenPage))
	if err != nil {
		return nil, fmt.Errorf("read the list of what is not spoken: %w", err)
	}
	_, table, ok := strings.Cut(string(page), spokenHead)
	if !ok {
		return []finding{{spokenPage, "has no table that begins with " + strings.TrimSpace(spokenHead), "write it"}}, nil
	}
	table, _, _ = strings.Cut(table, "\n\n")
	listed := map[string]bool{}
	for _, row := range spokenRow.FindAllStringSubmatch(table, -1) {
		for name := range strings.SplitSeq(row[2], ", ") {
			listed[row[1]+"/"+name] = true
		}
	}
	said, err := saidContracts(dir)
	if err != nil {
		return nil, err
	}
	var all []finding
	for name := range listed {
		if used, known := said[name]; used || !known {
			all = append(all, finding{spokenPage, "lists " + name + " as spoken by no service: it is spoken, or there is no such contract", "drop it from the list"})
		}
	}
	for name, used := range said {
		if !used && !listed[name] && !slices.Contains(byName, name[strings.Index(name, "/")+1:]) {
			all = append(all, finding{spokenPage, "does not list " + name + ", which no service speaks", "add it to the list, or let a service speak it"})
		}
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all, nil
}

// saidContracts tells of each contract, such as airlock/release-request, whether any of its majors is used.
func saidContracts(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "contracts/*/v*/*.go"))
	if err != nil {
		return nil, err
	}
	sources, err := sourcesOf(dir, "services", "federation")
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		major := filepath.Dir(file)
		service := filepath.Base(filepath.Dir(major))
		for _, m := range eventType.FindAllStringSubmatch(string(text), -1) {
			name := service + "/" + strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".go"), "_", "-")
			path := service + "/" + filepath.Base(major)
			said[name] = said[name] || slices.ContainsFunc(sources, func(source string) bool { return uses(source, path, m[1]) })
		}
	}
	return said, nil
}

// uses reports whether a file imports a package of contracts, such as airlock/v1, and names a type of it.
func uses(source, path, name string) bool {
	imported := regexp.MustCompile(`(?m)^\s*(?:import )?(\w*) ?"github.com/fairway-tre/fairway/contracts/` + path + `"`).FindStringSubmatch(source)
	if imported == nil {
		return false
	}
	as := imported[1]
	if as == "" {
		as, _, _ = strings.Cut(path, "/")
	}
	return regexp.MustCompile(`\b` + as + `\.(Type)?` + name + `\b`).MatchString(source)
}

func sourcesOf(dir string, folders ...string) (all []string, err error) {
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			text, err := os.ReadFile(file)
			all = append(all, string(text))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
