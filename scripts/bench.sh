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

# the tests that look for the variable are the benchmarks
for package in $(grep -rl --include='*_test.go' '"FAIRWAY_BENCH"' contracts services federation features | xargs -r -n1 dirname | sort -u); do
	echo "== ./$package"
	before=$(wc -l <"$rows")
	go test -count=1 -timeout 20m -run '^TestBench' -v "./$package" | grep -v -E '^=== RUN'
	[ "$(wc -l <"$rows")" -gt "$before" ] || { echo "bench: ./$package wrote no row" >&2; exit 1; }
done
[ -s "$rows" ] || { echo "bench: there is no benchmark" >&2; exit 1; }

{ echo '['; sed '$!s/$/,/; s/^/  /' "$rows"; echo ']'; } >bench/results.json
echo
awk -F'[:,{}"]+' 'BEGIN { f = "%-28s %14s %14s %-10s %7s %6s  %s\n"; printf f, "id", "ours", "peer", "unit", "ratio", "goal", "met" }
	{ for (i = 2; i < NF; i += 2) v[$i] = $(i + 1)
	  printf f, v["id"], sprintf("%.5g", v["ours"]), sprintf("%.5g", v["peer"]), v["unit"], sprintf("%.2f", v["ratio"]), v["goal"], v["met"] }' "$rows"
echo "bench/results.json"
