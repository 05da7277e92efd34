/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A system call with all registers known before and seen after: what C cannot do.
 */
#include "workloads/lib/registers.h"

.macro RECORD_ENTER
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    pushq   %rsi                        /* out */
    pushq   %rsp                        /* its value before: the address of the slot above */
    movq    REGISTERS_RAX(%rdi), %rax
    movq    REGISTERS_RBX(%rdi), %rbx
    movq    REGISTERS_RCX(%rdi), %rcx
    movq    REGISTERS_RDX(%rdi), %rdx
    movq    REGISTERS_RSI(%rdi), %rsi
    movq    REGISTERS_RBP(%rdi), %rbp
    movq    REGISTERS_R8(%rdi), %r8
    movq    REGISTERS_R9(%rdi), %r9
    movq    REGISTERS_R10(%rdi), %r10
    movq    REGISTERS_R11(%rdi), %r11
    movq    REGISTERS_R12(%rdi), %r12
    movq    REGISTERS_R13(%rdi), %r13
    movq    REGISTERS_R14(%rdi), %r14
    movq    REGISTERS_R15(%rdi), %r15
    movq    REGISTERS_RDI(%rdi), %rdi
.endm

.macro RECORD_LEAVE
    pushq   %rdi
    movq    16(%rsp), %rdi              /* out */
    movq    %rax, REGISTERS_RAX(%rdi)
    movq    %rbx, REGISTERS_RBX(%rdi)
    movq    %rcx, REGISTERS_RCX(%rdi)
    movq    %rdx, REGISTERS_RDX(%rdi)
    movq    %rsi, REGISTERS_RSI(%rdi)
    movq    %rbp, REGISTERS_RBP(%rdi)
    movq    %r8, REGISTERS_R8(%rdi)
    movq    %r9, REGISTERS_R9(%rdi)
    movq    %r10, REGISTERS_R10(%rdi)
    movq    %r11, REGISTERS_R11(%rdi)
    movq    %r12, REGISTERS_R12(%rdi)
    movq    %r13, REGISTERS_R13(%rdi)
    movq    %r14, REGISTERS_R14(%rdi)
    movq    %r15, REGISTERS_R15(%rdi)
    popq    %rax
    movq    %rax, REGISTERS_RDI(%rdi)
    leaq    8(%rsp), %rax               /* what `pushq %rsp` pushed, if rsp is as it was */
    subq    (%rsp), %rax
    movq    %rax, REGISTERS_RSP(%rdi)
    addq    $16, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret
.endm

/* void syscall_record(const struct registers *in, struct registers *out)
 * in: rdi, rsi   out: *out   clobbers: as a C function   stack: nine words   exits: ret */
    .section .text.syscall_record, "ax", @progbits
    .globl  syscall_record
    .type   syscall_record, @function
syscall_record:
    RECORD_ENTER
    syscall
    .globl  syscall_record_return
syscall_record_return:
    RECORD_LEAVE
    .size   syscall_record, . - syscall_record

/* void trap_record(const struct registers *in, struct registers *out)   contract: as syscall_record */
    .section .text.trap_record, "ax", @progbits
    .globl  trap_record
    .type   trap_record, @function
trap_record:
    RECORD_ENTER
    ud2
    RECORD_LEAVE
    .size   trap_record, . - trap_record

/* void spin_record(const struct registers *in, struct registers *out)   contract: as syscall_record */
    .section .text.spin_record, "ax", @progbits
    .globl  spin_record
    .type   spin_record, @function
spin_record:
    RECORD_ENTER
spin_record_loop:
    pause
    cmpq    $0, spin_released
    je      spin_record_loop
    RECORD_LEAVE
    .size   spin_record, . - spin_record

/* registers_dump: where a thread may start: stores every register in registers_dumped, then #UD. */
    .section .text.registers_dump, "ax", @progbits
    .globl  registers_dump
    .type   registers_dump, @function
registers_dump:
    movq    %rax, registers_dumped + REGISTERS_RAX
    movq    %rbx, registers_dumped + REGISTERS_RBX
    movq    %rcx, registers_dumped + REGISTERS_RCX
    movq    %rdx, registers_dumped + REGISTERS_RDX
    movq    %rsi, registers_dumped + REGISTERS_RSI
    movq    %rdi, registers_dumped + REGISTERS_RDI
    movq    %rbp, registers_dumped + REGISTERS_RBP
    movq    %rsp, registers_dumped + REGISTERS_RSP
    movq    %r8, registers_dumped + REGISTERS_R8
    movq    %r9, registers_dumped + REGISTERS_R9
    movq    %r10, registers_dumped + REGISTERS_R10
    movq    %r11, registers_dumped + REGISTERS_R11
    movq    %r12, registers_dumped + REGISTERS_R12
    movq    %r13, registers_dumped + REGISTERS_R13
    movq    %r14, registers_dumped + REGISTERS_R14
    movq    %r15, registers_dumped + REGISTERS_R15
    ud2
    .size   registers_dump, . - registers_dump

    .section .bss.registers_dumped, "aw", @nobits
    .globl  registers_dumped
    .balign 8
registers_dumped:
    .skip   128

    .section .bss.spin_released, "aw", @nobits
    .globl  spin_released
    .balign 8
spin_released:
    .skip   8

    .section .note.GNU-stack, "", @progbits
