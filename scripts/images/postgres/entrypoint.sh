#!/bin/bash
# Starts PostgreSQL by the variables that the image of that name takes: POSTGRES_USER, POSTGRES_DB, and POSTGRES_PASSWORD
# or POSTGRES_PASSWORD_FILE. An empty data folder is filled first, by a server that no network reaches.
set -euo pipefail
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
: "${PGDATA:?}"

[ "${1:-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
	install -d -m 0700 -o postgres -g postgres "$PGDATA"
	install -d -m 2775 -o postgres -g postgres /var/run/postgresql
	if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then # which only root may be able to read
		POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
		export POSTGRES_PASSWORD
	fi
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb -D "$PGDATA" -U "$user" --pwfile=<(printf %s "${POSTGRES_PASSWORD:?}") --auth-local=trust --auth-host=scram-sha-256 \
		-E UTF8 --locale=C.UTF-8 >/dev/null
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
	pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
	[ "$database" = postgres ] || createdb -U "$user" "$database"
	pg_ctl -D "$PGDATA" -m fast -w stop
fi
unset POSTGRES_PASSWORD
# the compiler of queries is left out of the image
exec "$@" -c listen_addresses='*' -c jit=off
