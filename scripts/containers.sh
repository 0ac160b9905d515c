#!/usr/bin/env bash
# The suites on servers in containers: the bus on Apache Kafka and the store on PostgreSQL by testcontainers-go (suites), then
# one site of compose/ on both, until it is ready, and down again (compose). Starts an engine where none runs and ends only
# what it started; where none can be had, or no
# images, says why and ends with status 3. Images: FAIRWAY_KAFKA_IMAGE and
# FAIRWAY_POSTGRES_IMAGE, by default those of scripts/images.sh. Arguments choose parts.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
[ $# -gt 0 ] || set -- suites compose
export CGO_ENABLED=0
engine=$(mktemp -d)
site=
trap '[ -z "$site" ] || down || true
	scripts/engine.sh stop "$engine" || true
	rm -rf "$engine" ${site:+"$site"}' EXIT

without() { echo "containers: left out: $*" >&2; exit 3; }

bin=$(scripts/engine.sh start "$engine") || without "no engine of containers, see above"
export PATH=$bin:$PATH FAIRWAY_CONTAINERS=must
# published ports are on 127.0.0.1; what ends the containers is the test itself, not one more container
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 TESTCONTAINERS_RYUK_DISABLED=true

images() { scripts/images.sh "$@" || without "the images could not be built, see above"; }

suites() {
	[ -n "${FAIRWAY_POSTGRES_IMAGE:-}" ] || { images postgres; export FAIRWAY_POSTGRES_IMAGE=fairway-postgres:15; }
	[ -n "${FAIRWAY_KAFKA_IMAGE:-}" ] || { images kafka; export FAIRWAY_KAFKA_IMAGE=fairway-kafka:4.3; }
	(cd scripts/tools/containers && GOWORK=off go test -count=1 -timeout 30m ./...)
}

# compose_program is docker compose: the plugin that is there, else one built here, once, in minutes.
compose_program() {
	if docker compose version >/dev/null 2>&1; then return; fi
	if [ ! -x bin/docker-compose ]; then
		echo "containers: building docker compose v2.40.3"
		(cd scripts/tools/compose && GOWORK=off nice -n 10 go build -trimpath \
			-ldflags '-s -w -X github.com/docker/compose/v2/internal.Version=v2.40.3' -o "$root/bin/docker-compose" github.com/docker/compose/v2/cmd) ||
			without "docker compose could not be built, see above"
	fi
	composer=("$root/bin/docker-compose")
}
composer=(docker compose)

up_and_down() { compose/try.sh "$site" "${composer[@]}"; }
down() { compose/try.sh --down "$site" "${composer[@]}" >/dev/null 2>&1; }

compose() {
	images postgres kafka fairway
	compose_program
	site=$(mktemp -d)
	up_and_down
}

for part in "$@"; do
	case $part in
	suites | compose) ;;
	*) echo "containers: there is no part $part: suites, compose" >&2; exit 2 ;;
	esac
	echo "== in containers: $part"
	started=$SECONDS
	"$part"
	echo "== in containers: $part done in $((SECONDS - started)) s"
done
