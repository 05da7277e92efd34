/* SPDX-License-Identifier: BSD-2-Clause
 *
 * To the program that takes the machine over, and back when it refuses. Text, stack and descriptors of the kernel lie in its image, which
 * the early page tables map as the final ones do.
 */
#include "kernel/abi/abi.h"

    .set CR4_PHYSICAL_ADDRESS_EXTENSION, 0x20
    .set PAGE_TABLE_MASK, -UTCB_BYTES

    .text
/* handover_jump(program, handover, page table): physical addresses.  in: rdi rsi rdx  clobbers: as C  irq: off  stack: the boot CPU's
 * No feature of CR4 is on while the program runs; a page table is loaded without tag, so that tags can be turned on again. */
    .globl handover_jump
handover_jump:
    pushq %rbx
    pushq %rbp
    subq $8, %rsp
    movq %cr3, %rbx
    movq %cr4, %rbp
    movl $CR4_PHYSICAL_ADDRESS_EXTENSION, %eax
    movq %rax, %cr4
    movq %rdx, %cr3
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    andq $PAGE_TABLE_MASK, %rbx
    movq %rbx, %cr3
    movq %rbp, %cr4
    addq $8, %rsp
    popq %rbp
    popq %rbx
    ret
