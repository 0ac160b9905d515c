#!/usr/bin/env bash
# Runs every benchmark test (those that FAIRWAY_BENCH=1 lets run) one after the other, and gathers their rows in
# bench/results.json. A row that misses its goal is shown and is no error: the machine may be busy. An absent row is one.
set -euo pipefail

cd "$(dirname "$0")/.."
go build -trimpath -o bin/fairway ./features/cmd/fairway
mkdir -p out bench
rows=$PWD/out/bench.jsonl
: >"$rows"
export FAIRWAY_BENCH=1 FAIRWAY_BENCH_OUT=$rows FAIRWAY_BIN=$PWD/bin/fairway

# measure runs the benchmarks of one package, which has to write a row.
measure() { # folder
	local before
	echo "== $1"
	before=$(wc -l <"$rows")
	(cd "$1" && go test -count=1 -timeout 20m -run '^TestBench' -v .) | grep -v -E '^=== RUN'
	[ "$(wc -l <"$rows")" -gt "$before" ] || { echo "bench: $1 wrote no row" >&2; exit 1; }
}

# the tests that look for the variable are the benchmarks
for folder in $(grep -rl --include='*_test.go' '"FAIRWAY_BENCH"' contracts services federation features | xargs -r -n1 dirname | sort -u); do
	measure "$folder"
done
GOWORK=off measure scripts/tools/bench # has a module of its own: nothing of Fairway depends on what it compares with
[ -s "$rows" ] || { echo "bench: there is no benchmark" >&2; exit 1; }

{ echo '['; sed '$!s/$/,/; s/^/  /' "$rows"; echo ']'; } >bench/results.json

# a row is one line of JSON with members in a fixed order; numbers to four digits, a missed goal in capitals
table() {
	echo '| what | ours | peer | unit | better | ratio | goal | met |'
	echo '|---|---|---|---|---|---|---|---|'
	awk -F'[:,{}"]+' '{ for (i = 2; i < NF; i += 2) v[$i] = $(i + 1)
		printf "| %s | %.4g | %.4g | %s | %s | %.2f | %s | %s |\n", v["id"], v["ours"], v["peer"], v["unit"], v["better"], v["ratio"], v["goal"],
			v["met"] == "true" ? "yes" : "NO" }' "$rows"
}
{
	printf '# Numbers\n\nWritten by `make bench` on %s, %d processors, %s. Each row compares with its peer in the same run; machines are shared, so read the ratios.\n\n' \
		"$(date -u +%F)" "$(getconf _NPROCESSORS_ONLN)" "$(go env GOVERSION) on $(go env GOOS)/$(go env GOARCH)"
	table
} >bench/README.md
echo
table
echo "bench/results.json, bench/README.md"
