/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's stacks, each above a guard page that the final page tables leave unmapped (kernel_map.c), and the table that
 * tells them to C (stack.h).
 */
#include "kernel/abi/abi.h"
#include "kernel/x86_64/stack.h"

    .macro stack name, label
    .pushsection .bss.stacks, "aw", @nobits
    .balign PAGE_BYTES
    .globl \name\()_top
\name\()_guard:
    .skip PAGE_BYTES
    .skip STACK_BYTES
\name\()_top:
    .popsection
    .pushsection .rodata.str, "a"
\name\()_label:
    .asciz "\label"
    .popsection
    .quad \name\()_guard, \name\()_top, \name\()_label
    .endm

    .section .rodata
    .balign 8
    .globl kernel_stacks
kernel_stacks:
    stack kernel_stack, "kernel stack"
    stack double_fault_stack, "double fault stack"
    stack nmi_stack, "NMI stack"
    stack machine_check_stack, "machine check stack"
    stack exception_stack, "exception stack"
    .globl kernel_stacks_end
kernel_stacks_end:
