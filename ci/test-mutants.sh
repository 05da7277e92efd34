#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 900
# Every check of the fast path is needed: for each conditional jump before the commit, a kernel without it must fail the guest tests.
#   MUTANTS=REGEX  only those whose name, "line N, ...", matches
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
. "$here/mutants.sh"
fast=kernel/x86_64/fastpath.S

tree_copy
tap_check 'the kernel as it is builds' tree_build
tap_check 'and passes' tests_run 250 limit=30
# Jumps to fast_slow, and in macros to \target; those after the commit skip what is equal and have other targets.
mapfile -t checks < <(grep -nE '^[[:space:]]*j[a-z]+[[:space:]]+(fast_slow|fast_not_served|\\target)' $fast | grep -v 'jmp' | cut -d: -f1)
[ ${#checks[@]} -ge 5 ] || tap_fail 'the checks are found' "${#checks[@]} of them"
for line in "${checks[@]}"; do
    name="line $line,$(sed -n "$((line - 1)),${line}p" $fast | tr -s ' \n' ' ')"
    [[ $name =~ ${MUTANTS:-} ]] || continue
    # A jump that lets in (jbe) becomes one that lets everything in; one that keeps out goes.
    fault "without $name" $fast "${line}{s/jbe/jmp/;t;d}" 250 limit=30
done
tap_done
