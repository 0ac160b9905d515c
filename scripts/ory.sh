#!/usr/bin/env bash
# One Ory Kratos and one Ory Keto as processes on loopback, with the settings of compose/ory.
#
#   scripts/ory.sh start DIR [KRATOS_DSN KETO_DSN]
#                               starts both on free ports of 127.0.0.1, with all that is theirs in the new folder DIR, and
#                               prints the variables by which "fairway site init" finds them. The connection strings are of
#                               a PostgreSQL database each; without them each has a SQLite file, which takes the requests of
#                               many people one after another and is for a trial
#   scripts/ory.sh stop DIR     ends both; the folder stays, and is the caller's to remove
#
# The programs are bin/kratos and bin/keto (make ory-tools), or what KRATOS_BIN and KETO_BIN name. Neither asks anything
# of the network: the question about leaked passwords is off in the settings, what they would report home is off here.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
kratos=${KRATOS_BIN:-$root/bin/kratos}
keto=${KETO_BIN:-$root/bin/keto}
wait_seconds=60
# a transaction takes its lock when it begins: two that began to read would refuse each other the writing
sqlite='_fk=true&mode=rwc&_txlock=immediate&_busy_timeout=20000'
export SQA_OPT_OUT=true

fail() { echo "ory: $*" >&2; exit 1; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

port() { # a free one below those that systems give to outgoing connections
	local p
	while p=$((10000 + RANDOM % 20000)); answers "$p"; do :; done
	echo "$p"
}

secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; } # 32 characters

# run starts one server in its own session, so that an interrupt at a terminal leaves it to whoever started it.
run() { # name, command...
	local name=$1; shift
	setsid "$@" >"$name.log" 2>&1 </dev/null &
	echo $! >"$name.pid"
}

# ready waits until a server says so itself over HTTP.
ready() { # name port
	local deadline=$((SECONDS + wait_seconds))
	until healthy "$2"; do
		kill -0 "$(cat "$1.pid")" 2>/dev/null || { tail -n 5 "$1.log" >&2; fail "$1 ended at its start: see $PWD/$1.log"; }
		[ "$SECONDS" -lt "$deadline" ] || fail "$1 was not ready after $wait_seconds s: see $PWD/$1.log"
		sleep 0.1
	done
}

healthy() { # port
	local line
	answers "$1" || return 1
	exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
	printf 'GET /health/ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
	IFS= read -r -t 5 line <&3 || true
	exec 3>&-
	[[ $line == HTTP/1.*\ 200* ]]
}

start() { # dir [dsn dsn]
	[ -x "$kratos" ] || fail "there is no $kratos: make ory-tools builds it, or name it by KRATOS_BIN"
	[ -x "$keto" ] || fail "there is no $keto: make ory-tools builds it, or name it by KETO_BIN"
	umask 077
	mkdir -p "$1"
	cd "$1"
	[ -z "$(ls -A)" ] || fail "$1 is not empty"
	cp "$root"/compose/ory/{kratos.yml,person.schema.json,keto.yml,namespaces.keto.ts} .
	trap 'end' EXIT # unless both are up
	local public admin read write
	public=$(port) admin=$(port) read=$(port) write=$(port)
	export SECRETS_COOKIE SECRETS_CIPHER
	SECRETS_COOKIE=$(secret) SECRETS_CIPHER=$(secret)

	export DSN="${2:-sqlite://$PWD/kratos.sqlite?$sqlite}"
	"$kratos" migrate sql -e --yes -c kratos.yml >migrate.log 2>&1 || { tail -n 5 migrate.log >&2; fail "Kratos could not make its database: see $PWD/migrate.log"; }
	run kratos env SERVE_PUBLIC_PORT="$public" SERVE_PUBLIC_BASE_URL="http://127.0.0.1:$public/" \
		SERVE_ADMIN_PORT="$admin" SERVE_ADMIN_BASE_URL="http://127.0.0.1:$admin/" "$kratos" serve -c kratos.yml --sqa-opt-out

	export DSN="${3:-sqlite://$PWD/keto.sqlite?$sqlite}"
	"$keto" migrate up -y -c keto.yml >>migrate.log 2>&1 || { tail -n 5 migrate.log >&2; fail "Keto could not make its database: see $PWD/migrate.log"; }
	run keto env SERVE_READ_PORT="$read" SERVE_WRITE_PORT="$write" SERVE_METRICS_PORT="$(port)" SERVE_OPL_PORT="$(port)" \
		"$keto" serve -c keto.yml --sqa-opt-out

	ready kratos "$public"
	ready keto "$write"
	trap - EXIT
	echo "FAIRWAY_KRATOS_PUBLIC=http://127.0.0.1:$public"
	echo "FAIRWAY_KRATOS_ADMIN=http://127.0.0.1:$admin"
	echo "FAIRWAY_KETO_READ=127.0.0.1:$read"
	echo "FAIRWAY_KETO_WRITE=127.0.0.1:$write"
}

# ours tells whether the pid on file is still that server and not a later process of the same number.
ours() { # name
	[ -s "$1.pid" ] && kill -0 "$(cat "$1.pid")" 2>/dev/null && ps -o args= -p "$(cat "$1.pid")" | grep -q "serve -c $1.yml"
}

end() {
	local name deadline=$((SECONDS + 20))
	for name in kratos keto; do ! ours "$name" || kill "$(cat "$name.pid")"; done
	for name in kratos keto; do
		while ours "$name"; do
			[ "$SECONDS" -lt "$deadline" ] || { kill -KILL "$(cat "$name.pid")"; deadline=$((SECONDS + 5)); }
			sleep 0.1
		done
		rm -f "$name.pid"
	done
}

case ${1:-} in
start) start "${2:?a folder}" "${@:3}" ;;
stop) cd "${2:?a folder}" && end ;;
*) sed -n '4,9s/^# *//p' "$0" >&2; exit 2 ;;
esac
