#!/usr/bin/env bash
# Files that follow from others, beside those of generate.sh: "write" writes them anew, "check" names those that are stale.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
case ${1:-} in
write) contracts=() update=(-args -update) ;;
check) contracts=(-check) update=() ;;
*) echo "usage: generated.sh write|check" >&2; exit 2 ;;
esac

scripts/generate.sh ${contracts[@]+"${contracts[@]}"}
# each of these tests compares a file with the program, or writes it
go test -count=1 -run '^TestTheTableInTheDocumentationIsTheOneOfTheProgram$' ./services/platform/config ${update[@]+"${update[@]}"}
go test -count=1 -run '^TestTheFileOfARealKetoIsTheModel$' ./services/identity/internal/relations ${update[@]+"${update[@]}"}
