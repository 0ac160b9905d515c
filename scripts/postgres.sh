#!/usr/bin/env bash
# One PostgreSQL server from the system's own package, in a folder, for tests and demonstrations.
#
#   scripts/postgres.sh start DIR    makes the server in the new folder DIR, starts it on a free port of 127.0.0.1, and
#                                    prints its connection string (superuser, database fairway)
#   scripts/postgres.sh database DSN NAME    makes one more database on a server that start started, and prints its
#                                    connection string
#   scripts/postgres.sh stop DIR     ends it; the folder stays, and is the caller's to remove
#   scripts/postgres.sh found        ends with 0 where there is a server to start, else says what is missing
#
# The server refuses to run as root; then it runs as the user postgres, who gets the folder.
set -euo pipefail

bin=${FAIRWAY_POSTGRES_BIN:-}
[ -n "$bin" ] || bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$bin" ] || ! command -v postgres >/dev/null || bin=$(dirname "$(command -v postgres)")

found() {
	[ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] || { echo "no PostgreSQL server: install the package postgresql, or name its programs' folder in FAIRWAY_POSTGRES_BIN" >&2; return 1; }
	[ "$(id -u)" -ne 0 ] || id postgres >/dev/null 2>&1 || { echo "no user postgres, as whom the server could run" >&2; return 1; }
}

as_server() { # command...: as one who may run the server
	if [ "$(id -u)" -ne 0 ]; then "$@"; else runuser -u postgres -- "$@"; fi
}

start() { # dir
	local dir=$1 port password try
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	[ -z "$(ls -A "$dir")" ] || { echo "$dir is not empty" >&2; return 1; }
	[ "$(id -u)" -ne 0 ] || chown postgres "$dir"
	chmod 700 "$dir"
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	(umask 077 && printf '%s\n' "$password" >"$dir/password")
	[ "$(id -u)" -ne 0 ] || chown postgres "$dir/password"
	cd "$dir"
	as_server "$bin/initdb" -D "$dir/data" -U fairway --auth=scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; return 1; }
	rm "$dir/password"
	cat >>"$dir/data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 500
		shared_buffers = 64MB
	CONF
	for try in 1 2 3 4 5; do # the port may be taken between looking and listening
		port=$((10000 + RANDOM % 10000))
		if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -o "-p $port" -w -t 30 start >/dev/null 2>&1; then
			PGPASSWORD=$password "$bin/psql" -q -h 127.0.0.1 -p "$port" -U fairway -d postgres -c 'create database fairway' >&2
			echo "postgres://fairway:$password@127.0.0.1:$port/fairway?sslmode=disable"
			return
		fi
	done
	tail -20 "$dir/data/server.log" >&2
	echo "the server in $dir did not start" >&2
	return 1
}

stop() { # dir
	local dir; dir=$(cd "$1" && pwd)
	cd "$dir"
	[ ! -f "$dir/data/postmaster.pid" ] || as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null
}

database() { # dsn, name
	"$bin/psql" -q -d "$1" -c "create database $2" >&2
	echo "${1%/fairway\?*}/$2?${1#*\?}"
}

case ${1:-} in
found) found ;;
start) found && start "${2:?a folder}" ;;
database) database "${2:?a connection string}" "${3:?a name}" ;;
stop) stop "${2:?a folder}" ;;
*) sed -n '2,12p' "$0" >&2; exit 2 ;;
esac
