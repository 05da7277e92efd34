#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 800
# The fast path against the slow one (workloads/test/equivalence.c) on two CPUs, in the ordinary build, in that with guards against speculation, and in the instrumented one, which counts every
# way out of the fast path: one that was not taken fails. Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}

# session <name> <further options>: its tests as TAP lines; what is counted stands in the name.
session() {
    local log=$work/$1.log status=0 result name
    timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -smp 2 \
        -accel tcg,thread=single -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none \
        -serial "file:$log" -kernel "$build/kernel/tollgate.elf" -initrd "$build/boot/archive.cpio" -append "run=tests select=equivalence $2" </dev/null || status=$?
    while read -r result name; do
        case $result in
        pass) tap_ok "$1: $name" ;;
        skip) tap_skip "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        *) tap_fail "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        esac
    done < <(sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\)\(.*\) \*[0-9a-f]*\r*$/\2 \1\3/p' "$log" | sed 's/%20/ /g')
    if [ $status -eq 33 ]; then tap_ok "$1: the session ends well"; else tap_fail "$1: the session ends well" "exit status $status; $(tail -n 3 "$log")"; fi
}

session traced trace=on
session ordinary ''
session guarded mitigations=pti,verw,ibpb
if grep -q '^@tg [0-9]* context mitigations=pti,verw,ibpb ' "$work/guarded.log"; then tap_ok 'guarded: the guards were in force'; else tap_fail 'guarded: the guards were in force'; fi
counted=$(grep -c 'name=equivalence:%20count%20of%20fast_.* result=pass' "$work/traced.log")
exits=$(grep -c '^TRACE_EXIT(' "$here/../kernel/abi/trace.def")
if [ "$counted" -eq "$exits" ] && [ "$exits" -gt 10 ]; then tap_ok "all $exits ways out are counted"; else tap_fail "all ways out are counted" "$counted of $exits"; fi
tap_done
