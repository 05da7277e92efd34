#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pmu.sh: where the emulator has no counters, or such that read 0 and fault, the kernel says why there are none, and goes on.
set -u -o pipefail
. "$(dirname "$0")/boot.sh"
build=${BUILD:-build}
kernel=$build/kernel/tollgate.elf
archive=$build/boot/archive.cpio

boot "$kernel" "$archive" 'select=hw.null_syscall'
check kernel.pmu.off 33 ' context pmu=off:%20not%20asked%20for' ' context pmu_counters=none '
# AMD's four counters need no word of CPUID: reading them gives 0 here, RDPMC is an undefined instruction.
machine=(-cpu max)
boot "$kernel" "$archive" 'select=hw.null_syscall pmu=on'
check kernel.pmu.disabled 33 ' context pmu=disabled:%20CPUID%20tells%20of%20counters' ' context pmu_counters=none ' ' row workload=hw.null_syscall .* counters=disabled:%20CPUID%20tells%20of%20counters' ' end records=[0-9]+ status=ok '
machine=(-cpu Skylake-Client-v1)
boot "$kernel" "$archive" 'select=hw.null_syscall pmu=on'
check kernel.pmu.none 33 ' context pmu=none:%20CPUID%20tells%20of%20no%20counters' ' end records=[0-9]+ status=ok '
machine=(-cpu max)
boot "$kernel" "$archive" 'run=tests select=isolation pmu=on'
check kernel.pmu.isolation 33 ' end records=[0-9]+ status=ok '
boot "$kernel" "$archive" 'pmu=maybe'
check kernel.pmu.refused 39 'pmu=maybe'
summary
