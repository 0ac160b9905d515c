#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (60s, where nothing is said) and says how each ended: two at a time with one worker
# each, or as FUZZJOBS and FUZZWORKERS say. Inputs that break a target are kept by Go in its package's testdata/fuzz:
# commit them with the mending. What each target guards is in scripts/fuzz.md. Ends with status 1 if there is a finding, or a
# target that is not listed there.
#
#	scripts/fuzz.sh [PATTERN]	only targets whose package or name fit a regular expression
set -uo pipefail

cd "$(dirname "$0")/.." || exit 2
export CGO_ENABLED=0
export FUZZTIME=${FUZZTIME:-60s} FUZZWORKERS=${FUZZWORKERS:-1}
pattern=${1:-.}
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

targets() { # package and name, a line each
	grep -rE --include='*_test.go' '^func Fuzz' contracts services federation features | sort |
		sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|./\1 \2|' | grep -E "$pattern"
}

one() { # package target
	local out tried status=0
	out=$(mktemp "$work/XXXXXX")
	# not minimizing: else a worker spends nearly all its time on making inputs shorter that are merely new
	go test -vet=off -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZTIME" -parallel "$FUZZWORKERS" -fuzzminimizetime 0s "$1" >"$out" 2>&1 || status=$?
	tried=$(grep -oE 'execs: [0-9]+' "$out" | tail -n 1)
	# Go's coordinator sometimes takes the end of the time for an error: the workers' context follows its parent's a
	# moment later, and it compares the two. Then there is this one line and no input.
	if [ $status != 0 ] && [ "$(grep -A1 -E "^ *--- FAIL: $2 " "$out" | tail -n 1 | xargs)" = "context deadline exceeded" ] && ! grep -q 'Failing input' "$out"; then
		status=0
	fi
	if [ $status = 0 ]; then
		printf 'ok    %-72s %s\n' "$1 $2" "${tried:-its known inputs, and no time for others}"
	else
		printf 'FAIL  %s\n%s\n' "$1 $2" "$(sed 's/^/      /' "$out")"
		echo "$2" >>"$work/broken"
	fi
}
export -f one

list=$(targets)
[ -n "$list" ] || { echo "fuzz: no target fits $pattern" >&2; exit 2; }
count=$(wc -l <<<"$list")
while read -r package target; do
	grep -qF "\`${package#./}\` \`$target\`" scripts/fuzz.md && continue
	echo "FAIL  $package $target is not in scripts/fuzz.md: say there what it reads and what has to hold"
	echo "$target" >>"$work/broken"
done <<<"$list"
xargs -P "${FUZZJOBS:-2}" -L 1 bash -c 'one "$1" "$2"' _ <<<"$list"
if [ -s "$work/broken" ]; then
	echo "fuzz: $(wc -l <"$work/broken") of $count targets want a look: $(paste -sd' ' "$work/broken")" >&2
	exit 1
fi
echo "fuzz: $count targets, $FUZZTIME each, no finding"
