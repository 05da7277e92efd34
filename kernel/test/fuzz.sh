#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# fuzz.sh: a short run of ci/fuzz-kernel, twice the same, and the proof that it finds something: each kernel with a planted fault
# (kernel/test/planted) must end in a broken invariant, an exception in the kernel or a bystander that notices: checked often, before a list that
# the fault has damaged has no end any more.
# `ci/fuzz-kernel` without arguments is the long run.
set -u -o pipefail
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}

tap_check 'fuzz: seeds 1 to 3 with 1 and 4 CPUs' "$here/../../ci/fuzz-kernel" -s 1-3 -n 12000 -k 500 -d "$work/first"
tap_check 'fuzz: seed 1 once more' "$here/../../ci/fuzz-kernel" -s 1-1 -n 12000 -k 500 -d "$work/second"
for cpus in 1 4; do
    tap_check "fuzz: a seed does the same again, $cpus CPUs" cmp "$work/first/1-$cpus.log" "$work/second/1-$cpus.log"
done
for source in "$here"/planted/*.c; do
    name=$(basename "$source" .c)
    cpus=$(sed -n 's/^#define PLANTED_CPUS \([1-8]\)$/\1/p' "$source")
    if "$here/../../ci/fuzz-kernel" -s 1-1 -c "${cpus:-1}" -n 12000 -k 20 -K "$build/kernel/test/planted-$name.elf" -d "$work/$name" >"$work/$name.out" 2>&1
    then tap_fail "fuzz finds the fault planted in $name" "$(tail -n 3 "$work/$name.out")"
    elif grep -q '^    | PANIC\|^    | .*result=fail' "$work/$name.out"; then tap_ok "fuzz finds the fault planted in $name"
    else tap_fail "fuzz finds the fault planted in $name" "failed for another reason: $(cat "$work/$name.out")"; fi
done
tap_done
