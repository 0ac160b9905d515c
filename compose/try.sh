#!/usr/bin/env bash
# Brings one site up in containers on Apache Kafka and PostgreSQL, asks each service whether it is ready, and takes all down.
#
#   compose/try.sh DIR COMPOSE...          in the empty folder DIR; COMPOSE... is the program, such as: docker compose
#   compose/try.sh --down DIR COMPOSE...   takes down what an interrupted run left
#
# Images by scripts/images.sh. Everything is reached on 127.0.0.1 only.
set -euo pipefail

down_only=
[ "${1:-}" != --down ] || { down_only=yes; shift; }
[ $# -ge 2 ] || { sed -n '4,5s/^# *//p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(cd "$1" && pwd); shift
compose=("$@")
project=fairway-$(basename "$dir" | tr 'A-Z' 'a-z' | tr -cd 'a-z0-9')

port() { # a free one below those that systems give to outgoing connections
	local p
	while p=$((10000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done
	echo "$p"
}

on() { # part, arguments of compose...
	local part=$1 files; shift
	case $part in
	site) files=(-f "$root/compose/site.yaml" -f "$root/compose/kafka.yaml") ;;
	*) files=(-f "$root/compose/$part.yaml") ;;
	esac
	"${compose[@]}" --progress quiet -p "$project-$part" "${files[@]}" "$@"
}

down() { local part; for part in site federation postgres; do on "$part" down -v -t 10 || true; done; }

# the ports of a run are kept with it
if [ ! -e "$dir/ports" ]; then
	echo "BROKER_PORT=$(port) POSTGRES_PORT=$(port)" >"$dir/ports"
fi
# shellcheck source=/dev/null
. "$dir/ports"
export BROKER_PORT POSTGRES_PORT SITE=$dir/molgenis FEDERATION=$dir/fed PASSWORD_FILE=$dir/password
OWNER=$(id -u):$(id -g)
export OWNER
[ -z "$down_only" ] || { down; exit; }

trap 'status=$?; [ $status = 0 ] || on site logs --tail 5 >&2 || true; down; exit $status' EXIT
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf %s "$password" >"$PASSWORD_FILE"
on postgres up -d --wait
fairway=$root/bin/fairway
"$fairway" federation init --dir "$FEDERATION"
FAIRWAY_DATABASE=postgres://fairway:$password@127.0.0.1:$POSTGRES_PORT/fairway?sslmode=disable \
	"$fairway" site init --dir "$SITE" --profile molgenis --federation "$FEDERATION" --broker "127.0.0.1:$BROKER_PORT"
on federation up -d --wait
"$root/scripts/kafka/broker.sh" prepare "$SITE" "127.0.0.1:$BROKER_PORT"
on site up -d --wait broker
"$fairway" site provision-broker --dir "$SITE" --broker "127.0.0.1:$BROKER_PORT"
on site up -d --wait
"$fairway" site ready --dir "$SITE"
on site ps
echo "compose: the site is up, and each of its services says that it is ready"
