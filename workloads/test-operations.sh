#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# Every operation and every error of kernel/abi/abi.h has a test: workloads/test/operations.def says which errors each operation has, and a kernel
# that keeps a record of them (kernel/test/observe.c) runs all tests. What is listed and was not seen, and what was seen and is not listed, is red.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
abi=$here/../kernel/abi/abi.h table=$here/test/operations.def
# Before an operation begins, or of IPC: ipc_*.c, items.c and operations.c try them.
elsewhere='BAD_FLAGS NO_REPLY NO_WINDOW'
# Success of these is not for test programs: it ends the session, or needs the instrumented build (workloads/test-trace.sh).
succeeds_elsewhere='VCON_EXIT OK|SCHEDULER_TRACE OK'

defined() { sed -n "s/^#define $1_\([A-Z_]*\) \(0x[0-9a-f]*\|[0-9]*\)\( .*\)*$/\1 \2/p" "$abi"; }

# listed <table>: "operation error", a line each; error OK of each operation.
listed() {
    sed -n 's/^OPERATION(\([A-Z_]*\), .*ERRORS(\(.*\)))$/\1 OK, \2/p' "$1" | awk '{ gsub(",", ""); for (i = 2; i <= NF; i++) print $1, $i }' |
        grep -vxE "$succeeds_elsewhere" | LC_ALL=C sort
}

# observed <log>: the same of what was seen, with the names of the ABI.
observed() {
    awk 'FILENAME ~ /operations.names$/ { operation[$2] = $1; next } FILENAME ~ /errors.names$/ { error[$2] = $1; next }
         { sub("\r", "") } $1 == "observed:" && (n = substr($2, 1, length($2) - 1)) in operation {
             for (i = 3; i <= NF; i++) print operation[n], $i == 0 ? "OK" : error[$i] }' \
        "$work/operations.names" "$work/errors.names" "$1" | LC_ALL=C sort -u
}

same() { diff -U0 "$1" "$2" | grep '^[-+][A-Z]' | sed "s/^-/listed, not seen: /; s/^+/seen, not listed: /"; ! diff -q "$1" "$2" >/dev/null || return 0; return 1; }

boot() {
    local status=0
    timeout 280 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max,-cx16 -accel tcg,thread=single \
        -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -device e1000e,romfile= -monitor none -serial "file:$work/log" \
        -kernel "$build/kernel/test/observe.elf" -initrd "$build/boot/archive.cpio" -append run=tests </dev/null || status=$?
    [ $status -eq 33 ] || { echo "exit status $status"; grep -a ' result=fail ' "$work/log"; return 1; }
}

defined OP >"$work/operations.names"
defined ERR >"$work/errors.names"
listed "$table" >"$work/listed"
names_are() { diff <(cut -d ' ' -f 1 "$work/operations.names" | LC_ALL=C sort) <(cut -d ' ' -f 1 "$work/listed" | LC_ALL=C sort -u); }
errors_are() { diff <(cut -d ' ' -f 1 "$work/errors.names" | LC_ALL=C sort) <({ cut -d ' ' -f 2 "$work/listed" | grep -v '^OK$'; tr ' ' '\n' <<<"$elsewhere"; } | LC_ALL=C sort -u); }
tap_check "operations: each of the $(wc -l <"$work/operations.names") of the ABI is in the table, and no other" names_are
tap_check "errors: each of the $(wc -l <"$work/errors.names") of the ABI is in the table, and no other" errors_are
tap_check 'all tests run in the kernel that keeps a record' boot
observed "$work/log" >"$work/observed"
tap_check "results of operations: the $(wc -l <"$work/listed") results that are listed were seen, and no other" same "$work/listed" "$work/observed"
sed 's/^\(OPERATION(FACTORY_INFO, .*ERRORS(\))/\1OCCUPIED)/' "$table" >"$work/more.def"
sed 's/^\(OPERATION(SEMAPHORE_UP, .*\), OVERFLOW/\1/' "$table" >"$work/less.def"
for other in more less; do listed "$work/$other.def" >"$work/$other"; done
tap_refuses_saying 'errors of operations: one that no test shows is missed' '^listed, not seen: FACTORY_INFO OCCUPIED$' same "$work/more" "$work/observed"
tap_refuses_saying 'errors of operations: one that is not listed is noticed' '^seen, not listed: SEMAPHORE_UP OVERFLOW$' same "$work/less" "$work/observed"
tap_done
