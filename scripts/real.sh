#!/usr/bin/env bash
# The same program on real servers. Apache Kafka: the bus's whole test suite against one broker (suite), the
# same against three, and their leaders killed while a site publishes (cluster), both in full size and with brokers
# restarted under it where FAIRWAY_SUITE=full is set; watermill's stress test (stress, which takes longest and runs only when
# asked for); the set-up of a foreign broker (setup), then the demo with a broker process for each site and one for the
# federation, and on PostgreSQL where that is installed (demo); needs java
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
kafka_cluster=$root/scripts/kafka/cluster.sh
[[ " $* " =~ \ (suite|cluster|stress|setup|demo)\  ]] && scripts/kafka/fetch.sh >/dev/null

work=$(mktemp -d)
# nothing of a run stays behind, however it ends
server=
ory=
trap '[ ! -d "$work/three" ] || "$kafka_cluster" stop "$work/three" || true
	[ ! -d "$work/fed" ] || "$FAIRWAY_KAFKA_SCRIPT" stop "$work/fed" || true
	[ -z "$ory" ] || scripts/ory.sh stop "$ory" || true
	[ -z "$server" ] || scripts/postgres.sh stop "$server" || true
	rm -rf "$work" ${server:+"$server"} ${ory:+"$ory"}' EXIT

port() { # a free one below those that systems give to outgoing connections
	local p
	while p=$((10000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done
	echo "$p"
}

# bus_suite runs watermill's suite and ours. It makes its own topics, so it is the superuser. FAIRWAY_SUITE=full: in full size,
# with a broker restarted under it, and with the longer limits that watermill itself has for such runs (its tag stress), since
# a JVM needs seconds to start. Else the short form.
bus_suite() { # folder addresses restart-command [more of go test]
	local form=(-short) restart= password
	if [ "${FAIRWAY_SUITE:-}" = full ]; then form=(-tags stress) restart=$3; fi
	password=$(awk '/^superuser:/ { in_it = 1 } in_it && $1 == "password:" { print $2; exit }' "$1/broker/users.yaml")
	FAIRWAY_KAFKA=$2 FAIRWAY_KAFKA_USER=broker FAIRWAY_KAFKA_PASSWORD=$password FAIRWAY_KAFKA_CA=$1/ca.pem FAIRWAY_KAFKA_RESTART=$restart \
		go test -count=1 -timeout 30m "${form[@]}" "${@:4}" ./services/platform/bus
}

suite() {
	bin/fairway federation init --dir "$work/fed" >/dev/null
	local addr; addr=127.0.0.1:$(port)
	"$FAIRWAY_KAFKA_SCRIPT" start "$work/fed" "$addr"
	bus_suite "$work/fed" "$addr" "$FAIRWAY_KAFKA_SCRIPT restart $work/fed"
	"$FAIRWAY_KAFKA_SCRIPT" stop "$work/fed"
}

three() { # starts three brokers and says where
	bin/fairway federation init --dir "$work/three" >/dev/null
	"$kafka_cluster" start "$work/three"
}

# Three brokers, topics three times over; in the full form one of them is killed and started again under the suite. The
# test of killed leaders starts a cluster of its own.
cluster() {
	local addresses; addresses=$(three)
	bus_suite "$work/three" "$addresses" "$kafka_cluster bounce $work/three"
	"$kafka_cluster" stop "$work/three"
	rm -rf "$work/three"
	FAIRWAY_KAFKA_CLUSTER=$kafka_cluster go test -count=1 -v -run Killed ./federation/internal/external
}

# The stress test is the whole suite in full size STRESS_TEST_COUNT times at once, on three brokers, which are busy then.
stress() {
	export STRESS_TEST_COUNT=${STRESS_TEST_COUNT:-2} FAIRWAY_KAFKA_DEAD_AFTER=18000
	local addresses; addresses=$(three)
	FAIRWAY_SUITE=full bus_suite "$work/three" "$addresses" "" -run TestSuiteStress
	"$kafka_cluster" stop "$work/three"
	rm -rf "$work/three"
}

setup() { go test -count=1 ./federation/internal/external; }

start_postgres() { # sets server and dsn
	server=$(mktemp -d) # not below $work, into which the server's user cannot look
	dsn=$(scripts/postgres.sh start "$server")
}

stop_postgres() {
	scripts/postgres.sh stop "$server"
	rm -rf "$server"
	server=
}

# On Kafka and, where it is installed, on PostgreSQL. FAIRWAY_PLAY: a feature alone, where there is no time for twelve brokers.
demo() {
	local dsn= play=(demo)
	if scripts/postgres.sh found >/dev/null 2>&1; then start_postgres; else echo "== on real servers: no PostgreSQL, so on SQLite"; fi
	[ -z "${FAIRWAY_PLAY:-}" ] || play=(run "$FAIRWAY_PLAY")
	FAIRWAY_DATABASE=$dsn bin/fairway "${play[@]}" --broker kafka --out out/real
	[ -z "$dsn" ] || stop_postgres
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
	suite | cluster | stress | setup | demo | postgres | ory | ory-demo) ;;
	*) echo "real: there is no part $part: suite, cluster, stress, setup, demo, postgres, ory, ory-demo" >&2; exit 2 ;;
	esac
	echo "== on real servers: $part"
	started=$SECONDS
	"$part"
	echo "== on real servers: $part done in $((SECONDS - started)) s"
done
