#!/usr/bin/env bash
# The same program on real servers. Apache Kafka: the bus's whole test suite against one broker (suite), the
# same against three, and their leaders killed while a site publishes (cluster), the set-up of a
# foreign broker (setup), then the demo with a broker process for each site and one for the federation (demo); needs java
# (17 or newer) and mvn; the jars are fetched once. PostgreSQL: the suites of store, chassis and set-up, and the demo with
# a schema for each service (postgres); needs the system's package postgresql. Ory: the conformance and differential suites
# of sign-in and relations (ory), then the demo with a real Kratos and Keto for all sites, both on PostgreSQL (ory-demo);
# bin/kratos and bin/keto are built, once, where they are missing, which needs a C compiler and takes minutes. Ends only
# what it started. Arguments choose parts.
set -euo pipefail

cd "$(dirname "$0")/.."
root=$PWD
[ $# -gt 0 ] || set -- suite cluster setup demo postgres ory ory-demo
export FAIRWAY_KAFKA_SCRIPT=$root/scripts/kafka/broker.sh
[[ " $* " =~ \ (suite|cluster|setup|demo)\  ]] && scripts/kafka/fetch.sh >/dev/null

work=$(mktemp -d)
# nothing of a run stays behind, however it ends
server=
ory=
trap '[ ! -d "$work/three" ] || scripts/kafka/cluster.sh stop "$work/three" || true
	[ ! -d "$work/fed" ] || "$FAIRWAY_KAFKA_SCRIPT" stop "$work/fed" || true
	[ -z "$ory" ] || scripts/ory.sh stop "$ory" || true
	[ -z "$server" ] || scripts/postgres.sh stop "$server" || true
	rm -rf "$work" ${server:+"$server"} ${ory:+"$ory"}' EXIT

port() { # a free one below those that systems give to outgoing connections
	local p
	while p=$((10000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done
	echo "$p"
}

# The suite makes its own topics, so it runs as the superuser. It is watermill's suite and ours: order, groups, kills.
suite() {
	bin/fairway federation init --dir "$work/fed" >/dev/null
	local addr; addr=127.0.0.1:$(port)
	"$FAIRWAY_KAFKA_SCRIPT" start "$work/fed" "$addr"
	local password; password=$(awk '/^superuser:/ { in_it = 1 } in_it && $1 == "password:" { print $2; exit }' "$work/fed/broker/users.yaml")
	FAIRWAY_KAFKA=$addr FAIRWAY_KAFKA_USER=broker FAIRWAY_KAFKA_PASSWORD=$password FAIRWAY_KAFKA_CA=$work/fed/ca.pem \
		go test -count=1 -short -timeout 20m ./services/platform/bus
	"$FAIRWAY_KAFKA_SCRIPT" stop "$work/fed"
}

# Three brokers, topics three times over. The test of killed leaders starts a cluster of its own.
cluster() {
	export FAIRWAY_KAFKA_CLUSTER=$root/scripts/kafka/cluster.sh
	bin/fairway federation init --dir "$work/three" >/dev/null
	local addresses; addresses=$("$FAIRWAY_KAFKA_CLUSTER" start "$work/three")
	local password; password=$(awk '/^superuser:/ { in_it = 1 } in_it && $1 == "password:" { print $2; exit }' "$work/three/broker/users.yaml")
	FAIRWAY_KAFKA=$addresses FAIRWAY_KAFKA_USER=broker FAIRWAY_KAFKA_PASSWORD=$password FAIRWAY_KAFKA_CA=$work/three/ca.pem \
		go test -count=1 -short -timeout 20m ./services/platform/bus
	"$FAIRWAY_KAFKA_CLUSTER" stop "$work/three"
	go test -count=1 -v -run Killed ./federation/internal/external
}

setup() { go test -count=1 ./federation/internal/external; }

demo() { bin/fairway demo --broker kafka --out out/real; }

start_postgres() { # sets server and dsn
	server=$(mktemp -d) # not below $work, into which the server's user cannot look
	dsn=$(scripts/postgres.sh start "$server")
}

stop_postgres() {
	scripts/postgres.sh stop "$server"
	rm -rf "$server"
	server=
}

postgres() {
	local dsn
	start_postgres
	FAIRWAY_POSTGRES=$dsn go test -count=1 ./services/platform/store ./services/platform/run ./services/platform/setup
	FAIRWAY_DATABASE=$dsn bin/fairway demo --out out/real-postgres
	stop_postgres
}

# asked fails unless the people of the demo are in Kratos and their roles in Keto, and not in engines of our own.
asked() {
	local people roles
	people=$(bin/kratos list identities -e "$(value KRATOS_ADMIN)" --format json 2>/dev/null | grep -o '@example.org"' | wc -l)
	roles=$(bin/keto relation-tuple get --read-remote "$(value KETO_READ)" --insecure-disable-transport-security --format json 2>/dev/null | grep -o '"namespace":"Site"' | wc -l)
	echo "== Kratos has $people people of the demo, Keto $roles roles"
	[ "$people" -gt 0 ] && [ "$roles" -gt 0 ]
}

value() { sed -n "s/^FAIRWAY_$1=//p" <<<"$engines"; } # of what ory.sh printed

ory() {
	[ -x bin/kratos ] && [ -x bin/keto ] || scripts/ory-tools.sh
	KRATOS_BIN=$root/bin/kratos KETO_BIN=$root/bin/keto go test -count=1 ./services/identity/...
}

# Everybody's address is drawn at random, so the sites share one Kratos; their roles lie apart in one Keto. Both are on
# PostgreSQL, since SQLite takes what the people of three sites write one after another, each with a wait for the disk:
# some then wait for longer than they or Kratos do.
ory-demo() {
	[ -x bin/kratos ] && [ -x bin/keto ] || scripts/ory-tools.sh
	local dsn kratos keto engines
	start_postgres
	ory=$(mktemp -d)
	kratos=$(scripts/postgres.sh database "$dsn" kratos)
	keto=$(scripts/postgres.sh database "$dsn" keto)
	engines=$(scripts/ory.sh start "$ory" "$kratos" "$keto")
	# shellcheck disable=SC2086 # one variable a word
	env $engines bin/fairway demo --out out/real-ory
	asked
	scripts/ory.sh stop "$ory"
	stop_postgres
}

for part in "$@"; do
	case $part in
	suite | cluster | setup | demo | postgres | ory | ory-demo) ;;
	*) echo "real: there is no part $part: suite, cluster, setup, demo, postgres, ory, ory-demo" >&2; exit 2 ;;
	esac
	echo "== on real servers: $part"
	started=$SECONDS
	"$part"
	echo "== on real servers: $part done in $((SECONDS - started)) s"
done
