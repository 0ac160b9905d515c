#!/usr/bin/env bash
# One Apache Kafka broker for the folder of a site or a federation.
#
#   broker.sh start DIR HOST:PORT   starts it and returns when it serves clients; status 1 and a reason otherwise
#   broker.sh prepare DIR HOST:PORT writes its settings and prepares its folder of data, and starts nothing: for a
#                                   container that sees DIR under the same path
#   broker.sh stop DIR              stops it in order and returns when it has ended; nothing to stop is no error
#   broker.sh kill DIR              the same by SIGKILL, for tests
#   broker.sh restart DIR           stops it in order and starts it where it was; several at a time take turns
#
# DIR is what "fairway site init" or "fairway federation init" made. The broker shows DIR/broker/tls.pem, speaks TLS 1.3
# only, asks for SCRAM-SHA-512, denies what no right allows and creates no topic by itself. It knows one user: the
# superuser of DIR/broker/users.yaml, by whom "fairway site provision-broker" (or "fairway federation
# provision-broker") then makes topics, users and rights, also after DIR has changed. Data, settings, log and pid are in
# DIR/broker/kafka; a second start goes on with the same data. One process is controller and broker, with heaps and
# timings for tests on one machine (process.bash has the settings): production has a cluster of its own, with the same rules.
# FAIRWAY_KAFKA_HEAP (megabytes, 320) and FAIRWAY_KAFKA_JVM (more options of java) change the process.
set -euo pipefail

usage() { sed -n '4,9s/^# *//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
verb=$1
wait_seconds=90
. "$(dirname "$0")/process.bash"
dir=$(cd "$2" 2>/dev/null && pwd) || fail "there is no folder $2: make it by fairway site init or fairway federation init"
home=$dir/broker/kafka

prepare() { # host:port
	case $1 in *:*) ;; *) fail "$1 is no host:port" ;; esac
	libs=$("$scripts/fetch.sh")
	mkdir -p "$home"
	configure "$home" 1 "$1" "1@127.0.0.1:$(free_port)"
	format "$home" "$(cluster_id)" "$libs"
}

start() { # host:port
	if running "$home"; then fail "the broker of $dir runs already (process $(cat "$home/pid")): stop it first"; fi
	if answers "${1%:*}" "${1##*:}"; then fail "something listens on $1 already: stop it, or choose another port"; fi
	prepare "$1"
	launch "$home" "$libs"
	await "$home"
}

case $verb in
start) [ $# = 3 ] || usage; start "$3" ;;
prepare) [ $# = 3 ] || usage; prepare "$3" ;;
stop) end TERM "$home" ;;
kill) end KILL "$home" ;;
restart)
	exec 9>"$home/turn"
	flock 9
	end TERM "$home"
	start "$(address "$home")" 9>&- ;;
*) usage ;;
esac
