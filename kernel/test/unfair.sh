#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# test-limit-seconds: 300
# unfair.sh: the tests of inversion, starvation, denial, revocation and ceilings can fail. Each kernel with a fault of kernel/test/unfair must
# fail the test that its file names (UNFAIR_TEST "program: beginning of the test's name"), and the kernel as it is must pass it.
# Environment: BUILD, TEST_TMPDIR (see ci/run-tests).
set -u
here=$(dirname "$0")
. "$here/../../ci/tap.sh"
build=${BUILD:-build}
work=${TEST_TMPDIR:-$(mktemp -d)}

defined() { sed -n "s/^#define $2 \"\(.*\)\"$/\1/p" "$1"; }

# result <kernel> <fault>: of the test that the fault is to make fail; nothing when there was none.
result() {
    local test log=$work/$2-$(basename "$1").log
    test=$(defined "$here/unfair/$2.c" UNFAIR_TEST)
    timeout 120 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -m 256M -cpu max \
        -accel tcg,thread=single -icount shift=0,sleep=off -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor none -serial "file:$log" -kernel "$1" \
        -initrd "$build/boot/archive.cpio" -append "run=tests select=${test%%: *} $(defined "$here/unfair/$2.c" UNFAIR_OPTIONS)" </dev/null
    sed -n 's/%20/ /g; s/^@tg [0-9]* test name=//p' "$log" | grep -F "${test#*: }" | sed 's/.* result=\([a-z]*\) .*/\1/' | sort -u
}

for source in "$here"/unfair/*.c; do
    fault=$(basename "$source" .c)
    got="$(result "$build/kernel/tollgate.elf" "$fault"), $(result "$build/kernel/test/unfair-$fault.elf" "$fault")"
    if [ "$got" = 'pass, fail' ]; then tap_ok "$fault: the kernel passes, with the fault it fails: $(defined "$source" UNFAIR_TEST)"
    else tap_fail "$fault: the kernel passes, with the fault it fails: $(defined "$source" UNFAIR_TEST)" "got: $got"; fi
done
tap_done
