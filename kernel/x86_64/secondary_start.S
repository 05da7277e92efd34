/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the start-up interrupt to C on every CPU but the boot CPU: real mode -> 64-bit, final page tables but for one page.
 * secondary_page is copied to a page below 1 MiB, where smp.c fills in its words; it finds them by CS.
 */
#include "kernel/x86_64/segment.h"
#include "offsets.h"

    .set CR0_PROTECTED, 0x1
    .set CR0_NUMERIC_ERROR, 0x20
    .set CR0_WRITE_PROTECT, 0x10000
    .set CR0_PAGING, 0x80000000
    .set CR4_PHYSICAL_ADDRESS_EXTENSION, 0x20
    .set MSR_EFER, 0xc0000080
    .set EFER_LONG_MODE, 0x100
    .set EFER_NO_EXECUTE, 0x800

    .section .rodata.secondary, "a"
    .balign 16
/* secondary_page: in: cs * 16 = its address  irq: off  stack: none  exits: secondary_linked */
    .globl secondary_page, secondary_page_end, secondary_root, secondary_table, secondary_far
    .code16
secondary_page:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl secondary_table_pointer - secondary_page
    movl $CR4_PHYSICAL_ADDRESS_EXTENSION, %eax
    movl %eax, %cr4
    movl secondary_root - secondary_page, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $(EFER_LONG_MODE | EFER_NO_EXECUTE), %eax
    wrmsr
    movl $(CR0_PAGING | CR0_WRITE_PROTECT | CR0_NUMERIC_ERROR | CR0_PROTECTED), %eax
    movl %eax, %cr0
    ljmpl *(secondary_far - secondary_page)

    .code64
secondary_64:
    movabsq $secondary_linked, %rax
    jmp *%rax

    .balign 8
secondary_root:
    .quad 0                            /* page tables that map this page where it is, below 4 GiB */
secondary_far:
    .long secondary_64 - secondary_page /* and the page's address */
    .short SEGMENT_KERNEL_CODE
    .balign 8
secondary_descriptors:
    .quad 0
    .quad 0x00af9b000000ffff           /* SEGMENT_KERNEL_CODE: 64-bit */
    .quad 0x00cf93000000ffff           /* SEGMENT_KERNEL_DATA */
secondary_table_pointer:
    .short secondary_table_pointer - secondary_descriptors - 1
secondary_table:
    .long secondary_descriptors - secondary_page /* and the page's address */
secondary_page_end:

    .text
/* secondary_linked: 64-bit, at the linked address.  in: nothing  irq: off  stack: its own, when it finds itself expected
 * Who comes late finds nothing in secondary_expected, and rests. */
secondary_linked:
    movl $SEGMENT_KERNEL_DATA, %eax
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    xorl %edi, %edi
    xchgq %rdi, secondary_expected(%rip)
    testq %rdi, %rdi
    jz secondary_rest
    movq CPU_KERNEL_STACK_TOP(%rdi), %rsp
    call secondary_main
    .globl secondary_rest
secondary_rest:
    cli
    hlt
    jmp secondary_rest
