#!/bin/sh
# run-tests.sh FOLDER [CTEST ARGUMENT...]: runs the tests, shows the output of those that fail, and sums up.
set -eu
cd "$(dirname "$0")/.."
. build/setup.env
cd "$1"
shift
# Tests run beside each other, and libgomp's threads would spin on the cores that the others need (core/threads.hpp).
[ -n "${OMP_WAIT_POLICY:-}" ] || export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-1000}"
status=0
"${CMAKE%cmake}ctest" --output-on-failure "$@" || status=$?

log=Testing/Temporary/LastTest.log
awk '/^All tests passed \(/ { sub(/.*\(/, ""); assertions += $1; sub(/.* in /, ""); cases += $1 }
     END { printf "%d test cases with %d assertions passed in the suites above.\n", cases, assertions }' "$log"
# Tests that need real data say so where it is not there.
sed -n 's/^ *\(skipped: .*\)/  \1/p' "$log" | sort | uniq
exit $status
