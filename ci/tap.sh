# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Helpers for test scripts that print TAP; source it. tap_done prints the plan and gives the exit status.
tap_tests=0 tap_failed=0

tap_ok()   { tap_tests=$((tap_tests + 1)); echo "ok $tap_tests - $1"; }
tap_skip() { tap_tests=$((tap_tests + 1)); echo "ok $tap_tests - $1 # SKIP $2"; }
tap_fail() {
    tap_tests=$((tap_tests + 1)) tap_failed=$((tap_failed + 1))
    echo "not ok $tap_tests - $1"
    if [ -n "${2:-}" ]; then echo "# ${2//$'\n'/$'\n# '}"; fi
}

# tap_check <name> <command>...: passes when the command ends in 0; its output becomes comments when it does not.
tap_check() {
    local name=$1 output status
    shift
    output=$("$@" 2>&1) && status=0 || status=$?
    if [ $status -eq 0 ]; then tap_ok "$name"; else tap_fail "$name" "exit status $status: $*"$'\n'"$(tail -n 40 <<<"$output")"; fi
}

# tap_refuses <name> <command>...: passes when the command fails by itself (neither found missing nor killed).
tap_refuses() {
    local name=$1 output status
    shift
    output=$("$@" 2>&1) && status=0 || status=$?
    if [ $status -gt 0 ] && [ $status -lt 124 ]; then tap_ok "$name"; else tap_fail "$name" "exit status $status: $*"$'\n'"$(tail -n 40 <<<"$output")"; fi
}

# tap_refuses_saying <name> <extended regular expression> <command>...: the same, and a line of its output says why.
tap_refuses_saying() {
    local name=$1 why=$2 output status
    shift 2
    output=$("$@" 2>&1) && status=0 || status=$?
    if [ $status -gt 0 ] && [ $status -lt 124 ] && grep -Eq -- "$why" <<<"$output"; then tap_ok "$name"
    else tap_fail "$name" "exit status $status, no line like \"$why\": $*"$'\n'"$(tail -n 40 <<<"$output")"; fi
}

tap_done() {
    echo "1..$tap_tests"
    [ "$tap_failed" -eq 0 ] && [ "$tap_tests" -gt 0 ]
}
