#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 600
# unfair.sh: the tests of inversion, starvation, denial, revocation, ceilings, exhaustion and of entries made void can fail. Each kernel with a
# fault of kernel/test/unfair must fail the test that its file names (UNFAIR_TEST "program: beginning of the test's name"; UNFAIR_OPTIONS of
# boot, UNFAIR_CPUS), and the kernel as it is must pass it.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}
limit_seconds=120

defined() { sed -n "s/^#define $2 \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" "$1"; }
result_in() { sed -n 's/%20/ /g; s/^@tg [0-9]* test name=//p' "$2" 2>/dev/null | grep -F "$1" | sed 's/.* result=\([a-z]*\) .*/\1/' | sort -u; }

# boot <kernel> <log> <program> <CPUs> <options> [<test>]: all of the program, or as far as to the result of that test.
boot() {
    local archive=archive pid end=$((SECONDS + limit_seconds))
    [ ! -e "$here/../../workloads/hostile/$3.c" ] || archive=hostile
    qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max -smp "$4" \
        -accel tcg,thread=single -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none -serial "file:$2" -kernel "$1" \
        -initrd "$build/boot/$archive.cpio" -append "run=tests select=$3 $5" </dev/null 2>"$2.emulator" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ $SECONDS -lt $end ] && { [ $# -lt 6 ] || [ -z "$(result_in "$6" "$2")" ]; }; do sleep 0.2; done
    kill $pid 2>/dev/null
    wait $pid
}

for source in "$here"/unfair/*.c; do
    fault=$(basename "$source" .c) program_test=$(defined "$source" UNFAIR_TEST) cpus=$(defined "$source" UNFAIR_CPUS)
    options=$(defined "$source" UNFAIR_OPTIONS) program=${program_test%%: *} name=${program_test#*: } cpus=${cpus:-1}
    whole=$work/whole-$program-$cpus-$options.log
    [ -e "$whole" ] || boot "$build/kernel/tollgate.elf" "$whole" "$program" "$cpus" "$options"
    boot "$build/kernel/test/unfair-$fault.elf" "$work/$fault.log" "$program" "$cpus" "$options" "$name"
    got="$(result_in "$name" "$whole"), $(result_in "$name" "$work/$fault.log")"
    if [ "$got" = 'pass, fail' ]; then tap_ok "$fault: the kernel passes, with the fault it fails: $program_test"
    else tap_fail "$fault: the kernel passes, with the fault it fails: $program_test" "got: $got"; fi
done
tap_done
