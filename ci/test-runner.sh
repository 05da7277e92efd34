#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Self-test of ci/run-tests: every way in which a suite can fail, or pretend not to, must end red; a sound one green.
set -u
unset MAKEFLAGS MAKELEVEL
here=$(dirname "$0")
. "$here/tap.sh"
work=${TEST_TMPDIR:?run me through ci/run-tests}
runner=$(realpath "$here/run-tests")

# suite <name>: a test script whose body comes on stdin.
suite() { { echo '#!/bin/bash'; cat; } >"$work/$1"; chmod +x "$work/$1"; }

# run <arguments>: the runner's last line in $last, its status in $status.
run() {
    output=$(BUILD="$work/build" MAKE="make -f $work/makefile" TEST_JOBS=2 "$runner" "$@" 2>&1)
    status=$?
    last=$(tail -n 1 <<<"$output")
}

# expect <name> <status> <last line> <arguments>
expect() {
    local name=$1 want_status=$2 want=$3
    shift 3
    run "$@"
    if [ "$status" -eq "$want_status" ] && [ "$last" = "$want" ]; then
        tap_ok "$name"
    else
        tap_fail "$name" "status $status, wanted $want_status; last line '$last', wanted '$want'"$'\n'"$output"
    fi
}

suite good <<<'printf "1..2\nok 1 - a\nok 2 - b\n"'
suite late <<<'printf "ok 1 - a\n1..1\nok 1 - b\nok 2 - c\n1..2\n"'
suite groups <<<'printf "1..1\nok 1 - a\n1..1\nok 1 - b\n"'
suite skips <<<'printf "1..3\nok 1 - a # SKIP no metal\nnot ok 2 # SKIP b\nok 3 - c\n"'
expect 'sound suite' 0 '2 passed, 0 failed' "$work/good"
expect 'late plans' 0 '3 passed, 0 failed' "$work/late"
expect 'several groups' 0 '2 passed, 0 failed' "$work/groups"
expect 'skips are not passes' 0 '1 passed, 0 failed' "$work/skips"
expect 'two suites add up' 0 '4 passed, 0 failed' "$work/good" "$work/groups"

suite red <<<'printf "1..2\nok 1 - a\nnot ok 2 - b\n"'
suite silent <<<'exit 0'
suite chatter <<<'echo all is well'
suite crash <<<'printf "1..1\nok 1 - a\n"; kill -SEGV $$'
suite late_exit <<<'printf "1..1\nok 1 - a\n"; exit 3'
suite short <<<'printf "1..3\nok 1 - a\nok 2 - b\n"'
suite long <<<'printf "1..1\nok 1 - a\nok 2 - b\n"'
suite no_plan <<<'printf "ok 1 - a\n"'
suite twice <<<'printf "1..2\nok 1 - a\nok 1 - b\n"'
suite unnumbered <<<'printf "1..1\nok - a\n"'
suite bail <<<'printf "1..1\nok 1 - a\nBail out! no disk\n"'
suite only_skips <<<'printf "1..1\nok 1 - a # SKIP why\n"'
suite count_lies <<<'printf "PASS a\nPASS b\n3 passed, 0 failed\n"'
suite count_missing <<<'printf "PASS a\n"'
suite hang <<<'# test-limit-seconds: 1
printf "1..1\nok 1 - a\n"; sleep 60'
expect 'failed test' 1 '1 passed, 1 failed' "$work/red"
expect 'silent suite' 1 '0 passed, 1 failed' "$work/silent"
expect 'output without tests' 1 '0 passed, 1 failed' "$work/chatter"
expect 'crash after the last test' 1 '1 passed, 1 failed' "$work/crash"
expect 'exit status not 0' 1 '1 passed, 1 failed' "$work/late_exit"
expect 'fewer tests than planned' 1 '2 passed, 1 failed' "$work/short"
expect 'more tests than planned' 1 '2 passed, 1 failed' "$work/long"
expect 'no plan' 1 '1 passed, 1 failed' "$work/no_plan"
expect 'number repeated' 1 '2 passed, 1 failed' "$work/twice"
expect 'no number' 1 '1 passed, 1 failed' "$work/unnumbered"
expect 'bail out' 1 '1 passed, 1 failed' "$work/bail"
expect 'nothing but skips is no success' 1 '0 passed, 0 failed' "$work/only_skips"
expect 'wrong closing count' 1 '2 passed, 1 failed' "$work/count_lies"
expect 'no closing count' 1 '1 passed, 1 failed' "$work/count_missing"
expect 'over its time limit' 1 '1 passed, 1 failed' "$work/hang"
expect 'suite that does not exist' 1 '0 passed, 1 failed' "$work/none"
expect 'one red suite among good ones' 1 '3 passed, 1 failed' "$work/good" "$work/red"
expect 'nothing to run' 1 '0 passed, 0 failed'

printf 'fine: ; @printf "1..1\\nok 1 - a\\n"\nred: ; @printf "1..1\\nok 1 - a\\n"; false\nbroken: ; false\nbuilt: ; true\n' >"$work/makefile"
expect 'make goal' 0 '1 passed, 0 failed' -g fine
expect 'make goal that fails' 1 '1 passed, 1 failed' -g red
expect 'make goal without a rule' 1 '0 passed, 1 failed' -g nothing
expect 'build that fails ends the run' 1 '0 passed, 1 failed' -b broken "$work/good"
expect 'build that succeeds is a test' 0 '3 passed, 0 failed' -b built "$work/good"
run "$work/good" "$work/good"
if [ $status -eq 2 ]; then tap_ok 'two suites of one name are refused'; else tap_fail 'two suites of one name are refused' "$output"; fi
tap_done
