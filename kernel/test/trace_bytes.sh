#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Tracing costs nothing when it is off: the ordinary objects have the very bytes and relocations of the same
# source without any tracepoint in it; nothing of the ordinary kernel leads to what is instrumented; and the instrumented objects do differ.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
kernel=$build/kernel/tollgate.elf
{ read -ra compile; read -r; read -ra hot; } <"$build/kernel/command"

# What an object brings into a kernel: sections of code and data with their relocations; neither debug information nor symbols.
content() {
    local stripped=$work/stripped-$2.o
    objcopy -g "$1" "$stripped" && LC_ALL=C objdump -s -r "$stripped" | sed -e '/file format/d' -e 's/fast_\(slow\|extras\)_[a-z_]*/fast_\1/'
}

# The source as it would be had nobody thought of tracing.
plain() {
    sed -E -e 's/^#include "trace_point.h"//' -e 's/^ *(TRACE_POINT|TRACE_TRAP|TRACE_NOTHING|TRACE_OUTSIDE|FAST_EXIT)\b.*//' -e 's/fast_(slow|extras)_[a-z_]+(\\\(\)_[a-z]+)?/fast_\1/' \
        -e 's/fast_(slow|extras)_\\exit\\\(\)_[a-z]+/fast_\1/' "$1" >"$2"
}

tree=$work/tree
mkdir "$tree" && cp -r kernel "$tree"
plain kernel/x86_64/plain/crossing.h "$tree/kernel/x86_64/plain/crossing.h"
for source in kernel/x86_64/fastpath.S kernel/x86_64/entry.S kernel/x86_64/trap_user.c kernel/core/exception.c kernel/core/invoke.c kernel/core/ipc.c; do
    plain "$source" "$tree/$source"
    found=$(grep -En 'TRACE_|FAST_EXIT|fast_slow_' "$tree/$source")
    [ -z "$found" ] || tap_fail "$source: tracepoints are found" "$found"
    size() { content "$1" size | wc -c; }
    if [ "$(size "$build/kernel/traced-raw/$source.o")" -gt "$(size "$build/$source.o")" ] || [[ $source = *trap_user.c ]]; then
        tap_ok "$source: the instrumented build has more"
    else
        tap_fail "$source: the instrumented build has more"
    fi
done

# same OBJECT SOURCE [FLAG]...: includes are searched in the tree without tracepoints first.
same() {
    local flags=("${@:3}")
    if ! "${compile[0]}" "-I$tree" "-I$tree/kernel/x86_64/plain" "${compile[@]:1}" "${flags[@]}" -Wa,--noexecstack "-fmacro-prefix-map=$tree/=./" -MF /dev/null -c -o "$work/plain.o" "$2" \
        2>"$work/compile.log"; then tap_fail "$1: builds without tracepoints" "$(head -n 5 "$work/compile.log")"
    elif diff <(content "$build/$1" ordinary) <(content "$work/plain.o" plain) >"$work/diff"; then tap_ok "$1: the same bytes with tracing compiled in"
    else tap_fail "$1: the same bytes with tracing compiled in" "$(head -n 10 "$work/diff")"; fi
}
same kernel/x86_64/fastpath.S.o "$tree/kernel/x86_64/fastpath.S"
same kernel/x86_64/entry.S.o "$tree/kernel/x86_64/entry.S"
same kernel/hot.c.o "$build/kernel/hot.c" "${hot[@]}"

symbol() { nm "$kernel" | awk -v name="$1" '$3 == name { print "0x" $1 }'; }
led=$(LC_ALL=C objdump -d --no-show-raw-insn --start-address="$(symbol text_start)" --stop-address="$(symbol text_traced_start)" "$kernel" |
    grep -E '(call|jmp|j[a-z]+) .*<(traced_|trace_record|trace_emit)')
if [ -z "$led" ]; then tap_ok 'nothing of the ordinary kernel leads to instrumented code'; else
    tap_fail 'nothing of the ordinary kernel leads to instrumented code' "$led"; fi
tap_done
