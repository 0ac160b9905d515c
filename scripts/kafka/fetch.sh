#!/usr/bin/env bash
# Copies Apache Kafka's jars by Maven into a cache, once, and prints the folder that holds them.
# The cache is $FAIRWAY_KAFKA_LIBS, else fairway/kafka-<version> in $XDG_CACHE_HOME or ~/.cache. Needs java (17 or
# newer), mvn and, the first time, the network.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n '/<artifactId>kafka_/{n;s:.*<version>\(.*\)</version>.*:\1:p}' "$here/pom.xml")
libs=${FAIRWAY_KAFKA_LIBS:-${XDG_CACHE_HOME:-${HOME:?set HOME or FAIRWAY_KAFKA_LIBS}/.cache}/fairway/kafka-$version}

fail() { echo "kafka: $*" >&2; exit 1; }

command -v java >/dev/null || fail "there is no java: install a Java runtime, 17 or newer (Debian: openjdk-17-jre-headless)"
major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
[ "${major:-0}" -ge 17 ] || fail "this java is version ${major:-unknown}: Kafka $version needs 17 or newer"

if [ ! -e "$libs/kafka_2.13-$version.jar" ]; then
	command -v mvn >/dev/null || fail "there is no mvn to fetch Kafka $version: install Maven (Debian: maven), or set FAIRWAY_KAFKA_LIBS"
	mkdir -p "$(dirname "$libs")"
	new=$(mktemp -d "$libs.new-XXXXXXXX")
	trap 'rm -rf "$new"' EXIT
	echo "kafka: fetching Apache Kafka $version into $libs" >&2
	mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$new" >&2 ||
		fail "Maven could not fetch Kafka $version: see above; is the network there?"
	# another run may have been faster; its jars are the same
	mv -T "$new" "$libs" 2>/dev/null || [ -e "$libs/kafka_2.13-$version.jar" ] || fail "cannot write $libs"
fi
echo "$libs"
