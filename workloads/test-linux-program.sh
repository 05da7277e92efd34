#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 30
# The static program that posix.*.trampoline run, on Linux itself: the same file. Environment: BUILD (see ci/run-tests).
set -u
. "$(dirname "$0")/../ci/tap.sh"
program=${BUILD:-build}/guest/workloads/servers/linux/calls

# word <number>: eight bytes, the lowest first
word() {
    local i rest=$1
    for i in 1 2 3 4 5 6 7 8; do printf "\\$(printf '%03o' $((rest & 255)))"; rest=$((rest >> 8)); done
}

# ask <samples> <calls> <leave out> <number of the call> <descriptor> <bytes>: status in $status, numbers in $numbers
ask() {
    { word "$1"; word "$2"; word "$3"; word "$4"; word "$5"; word "$6"; } >"$folder/request" # in one piece for the program's read
    numbers=$({ "$program" <"$folder/request" 3>/dev/null 4</dev/zero; echo $? >"$folder/status"; } | od -An -v -t d8 -w8)
    status=$(cat "$folder/status")
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

good() { if [ "$status" -eq 0 ] && [ "$(grep -c '^ *[1-9][0-9]*$' <<<"$numbers")" -eq 5 ]; then tap_ok "$1"; else tap_fail "$1" "$status, $numbers"; fi; }
refused() { if [ "$status" -eq 1 ] && [ -z "$numbers" ]; then tap_ok "$1"; else tap_fail "$1" "$status, $numbers"; fi; }
ask 5 100 0 39 0 0; good 'Linux runs it: five samples of getpid'
ask 5 100 0 1 3 64; good 'and of a write to /dev/null'
ask 5 100 0 0 4 64; good 'and of a read from /dev/zero'
ask 5 100 1 1 3 64; good 'and of neither'
ask 1025 1 0 39 0 0; refused 'too many samples are refused'
ask 1 1 0 0 4 4097; refused 'more than its buffer is refused'
ask 1 1 0 1 4 64; refused 'a call that fails is told'
status=0
printf 'short' | "$program" >/dev/null || status=$?
if [ "$status" -eq 1 ]; then tap_ok 'a short request is refused'; else tap_fail 'a short request is refused' "$status"; fi
tap_done
