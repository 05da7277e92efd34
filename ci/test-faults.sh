#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# The equivalence of fast and slow path (workloads/test/equivalence.c) notices what is wrong behind the commit, in each dimension that its scenarios have:
# for every fault below a kernel is built that has it, and must fail. Missing checks before the commit are ci/test-mutants.sh's.
set -u
here=$(realpath "$(dirname "$0")")
. "$here/tap.sh"
. "$here/mutants.sh"
fast=kernel/x86_64/fastpath.S
guarded=kernel/x86_64/guarded/crossing.h

# planted <name> <file> <sed script> [options of the kernel]
planted() { fault "$1" "$2" "$3" 150 "limit=5 ${4:-}" --cpus 2 --select equivalence; }

tree_copy
tap_check 'the kernel as it is builds' tree_build
tap_check 'and passes' tests_run 150 '' --cpus 2 --select equivalence
tap_check 'with guards against speculation, too' tests_run 150 mitigations=pti,verw,ibpb --cpus 2 --select equivalence
planted 'a word less is copied' $fast 's/\[rsi - REGISTER_WORDS\]$/[rsi - REGISTER_WORDS - 1]/'
planted 'the label loses its rights' $fast '/^    mov     rdi, \[CAP_WORD + GATE_LABELS\]/a \    and     rdi, -4'
planted "the receiver's flags are not its own" $fast '/^    mov     \[CURRENT + THREAD_RFLAGS\], r11d/d'
planted 'FS base is not loaded' $fast '/^    wrmsr$/d'
planted 'owners of FPU state are not looked at' $fast '/^    js      fast_extras/d'
planted 'a message word is lost where FPU state changes hands' $fast '/^    mov     \[PARTNER + THREAD_R9\], r9/d'
planted 'a receiver of another CPU is run on this one' $fast '/^    cmp     \[PARTNER + THREAD_OPEN_WAIT\], CPU_ID/{s/.*/    cmp     dword ptr [PARTNER + THREAD_OPEN_WAIT], 1/;n;s/jne/jb /}'
planted 'who has its reply still waits for it' $fast '/^    mov     qword ptr \[PARTNER + THREAD_REPLY_FROM\], 0/d'
planted 'a reply may be used twice' $fast '/^    mov     qword ptr \[CURRENT + THREAD_CALLER\], offset thread_nobody/d'
planted 'a register leaks under page-table isolation' $guarded '/^    xor     r15d, r15d/d' mitigations=pti,verw,ibpb
tap_done
