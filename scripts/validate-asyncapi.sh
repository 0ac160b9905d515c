#!/usr/bin/env bash
# Checks contracts/asyncapi/asyncapi.json with the official AsyncAPI parser, fetched from npm as the lock file of
# scripts/tools/asyncapi says. An argument is another document instead. Status 3: node, npm or the package cannot be had.
set -euo pipefail

cd "$(dirname "$0")/.."
document=${1:-contracts/asyncapi/asyncapi.json}
command -v node >/dev/null && command -v npm >/dev/null || {
	echo "validate-asyncapi: there is no node or no npm: install Node.js 20 or newer" >&2
	exit 3
}
tool=$PWD/scripts/tools/asyncapi
modules=$PWD/bin/asyncapi
if ! cmp -s "$tool/package-lock.json" "$modules/package-lock.json"; then
	mkdir -p "$modules"
	cp "$tool/package.json" "$tool/package-lock.json" "$modules/"
	(cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || {
		rm -f "$modules/package-lock.json"
		echo "validate-asyncapi: npm could not fetch the parser" >&2
		exit 3
	}
fi
node "$tool/validate.js" "$modules" "$document"
