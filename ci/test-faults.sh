#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# The equivalence of fast and slow path (workloads/test/equivalence.c) notices what is wrong behind the commit, in each dimension that its scenarios have:
# for every fault below a kernel is built that has it, and must fail. Missing checks before the commit are ci/test-mutants.sh's.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
cd "$here/.." || exit 1
unset MAKEFLAGS MAKELEVEL BUILD
work=$(realpath "${TEST_TMPDIR:?run me through ci/run-tests}")
fast=kernel/x86_64/fastpath.S
guarded=kernel/x86_64/guarded/crossing.h

mkdir "$work/tree" && ci/sources | tar -cf - -T - | tar -xf - -C "$work/tree"
cd "$work/tree" || exit 1
build() { make -s --no-print-directory -j2 build/kernel/tollgate.elf build/boot/archive.cpio build/tollgate build/workloads.txt; }
# run_tests [options]
run_tests() {
    timeout 200 build/tollgate run --cpus 2 --select equivalence --cmdline "run=tests $*" --timeout 150 --results "$work/results" --output "$work/tests.json" </dev/null
}

# fault <name> <file> <sed script> [options of the kernel]
fault() {
    local name=$1 file=$2 script=$3
    shift 3
    cp "$file" "$work/whole"
    sed -i "$script" "$file"
    if cmp -s "$file" "$work/whole"; then tap_fail "$name" "the fault changes nothing in $file"
    elif ! build >"$work/make.log" 2>&1; then tap_fail "$name" "does not build"$'\n'"$(tail -n 5 "$work/make.log")"
    else tap_refuses "red: $name" run_tests "$@"; fi
    cp "$work/whole" "$file"
}

tap_check 'the kernel as it is builds' build
tap_check 'and passes' run_tests
tap_check 'with guards against speculation, too' run_tests mitigations=pti,verw,ibpb
fault 'a word less is copied' $fast 's/\[rsi - REGISTER_WORDS\]$/[rsi - REGISTER_WORDS - 1]/'
fault 'the label loses its rights' $fast '/^    mov     rdi, \[CAP_WORD + GATE_LABELS\]/a \    and     rdi, -4'
fault "the receiver's flags are not its own" $fast '/^    mov     \[CURRENT + THREAD_RFLAGS\], r11d/d'
fault 'FS base is not loaded' $fast '/^    wrmsr$/d'
fault 'owners of FPU state are not looked at' $fast '/^    js      fast_extras/d'
fault 'a message word is lost where FPU state changes hands' $fast '/^    mov     \[PARTNER + THREAD_R9\], r9/d'
fault 'a receiver of another CPU is run on this one' $fast '/^    cmp     \[PARTNER + THREAD_OPEN_WAIT\], CPU_ID/{s/.*/    cmp     dword ptr [PARTNER + THREAD_OPEN_WAIT], 1/;n;s/jne/jb /}'
fault 'a reply may be used twice' $fast '/^    mov     qword ptr \[PARTNER + THREAD_REPLY_FROM\], 0/d'
fault 'a register leaks under page-table isolation' $guarded '/^    xor     r15d, r15d/d' mitigations=pti,verw,ibpb
tap_done
