#!/usr/bin/env bash
# Three Apache Kafka brokers for the folder of a site or a federation, each controller and broker in one process.
#
#   cluster.sh start DIR            starts all and prints their addresses, joined by commas, when they serve clients
#   cluster.sh stop DIR             stops all in order; nothing to stop is no error
#   cluster.sh kill DIR ADDRESS     ends the broker that has this address by SIGKILL
#   cluster.sh revive DIR ADDRESS   starts it again and returns when it serves clients
#   cluster.sh bounce DIR           kills and revives one of them, the next at each call; several at a time take turns
#
# As broker.sh, but replicated: topics are made three times and a write counts when two have it (min.insync.replicas=2);
# no broker becomes leader that lacks what was acknowledged. All three show DIR/broker/tls.pem, so they stand on one
# address. Data, settings, logs and pids are in DIR/broker/cluster. For tests on one machine.
# FAIRWAY_KAFKA_HEAP (megabytes, 320) and FAIRWAY_KAFKA_JVM (more options of java) change the processes, FAIRWAY_KAFKA_DEAD_AFTER
# (milliseconds, 3000) how soon a silent one counts as dead.
set -euo pipefail

usage() { sed -n '4,8s/^# *//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
verb=$1
wait_seconds=120
. "$(dirname "$0")/process.bash"
dir=$(cd "$2" 2>/dev/null && pwd) || fail "there is no folder $2: make it by fairway site init or fairway federation init"
home=$dir/broker/cluster
nodes=("$home/1" "$home/2" "$home/3")

prepare() {
	local n i port id voters="" taken=()
	id=$(cluster_id)
	for n in "${nodes[@]}"; do
		port=$(free_port "${taken[@]}")
		taken+=("$port")
		voters+=${voters:+,}${n##*/}@127.0.0.1:$port
	done
	for n in "${nodes[@]}"; do
		mkdir -p "$n"
		port=$(free_port "${taken[@]}")
		taken+=("$port")
		configure "$n" "${n##*/}" "127.0.0.1:$port" "$voters"
		format "$n" "$id" "$libs"
	done
}

start() {
	local n addresses=""
	for n in "${nodes[@]}"; do if running "$n"; then fail "a broker of $dir runs already: stop it first"; fi; done
	[ -e "$home/3/data/meta.properties" ] || prepare
	for n in "${nodes[@]}"; do launch "$n" "$libs"; done
	for n in "${nodes[@]}"; do
		await "$n"
		addresses+=${addresses:+,}$(address "$n")
	done
	echo "$addresses"
}

revive() { launch "$1" "$libs"; await "$1"; } # folder

node_of() { # address
	local n
	for n in "${nodes[@]}"; do if [ "$(address "$n")" = "$1" ]; then echo "$n"; return; fi; done
	fail "no broker of $dir has the address $1"
}

# bounce remembers in its lock whose turn it was.
bounce() {
	exec 9<>"$home/turn"
	flock 9
	local last; read -r last <&9 || last=0
	local n=${nodes[last % 3]}
	echo $((last % 3 + 1)) >"$home/turn"
	end KILL "$n"
	revive "$n" 9>&-
}

libs=$("$scripts/fetch.sh")
case $verb in
start) start ;;
stop) end TERM "${nodes[@]}" ;;
kill) [ $# = 3 ] || usage; n=$(node_of "$3"); end KILL "$n" ;;
revive) [ $# = 3 ] || usage; n=$(node_of "$3"); revive "$n" ;;
bounce) bounce ;;
*) usage ;;
esac
