#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 900
# Every check of the fast path is needed: for each conditional jump before the commit, a kernel without it must fail the guest tests.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
unset MAKEFLAGS MAKELEVEL BUILD
work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")
fast=kernel/x86_64/fastpath.S

mkdir "$work/tree" && ci/sources | tar -cf - -T - | tar -xf - -C "$work/tree"
cd "$work/tree" || exit 1
build() { make -s --no-print-directory -j2 build/kernel/tollgate.elf build/boot/archive.cpio build/tollgate build/workloads.txt; }
run_tests() { timeout 200 build/tollgate run --cmdline run=tests --timeout 120 --results "$work/results" --output "$work/tests.json"; }

tap_check 'the kernel as it is builds' build
tap_check 'and passes' run_tests
cp $fast "$work/whole.S"
# Jumps to fast_slow, and in macros to \target; those after the commit skip what is equal and have other targets.
mapfile -t checks < <(grep -nE '^[[:space:]]*j[a-z]+[[:space:]]+(fast_slow|fast_not_served|\\target)' $fast | grep -v 'jmp' | cut -d: -f1)
[ ${#checks[@]} -ge 5 ] || tap_fail 'the checks are found' "${#checks[@]} of them"
for line in "${checks[@]}"; do
    name="line $line,$(sed -n "$((line - 1)),${line}p" "$work/whole.S" | tr -s ' \n' ' ')"
    # A jump that lets in (jbe) becomes one that lets everything in; one that keeps out goes.
    sed "${line}{s/jbe/jmp/;t;d}" "$work/whole.S" >$fast
    if ! build >"$work/make.log" 2>&1; then tap_fail "$name" "does not build without it"$'\n'"$(tail -n 5 "$work/make.log")"; continue; fi
    tap_refuses "tests fail without $name" run_tests
done
tap_done
