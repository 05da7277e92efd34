#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# faults.sh: boots the kernel of faults.c once per fault and checks exit status and what the register dump says.
set -u -o pipefail
. "$(dirname "$0")/boot.sh"
kernel=${BUILD:-build}/kernel/test/faults.elf

# fault NAME STATUS PATTERN...: every pattern (extended regular expression) must match a line of the console.
fault() {
    boot "$kernel" "" "select=$1"
    check "kernel.fault.$1" "${@:2}"
}

dump='rip [0-9a-f]{16} '
fault low_read 35 'exception 14 \(page fault\)' "cr2 0000000000200000" "${dump}fault_low_read\+0x" 'fault_low_read|__wrap_root_task_start\+' 'kernel_main\+0x'
fault null_write 35 'exception 14 .* error code 2$' 'cr2 0000000000000000'
fault text_write 35 'exception 14 .* error code 3$' "${dump}fault_text_write\+0x"
fault text_alias_write 35 'exception 14 .* error code 3$' 'cr2 ffff8000'
fault rodata_write 35 'exception 14 .* error code 3$' "${dump}fault_rodata_write"
fault rodata_alias_write 35 'exception 14 .* error code 3$' 'cr2 ffff8000'
fault data_execute 35 'exception 14 .* error code 11$' 'faults_call\+0x'
fault linear_execute 35 'exception 14 .* error code 11$' 'cr2 ffff8000'
fault rodata_execute 35 'exception 14 .* error code 11$'
fault user_read 35 'exception 14 .* error code 1$' 'cr2 0000000000400000'
fault interrupt_user_read 35 'exception 14 .* error code 1$' 'cr2 0000000000400000'
fault user_execute 35 'exception 14 .* error code 11$' 'cr2 0000000000400000'
fault not_canonical 35 'exception 13 \(general protection\)'
fault invalid_opcode 35 'exception 6 \(invalid opcode\)' "${dump}faults_invalid\+0x0"
fault no_stack 35 'exception 6 \(invalid opcode\)' "${dump}faults_no_stack\+0x2" 'rsp is on no kernel stack'
fault float 35 'exception 7 \(device not available\)' "${dump}faults_float"
fault nmi 35 'exception 2 \(NMI\)' 'faults_nmi\+0x2'
fault stack_overflow 35 'exception 14 \(page fault\)' 'overflow: guard page of the kernel stack was hit' '^     [0-9a-f]{16} faults_recurse\+0x'
fault assertion 35 'PANIC: sink == 1 \(kernel/test/faults.c:[0-9]+\)' 'fault_assertion|__wrap_root_task_start' '^     [0-9a-f]{16} start_linked\+0x'
fault in_report 35 'exception 6 ' 'PANIC while reporting a panic'
fault none_timer 33 'timer came in time'
fault none_leak 33 'frames came back'
summary
