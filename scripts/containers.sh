#!/usr/bin/env bash
# The suites on servers in containers: the bus on Apache Kafka and the store on PostgreSQL by testcontainers-go (suites),
# sign-in on Ory Kratos and relations on Ory Keto likewise (identity), then one site of compose/ on Kafka and PostgreSQL, until
# it is ready, and down again (compose). Starts an engine where none runs and ends only what it started; where none can be
# had, or no images, says why and ends with status 3. Images: FAIRWAY_KAFKA_IMAGE, FAIRWAY_POSTGRES_IMAGE,
# FAIRWAY_KRATOS_IMAGE and FAIRWAY_KETO_IMAGE, by default those of scripts/images.sh. Arguments choose parts.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
[ $# -gt 0 ] || set -- suites identity compose
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

# image exports the variable that names an image, if it is not set, once there is one.
image() { # variable, image, tag
	[ -z "${!1:-}" ] || return 0
	images "$2"
	export "$1=fairway-$2:$3"
}

containers_test() { (cd scripts/tools/containers && GOWORK=off go test -count=1 -timeout 30m "$@" ./...); }

suites() {
	image FAIRWAY_POSTGRES_IMAGE postgres 15
	image FAIRWAY_KAFKA_IMAGE kafka 4.3
	containers_test -skip 'Kratos|Keto'
}

identity() {
	image FAIRWAY_POSTGRES_IMAGE postgres 15
	image FAIRWAY_KRATOS_IMAGE kratos 1.3.1
	image FAIRWAY_KETO_IMAGE keto 0.14.0
	containers_test -run 'Kratos|Keto'
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
	suites | identity | compose) ;;
	*) echo "containers: there is no part $part: suites, identity, compose" >&2; exit 2 ;;
	esac
	echo "== in containers: $part"
	started=$SECONDS
	"$part"
	echo "== in containers: $part done in $((SECONDS - started)) s"
done
