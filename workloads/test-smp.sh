#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# Boots the tests that need several CPUs (workloads/test/smp_*.c): with 2 and 4 CPUs, played in turns (icount) and by threads that run
# at the same time, with and without the fast path; then what becomes of CPUs: cpus=N, 8 of them, a panic. One TAP line for each test.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
turns='tcg,thread=single -icount shift=0,sleep=off'
threads='tcg,thread=multi'

# boot <kernel> <log> <CPUs> <accelerator> <command line>: leaves the exit status of the emulator in `status`.
boot() {
    status=0
    # shellcheck disable=SC2086 # the accelerator is several words
    timeout 300 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -smp "$3" -accel $4 \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -device e1000e,romfile= -monitor none -serial "file:$2" \
        -kernel "$1" -initrd "$build/boot/archive.cpio" -append "$5" </dev/null || status=$?
}

# records <log>: "result name detail" of the tests in it, blanks restored.
records() { sed -n 's/^@tg [0-9]* test name=\([^ ]*\) result=\([a-z]*\)\(.*\) \*[0-9a-f]*\r*$/\2 \1\3/p' "$1" | sed 's/%20/ /g'; }

# session <prefix> <CPUs> <accelerator> <options>
session() {
    local result name log=$work/$1.log
    boot "$build/kernel/tollgate.elf" "$log" "$2" "$3" "run=tests select=smp_* $4"
    while read -r result name; do
        case $result in
        pass) tap_ok "$1: $name" ;;
        skip) tap_skip "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        *) tap_fail "$1: ${name%% detail=*}" "${name#* detail=}" ;;
        esac
    done < <(records "$log")
    if [ $status -eq 33 ] && [ "$(records "$log" | grep -c '^pass')" -gt 20 ]; then
        tap_ok "$1: the session ends well"
    else
        tap_fail "$1: the session ends well" "exit status $status; $(tail -n 30 "$log")"
    fi
}

# counted <name> <CPUs> <options> <CPUs that run>
counted() {
    local log=$work/$1.log
    boot "$build/kernel/tollgate.elf" "$log" "$2" "$turns" "select=hw.null_syscall $3"
    if [ $status -eq 33 ] && grep -q "^@tg [0-9]* context cpus=$4 " "$log"; then
        tap_ok "$1: $4 of $2 CPUs run with options \"$3\""
    else
        tap_fail "$1: $4 of $2 CPUs run with options \"$3\"" "exit status $status; $(grep -a 'CPU\|cpus' "$log")"
    fi
}

session turns-2 2 "$turns" ''
session turns-4 4 "$turns" ''
session turns-2-nofast 2 "$turns" nofast
session threads-2 2 "$threads" ''
session threads-4 4 "$threads" ''
session threads-2-nofast 2 "$threads" nofast
counted all-8 8 '' 8
counted limit-3 8 cpus=3 3
counted limit-1 4 cpus=1 1
counted limit-above 2 cpus=256 2
tap_done
