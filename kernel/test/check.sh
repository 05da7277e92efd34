#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# check.sh: the checking kernel (kernel/check) under the guest tests, with 1 and 4 CPUs, and what it makes of its option.
set -u -o pipefail
. "$(dirname "$0")/boot.sh"
build=${BUILD:-build}
kernel=$build/kernel/check.elf
archive=$build/boot/archive.cpio

boot "$kernel" "$archive" 'run=tests select=ipc_* check=20'
check kernel.check.ipc 33 '^check: [0-9]{4,} slow entries, invariants verified [0-9]{3,} times'
boot "$kernel" "$archive" 'check=50 run=tests select=m*'
check kernel.check.memory 33 '^check: [0-9]{4,} slow entries, invariants verified [0-9]{2,} times'
machine=(-cpu max -smp 4)
boot "$kernel" "$archive" 'run=tests select=smp_* check=20'
check kernel.check.cpus 33 '^check: [0-9]{4,} slow entries, invariants verified [0-9]{3,} times'
machine=(-cpu max)
boot "$kernel" "$archive" 'select=hw.null_syscall'
check kernel.check.none 33 '^check: [0-9]+ slow entries, invariants verified 0 times'
for value in 0 1000001 x 5x ''; do
    boot "$kernel" "$archive" "select=hw.null_syscall check=$value"
    check "kernel.check.refused.${value:-nothing}" 39 "unknown option: check=$value"
done
boot "$build/kernel/tollgate.elf" "$archive" 'select=hw.null_syscall check=5'
check kernel.check.elsewhere 39 'unknown option: check=5'
summary
