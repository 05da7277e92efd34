#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Tracing costs nothing when it is off: of each file that is built twice, the ordinary object has the very bytes and relocations of the same
# source without any tracepoint in it; nothing of the ordinary kernel leads to what is instrumented; and the instrumented objects do differ.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
kernel=$build/kernel/tollgate.elf
read -ra compile <"$build/kernel/command"

# What an object brings into a kernel: sections of code and data with their relocations; neither debug information nor symbols.
content() {
    local stripped=$work/stripped-$2.o
    objcopy -g "$1" "$stripped" && LC_ALL=C objdump -s -r "$stripped" | sed -e '/file format/d' -e 's/fast_\(slow\|extras\)_[a-z_]*/fast_\1/'
}

# The source as it would be had nobody thought of tracing.
plain() {
    sed -E -e 's/^#include "trace_point.h"//' -e 's/^ *(TRACE_POINT|TRACE_TRAP|COUNT_EXIT|FAST_EXIT)\b.*//' -e 's/fast_(slow|extras)_[a-z_]+(\\\(\)_[a-z]+)?/fast_\1/' \
        -e 's/fast_(slow|extras)_\\exit\\\(\)_[a-z]+/fast_\1/' "$1" >"$2"
}

for source in kernel/x86_64/fastpath.S kernel/x86_64/entry.S kernel/x86_64/trap_user.c kernel/core/exception.c kernel/core/invoke.c kernel/core/ipc.c; do
    copy=$work/plain-$(basename "$source")
    plain "$source" "$copy"
    if grep -Eq 'TRACE_|COUNT_EXIT|FAST_EXIT|fast_slow_' "$copy"; then tap_fail "$source: tracepoints are found" "$(grep -En 'TRACE_|_EXIT|fast_slow_' "$copy")"; continue; fi
    if ! "${compile[@]}" -Wa,--noexecstack "-fmacro-prefix-map=$copy=$source" -MF /dev/null -c -o "$work/plain.o" "$copy" 2>"$work/compile.log"; then
        tap_fail "$source: builds without tracepoints" "$(head -n 5 "$work/compile.log")"; continue
    fi
    if diff <(content "$build/$source.o" ordinary) <(content "$work/plain.o" plain) >"$work/diff"; then tap_ok "$source: the same bytes with tracing compiled in"
    else tap_fail "$source: the same bytes with tracing compiled in" "$(head -n 10 "$work/diff")"; fi
    if [ "$(content "$build/kernel/instrumented/$source.o" instrumented | wc -c)" -gt "$(content "$work/plain.o" plain | wc -c)" ] || [[ $source = *trap_user.c ]]; then
        tap_ok "$source: the instrumented build has more"
    else
        tap_fail "$source: the instrumented build has more"
    fi
done

symbol() { nm "$kernel" | awk -v name="$1" '$3 == name { print "0x" $1 }'; }
led=$(LC_ALL=C objdump -d --no-show-raw-insn --start-address="$(symbol text_start)" --stop-address="$(symbol text_traced_start)" "$kernel" |
    grep -E '(call|jmp|j[a-z]+) .*<(traced_|trace_record|trace_emit)')
if [ -z "$led" ]; then tap_ok 'nothing of the ordinary kernel leads to instrumented code'; else
    tap_fail 'nothing of the ordinary kernel leads to instrumented code' "$led"; fi
tap_done
