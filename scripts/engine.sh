#!/usr/bin/env bash
# An engine of containers for a while: the Docker that answers already, or one that is started here and ended again.
#
#   scripts/engine.sh start DIR    finds one, installing Debian's docker.io as root by apt where there is none, and starts a
#                                  daemon, with its data below ~/.cache/fairway, where none runs; prints the folder of
#                                  its client. Status 3 and the reason where none can be had.
#   scripts/engine.sh stop DIR     ends the daemon that start started, if it did; its images stay for the next time
set -euo pipefail

data=${XDG_CACHE_HOME:-${HOME:?}/.cache}/fairway/docker

none() { echo "engine: $*" >&2; exit 3; }
answers() { "$1" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# client is the one that knows BuildKit without a plugin, where there are several.
client() { if [ -x /usr/bin/docker ]; then echo /usr/bin/docker; else command -v docker || true; fi; }

install_docker() {
	command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || none "no dockerd, and it is not for this user to install it: apt-get install docker.io iptables mmdebstrap"
	echo "engine: installing docker.io" >&2
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables mmdebstrap; } >/dev/null 2>&1 ||
		none "apt-get could not install docker.io, iptables and mmdebstrap"
}

start() { # dir
	local docker; docker=$(client)
	mkdir -p "$1"
	if [ -z "$docker" ] || ! answers "$docker"; then
		command -v dockerd >/dev/null || install_docker
		[ "$(id -u)" = 0 ] || none "no Docker answers, and only root can start one"
		docker=$(client)
		mkdir -p "$data"
		setsid dockerd --data-root="$data" --exec-root="$1/exec" --pidfile="$1/dockerd.pid" --ip=127.0.0.1 >"$1/dockerd.log" 2>&1 </dev/null &
		local deadline=$((SECONDS + 60)) pid=$!
		until answers "$docker"; do
			kill -0 "$pid" 2>/dev/null || { tail -n 3 "$1/dockerd.log" >&2; none "dockerd ended at its start"; }
			[ "$SECONDS" -lt "$deadline" ] || { kill "$pid"; none "dockerd did not answer within 60 s: see $1/dockerd.log"; }
			sleep 0.2
		done
	fi
	dirname "$docker"
}

stop() { # dir
	[ -s "$1/dockerd.pid" ] || return 0
	local pid deadline=$((SECONDS + 30)); pid=$(cat "$1/dockerd.pid")
	grep -q dockerd "/proc/$pid/cmdline" 2>/dev/null || return 0
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
	umount "$1/exec/netns/default" 2>/dev/null || true
}

case ${1:-} in
start) start "${2:?a folder}" ;;
stop) stop "${2:?a folder}" ;;
*) sed -n '4,8s/^# *//p' "$0" >&2; exit 2 ;;
esac
