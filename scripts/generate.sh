#!/bin/sh
# Writes all generated files of the contracts; with -check it only names those that are stale.
set -eu
cd "$(dirname "$0")/../contracts"
exec go run ./internal/generate/cmd "$@"
