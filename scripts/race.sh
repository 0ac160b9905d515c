#!/usr/bin/env bash
# Tests under the race detector, of the packages in which much happens at once. Arguments are packages instead of these.
set -euo pipefail

cd "$(dirname "$0")/.."
command -v "${CC:-cc}" >/dev/null || {
	echo "race: there is no C compiler, which the race detector needs: install one (Debian: gcc libc6-dev) or set CC" >&2
	exit 1
}
[ $# -gt 0 ] || set -- ./services/platform/bus ./services/platform/broker ./services/platform/run/... ./services/platform/store \
	./services/platform/people ./services/platform/failpoint ./federation/gateway ./federation/internal/app ./federation/internal/study
skipped=(
	# watermill's TestReconnect itself reads the list of what it has sent while its senders still append to it
	'^TestSuite.*$/^TestReconnect$'
	# long tables of one event after the other, which are half of the time and run nothing at once that the rest does not
	'^TestAModelThatCannotBeEstimatedFailsItsStudyWithAReason$'
	'^TestEachAttackAtTheBorderIsRefusedForItsReasonAndHasNoEffect$'
	'^TestAResultOfManyPartsCostsEachPartOnce$'
)
CGO_ENABLED=1 go test -race -short -skip "$(IFS='|'; echo "${skipped[*]}")" "$@"
