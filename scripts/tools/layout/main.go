// Command layout checks who imports whom in the four modules of a workspace, the table of reason codes, the page of
// attacks and the list of contracts that nobody speaks. It prints each broken rule with what to do and ends with status 1 when there is one, 2 when it could not check.
//
//	layout [FOLDER-OF-GO.WORK]
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	dir := "."
	if len(args) > 0 {
		dir = args[0]
	}
	found, units, err := check(dir)
	if err == nil && exists(filepath.Join(dir, "contracts/reason")) {
		var more []finding
		more, err = reasons(dir)
		found = append(found, more...)
	}
	for page, judged := range map[string]func(string) ([]finding, error){attackPage: attacks, spokenPage: spoken} {
		if err == nil && exists(filepath.Join(dir, page)) {
			var more []finding
			more, err = judged(dir)
			found = append(found, more...)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "layout:", err)
		return 2
	}
	for _, f := range found {
		fmt.Fprintln(stdout, f)
	}
	fmt.Fprintf(stdout, "layout: %d packages, %d broken rules\n", units, len(found))
	if len(found) > 0 {
		return 1
	}
	return 0
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// check judges every package of the four modules below dir, and tells how many there are.
func check(dir string) ([]finding, int, error) {
	units, err := list(dir)
	if err != nil {
		return nil, 0, err
	}
	var all []finding
	for _, u := range units {
		all = append(all, judge(u)...)
		bare, err := bareClients(u)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, bare...)
	}
	return all, len(units), nil
}

func list(dir string) ([]unit, error) {
	if _, err := os.Stat(filepath.Join(dir, "go.work")); err != nil {
		return nil, fmt.Errorf("%w: give the folder of go.work", err)
	}
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,GoFiles,TestGoFiles,XTestGoFiles",
		"./contracts/...", "./services/...", "./federation/...", "./features/...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages below %s: %w: %s", dir, err, complaint.String())
	}
	var units []unit
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var u unit
		err := d.Decode(&u)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read what go list says: %w", err)
		}
		units = append(units, u)
	}
	return units, nil
}
