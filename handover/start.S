/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First byte and last instruction of the program that starts Linux. It runs wherever the boot loader put it.
 */
    .set BOOT_CODE, 0x10               /* what Linux's boot protocol wants selectors to be */
    .set BOOT_DATA, 0x18
    .set STACK_BYTES, 0x4000

    .section .start, "ax"
/* handover_start(struct handover *): the entry.  in: rdi  clobbers: as C  irq: off  stack: the caller's for two words, then our own
 * Returns when Linux cannot be started. */
    .globl handover_start
handover_start:
    movq %rsp, stack_of_caller(%rip)
    leaq stack_top(%rip), %rsp
    call handover_main
    movq stack_of_caller(%rip), %rsp
    ret

    .text
/* linux_enter(entry, boot_params): physical addresses.  in: rdi rsi  irq: off  never returns
 * Linux finds: rsi = boot_params, flat segments, interrupts off, the first 4 GiB mapped where they are. */
    .globl linux_enter
linux_enter:
    leaq descriptors(%rip), %rax
    movq %rax, descriptors_pointer+2(%rip)
    lgdt descriptors_pointer(%rip)
    movl $BOOT_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    pushq $BOOT_CODE
    pushq %rdi
    cld
    lretq

    .data
    .balign 8
descriptors:
    .quad 0
    .quad 0
    .quad 0x00af9b000000ffff           /* BOOT_CODE: 64-bit, flat */
    .quad 0x00cf93000000ffff           /* BOOT_DATA */
descriptors_end:
descriptors_pointer:
    .short descriptors_end - descriptors - 1
    .quad 0

    .bss
    .balign 16
stack_of_caller:
    .skip 16
    .skip STACK_BYTES
stack_top:
