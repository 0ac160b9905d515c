#!/usr/bin/env bash
# Runs every fuzz target, one after the other, for FUZZTIME each (60s, where nothing is said) with two workers, and says
# how each ended. Inputs that break a target are kept by Go in its package's testdata/fuzz: commit them with the mending.
# Ends with status 1 if there is a finding.
#
#	scripts/fuzz.sh [PATTERN]	only targets whose package or name fit a regular expression
set -uo pipefail

cd "$(dirname "$0")/.." || exit 2
export CGO_ENABLED=0
: "${FUZZTIME:=60s}"
pattern=${1:-.}
broken=() count=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

while IFS=: read -r file line; do
	package=./$(dirname "$file") target=$(sed -E 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/' <<<"$line")
	grep -qE "$pattern" <<<"$package $target" || continue
	count=$((count + 1))
	# -parallel is the number of workers; a minimizing worker may take a while longer than FUZZTIME
	if go test -vet=off -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -parallel 2 -fuzzminimizetime 10s "$package" >"$out" 2>&1; then
		printf 'ok    %-62s %s\n' "$package $target" "$(grep -oE 'execs: [0-9]+' "$out" | tail -n 1)"
	else
		printf 'FAIL  %s %s\n%s\n' "$package" "$target" "$(sed 's/^/      /' "$out")"
		broken+=("$target")
	fi
done < <(grep -rE --include='*_test.go' '^func Fuzz' contracts services federation features | sort)

[ $count -gt 0 ] || { echo "fuzz: no target fits $pattern" >&2; exit 2; }
if [ ${#broken[@]} -gt 0 ]; then
	echo "fuzz: ${#broken[@]} of $count targets found something: ${broken[*]}" >&2
	exit 1
fi
echo "fuzz: $count targets, $FUZZTIME each, no finding"
