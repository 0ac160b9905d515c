#!/usr/bin/env bash
# Runs every benchmark test (those that call bench.Only) one after the other, and gathers their rows in
# bench/results.json. A row that misses its goal is shown and is no error: the machine may be busy. Nor is one
# that was skipped, with the reason, where the peer is not there. An absent row is one.
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

load=$(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)
for folder in $(grep -rl --include='*_test.go' 'bench\.Only(' contracts services federation features | xargs -r -n1 dirname | sort -u); do
	measure "$folder"
done
GOWORK=off measure scripts/tools/bench # has a module of its own: nothing of Fairway depends on what it compares with
[ -s "$rows" ] || { echo "bench: there is no benchmark" >&2; exit 1; }

{ echo '['; sed '$!s/$/,/; s/^/  /' "$rows"; echo ']'; } >bench/results.json

# a row is one line of JSON whose members have plain values; numbers to four digits, a missed goal in capitals. One that was
# skipped has a reason, which is text
table() {
	echo '| what | ours | peer | unit | ratio | half of the rounds | goal | met |'
	echo '|---|---|---|---|---|---|---|---|'
	awk -F'[:,{}"]+' '/"skipped":"/ { reason = $0; sub(/.*"skipped":"/, "", reason); sub(/"}$/, "", reason)
		printf "| %s | | | | | | | skipped: %s |\n", $3, reason; next }
	{ for (i = 2; i < NF; i += 2) v[$i] = $(i + 1)
		sign = v["better"] == "higher" ? "at least" : "at most"
		printf "| %s | %.4g | %.4g | %s | %.2f | %.2f to %.2f | %s %s %.3g | %s |\n", v["id"], v["ours"], v["peer"], v["unit"], v["ratio"],
			v["low"], v["high"], v["of"], sign, v["goal"], v["met"] == "true" ? "yes" : "NO" }' "$rows"
}
{
	printf '# Numbers\n\nWritten by `make bench` on %s, %d processors, load %s before it began, %s.\n\n' \
		"$(date -u +%F)" "$(getconf _NPROCESSORS_ONLN)" "$load" "$(go env GOVERSION) on $(go env GOOS)/$(go env GOARCH)"
	cat <<-'TEXT'
		Ours and the peer run in turn in one process, and each goes first every other time. Machines are shared, so what counts is
		the ratio within a round, whose two sides ran one right after the other: the median of these over all rounds, and
		between which values half of them lie. "ours" and "peer" are medians of their own; read the ratios.

	TEXT
	table
} >bench/README.md
echo
table
echo "bench/results.json, bench/README.md"
