#!/usr/bin/env bash
# Builds the images of the container tests and of compose/ where no registry is to be had: fairway-debian:12 (mmdebstrap or
# debootstrap), fairway-postgres:15 (Debian's package), fairway-kafka:4.3 (Maven's jars, and a Java runtime of the modules that
# they use) and fairway:local (bin/fairway alone). What is there already is kept, but for fairway:local; arguments choose
# images: debian, postgres, kafka, fairway. Needs a running engine, and the network for what is missing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
docker=${FAIRWAY_DOCKER:-docker}
[ $# -gt 0 ] || set -- postgres kafka fairway
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

fail() { echo "images: $*" >&2; exit 1; }
there() { "$docker" image inspect "$1" >/dev/null 2>&1; }

debian() {
	! there fairway-debian:12 || return 0
	echo "images: making fairway-debian:12"
	if command -v mmdebstrap >/dev/null; then
		mmdebstrap -q --variant=minbase --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$context/base.tar"
	else
		command -v debootstrap >/dev/null || fail "neither mmdebstrap nor debootstrap is there: install one"
		debootstrap --variant=minbase bookworm "$context/base" >/dev/null
		tar -C "$context/base" -cf "$context/base.tar" .
	fi
	"$docker" import --change 'CMD ["/bin/bash"]' "$context/base.tar" fairway-debian:12 >/dev/null
	rm "$context/base.tar"
}

build() { # tag, folder
	echo "images: building $1"
	"$docker" build -q -t "$1" "$2" >/dev/null
}

postgres() {
	! there fairway-postgres:15 || return 0
	debian
	build fairway-postgres:15 "$here/images/postgres"
}

kafka() {
	! there fairway-kafka:4.3 || return 0
	debian
	command -v jlink >/dev/null || fail "there is no jlink: install a JDK, 17 or newer (Debian: openjdk-17-jdk-headless)"
	cp -r "$here/images/kafka" "$context/kafka"
	cp "$here/kafka/log4j2.properties" "$context/kafka/"
	cp -r "$("$here/kafka/fetch.sh")" "$context/kafka/libs"
	jlink --add-modules java.base,java.desktop,java.logging,java.management,java.management.rmi,java.naming,java.net.http,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.unsupported,jdk.jfr,jdk.management,jdk.management.agent,jdk.zipfs,jdk.naming.dns,jdk.httpserver \
		--strip-debug --no-man-pages --no-header-files --compress=2 --output "$context/kafka/jre"
	chmod -R go+rX "$context/kafka"
	build fairway-kafka:4.3 "$context/kafka"
}

ory() { # name, tag
	! there "$2" || return 0
	debian
	[ -x "$here/../bin/$1" ] || "$here/ory-tools.sh"
	cp -r "$here/images/$1" "$context/$1"
	cp "$here/../bin/$1" "$context/$1/"
	build "$2" "$context/$1"
}

kratos() { ory kratos fairway-kratos:1.3.1; }
keto() { ory keto fairway-keto:0.14.0; }

fairway() {
	mkdir "$context/fairway"
	cp "$here/../compose/Dockerfile" "$context/fairway/"
	(cd "$here/.." && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$context/fairway/fairway" ./features/cmd/fairway)
	build fairway:local "$context/fairway"
}

for image in "$@"; do
	case $image in
	debian | postgres | kafka | kratos | keto | fairway) "$image" ;;
	*) fail "there is no image $image: debian, postgres, kafka, kratos, keto, fairway" ;;
	esac
done
