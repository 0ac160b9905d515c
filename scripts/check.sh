#!/usr/bin/env bash
# Checks what can be checked without running the product. Goes through all rules, says for each broken one what, where
# and what to do, and ends with status 1 if there is one.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 2
export CGO_ENABLED=0
modules=(contracts services federation features)
packages=(./contracts/... ./services/... ./federation/... ./features/...)
tools=(scripts/tools/layout scripts/tools/cloudevents scripts/tools/bench)
broken=()

# rule runs a check; what it prints is shown when it fails.
rule() { # name, what to do, command...
	local name=$1 remedy=$2 out started=$SECONDS; shift 2
	if out=$("$@" 2>&1); then
		printf 'ok    %-28s %3d s\n' "$name" $((SECONDS - started))
		return
	fi
	printf 'FAIL  %s\n%s\n      do: %s\n' "$name" "$(sed 's/^/      /' <<<"$out")" "$remedy"
	broken+=("$name")
}

each_module() { local m s=0; for m in "${modules[@]}"; do (cd "$m" && "$@") || { echo "in module $m: $*"; s=1; }; done; return $s; }

formatted() { local f; f=$(gofmt -l "${modules[@]}" scripts) && [ -z "$f" ] || { echo "$f"; return 1; }; }

alone() { local m s=0; for m in "${modules[@]}"; do (cd "$m" && GOWORK=off go build ./... && GOWORK=off go list -deps -test ./... >/dev/null) || { echo "module $m by itself"; s=1; }; done; return $s; }

# lint is pinned by the go.mod of scripts/tools/lint, a module outside the workspace.
lint() {
	local here=$PWD
	(cd scripts/tools/lint && GOWORK=off go build -o "$here/bin/staticcheck" honnef.co/go/tools/cmd/staticcheck) || return
	bin/staticcheck "${packages[@]}"
}
layout() { local here=$PWD; (cd scripts/tools/layout && GOWORK=off go run . "$here"); }

tool_tests() { local t; for t in "${tools[@]}"; do (cd "$t" && GOWORK=off go vet ./... && GOWORK=off go test ./...) || return; done; }

# absent fails with the places where a pattern stands in files that git knows.
absent() { # pattern, pathspec...
	local found; found=$(git grep -nIE "$@")
	case $? in
	0) echo "$found"; return 1 ;;
	1) return 0 ;;
	*) return 2 ;;
	esac
}

# machine_paths: a path of one machine in a file is of no use to anybody else.
machine_paths() { absent '(^|[^A-Za-z0-9_.$}/-])/(work|root|home|Users|tmp)/[A-Za-z]' -- . ':!*.sum' ':!scripts/check.sh'; }

shell() {
	local f s=0
	while read -r f; do
		bash -n "$f" || s=1
		[ -x "$f" ] || { echo "$f: not executable"; s=1; }
	done < <(git ls-files 'scripts/*.sh' '.ci/run')
	return $s
}

rule "format" "run gofmt -w on these files" formatted
rule "vet" "mend what vet says" go vet "${packages[@]}"
rule "each module by itself" "the module lacks a requirement in its go.mod or go.sum: the workspace alone hides it" alone
rule "lint" "mend it; staticcheck.conf names what is not asked" lint
rule "who may import whom" "each line says what; the rules are in scripts/tools/layout/rules.go" layout
rule "what scenarios show" "tag the scenario @layer:… and @safe:…, see features/facets/facets.csv" go test ./features/facets
rule "the checker's own tests" "mend scripts/tools" tool_tests
rule "generated files" "run make generate, and commit what changes" scripts/generated.sh check
rule "modules tidy" "run go mod tidy with GOWORK=off in that module" each_module env GOWORK=off go mod tidy -diff
rule "modules as published" "a module in the cache was altered: go clean -modcache" each_module go mod verify
# the simulation and the tests of retention and of strangers run in bubbles of virtual time, where sleeping is how days pass in
# no time
rule "no waiting by time in tests" "wait for a fact: a channel, or a condition that is polled until a deadline" absent 'time\.Sleep\(' -- '*_test.go' ':!federation/simulation' ':!services/platform/broker/retention_test.go' ':!services/platform/broker/stranger_test.go'
rule "nothing left to do" "do it, or open an issue" absent '(TODO|FIXME)' -- '*.go' '*.sh' Makefile ':!scripts/check.sh'
rule "no paths of one machine" "name a place that exists everywhere" machine_paths
rule "shell scripts" "mend it, or chmod +x" shell

if [ ${#broken[@]} -gt 0 ]; then
	echo "check: ${#broken[@]} broken: $(IFS=,; echo "${broken[*]}")" >&2
	exit 1
fi
echo "check: all rules hold"
