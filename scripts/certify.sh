#!/usr/bin/env bash
# Judges the airlock in Python and its broken variants: installs what it needs into a folder that is removed afterwards, and
# runs the tests of features/certify with it. Where no Python 3 with venv, or no package index, can be had, says why and ends
# with status 3. With FAIRWAY_PYTHON set, nothing is installed.
set -euo pipefail

cd "$(dirname "$0")/.."
export CGO_ENABLED=0
without() { echo "certify: left out: $*" >&2; exit 3; }

if [ -z "${FAIRWAY_PYTHON:-}" ]; then
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
	command -v python3 >/dev/null || without "no python3"
	python3 -m venv "$folder/venv" >&2 || without "python3 has no module venv (package python3-venv)"
	"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r features/airlock-python/requirements.txt >&2 ||
		without "what features/airlock-python/requirements.txt names could not be installed"
	export FAIRWAY_PYTHON=$folder/venv/bin/python
fi
go test -count=1 -timeout 20m ./features/certify "$@"
