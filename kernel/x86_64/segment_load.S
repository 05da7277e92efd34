/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reloading the segment registers after LGDT, which C cannot do for CS.
 */
#include "kernel/x86_64/segment.h"

/* segment_load: void (void).  in: nothing  out: nothing  clobbers: rax  irq: off  stack: one word, balanced
 * Zeroes the bases of FS and GS: the caller sets them afterwards. */
    .text
    .globl segment_load
    .type segment_load, @function
segment_load:
    popq %rax
    pushq $SEGMENT_KERNEL_CODE
    pushq %rax
    movl $SEGMENT_KERNEL_DATA, %eax
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    lretq
    .size segment_load, . - segment_load
