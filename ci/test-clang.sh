#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 900
# The second compiler: everything builds with clang and the same warnings, and the kernel that it makes measures and passes the guest tests.
set -u
here=$(dirname "$0")
. "$here/tap.sh"
cd "$here/.." || exit 1
unset MAKEFLAGS MAKELEVEL
work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")
# A folder of its own, kept: what did not change is not built again.
build=${BUILD:-build}/clang

tap_check 'builds' env -u BUILD make --no-print-directory -j2 CC=clang BUILD="$build" all
tap_check 'measures' "$build/tollgate" run --select 'ipc.call.*' --results "$work/results" --output "$work/rows.json"
tap_check 'the result names clang' grep -q '"compiler": ".*clang' "$work/rows.json"
tap_check 'passes the guest tests' "$build/tollgate" run --cmdline run=tests --results "$work/results" --output "$work/tests.json"
tap_check 'passes them without the fast path' "$build/tollgate" run --cmdline 'run=tests nofast' --results "$work/results" --output "$work/nofast.json"
tap_done
