#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 30
# The static program that posix.getpid.trampoline runs, on Linux itself: the same file. Environment: BUILD (see ci/run-tests).
set -u
. "$(dirname "$0")/../ci/tap.sh"
program=${BUILD:-build}/guest/workloads/servers/linux/getpid

# word <number>: eight bytes, the lowest first
word() {
    local i rest=$1
    for i in 1 2 3 4 5 6 7 8; do printf "\\$(printf '%03o' $((rest & 255)))"; rest=$((rest >> 8)); done
}

# ask <samples> <calls> <leave out>: status in $status, numbers in $numbers
ask() {
    { word "$1"; word "$2"; word "$3"; } >"$folder/request" # in one piece for the program's read
    numbers=$({ "$program" <"$folder/request"; echo $? >"$folder/status"; } | od -An -v -t d8 -w8)
    status=$(cat "$folder/status")
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

ask 5 100 0
if [ "$status" -eq 0 ] && [ "$(grep -c '^ *[1-9][0-9]*$' <<<"$numbers")" -eq 5 ]; then tap_ok 'Linux runs it: five samples'; else tap_fail 'Linux runs it: five samples' "$status, $numbers"; fi
ask 1025 1 0
if [ "$status" -eq 1 ] && [ -z "$numbers" ]; then tap_ok 'too many samples are refused'; else tap_fail 'too many samples are refused' "$status, $numbers"; fi
status=0
printf 'short' | "$program" >/dev/null || status=$?
if [ "$status" -eq 1 ]; then tap_ok 'a short request is refused'; else tap_fail 'a short request is refused' "$status"; fi
tap_done
