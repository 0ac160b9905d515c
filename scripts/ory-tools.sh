#!/bin/sh
# Builds the real Ory servers that the conformance suites can run against: bin/kratos and bin/keto.
# Needs a C compiler (their SQLite driver is C) and, once, the network. Takes minutes of one processor core.
# Then: KRATOS_BIN=$PWD/bin/kratos KETO_BIN=$PWD/bin/keto go test ./services/identity/...
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/bin"
export GOWORK=off CGO_ENABLED=1

command -v "${CC:-cc}" >/dev/null || { echo "ory-tools: no C compiler: install one or set CC" >&2; exit 1; }

build() { # name, version, package of the version
	echo "ory-tools: building $1 $2"
	(cd "$root/scripts/tools/$1" && nice -n 10 go build -p 1 -tags sqlite \
		-ldflags "-s -w -X $3.Version=$2" -o "$root/bin/$1" "github.com/ory/$1")
}

build keto v0.14.0 github.com/ory/keto/internal/driver/config
build kratos v1.3.1 github.com/ory/kratos/driver/config
"$root/bin/keto" version
"$root/bin/kratos" version
