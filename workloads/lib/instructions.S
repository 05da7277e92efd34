/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Single instructions as functions. Contract of all: in rdi argument; out rax, where there is a result; clobbers as a C function;
 * interrupts on; stack balanced; exits ret, if the instruction does not fault.
 */
#include "workloads/lib/instructions.h"

.macro INSTRUCTION name, text:vararg
    .section .text.instruction_\name, "ax", @progbits
    .globl  instruction_\name
    .type   instruction_\name, @function
instruction_\name:
    \text
    ret
    .size   instruction_\name, . - instruction_\name
.endm

    INSTRUCTION hlt, hlt
    INSTRUCTION cli, cli
    INSTRUCTION sti, sti
    INSTRUCTION in, inb $0x80, %al
    INSTRUCTION out, outb %al, $0x80
    INSTRUCTION rdmsr, rdmsr
    INSTRUCTION wrmsr, wrmsr
    INSTRUCTION read_cr3, movq %cr3, %rax
    INSTRUCTION write_cr3, movq %rdi, %cr3
    INSTRUCTION invlpg, invlpg (%rdi)
    INSTRUCTION lgdt, lgdt (%rsp)
    INSTRUCTION swapgs, swapgs
    INSTRUCTION sysret, sysretq
    INSTRUCTION rdpmc, rdpmc
    INSTRUCTION int_0x80, int $0x80
    INSTRUCTION clts, clts
    INSTRUCTION wbinvd, wbinvd
    INSTRUCTION sgdt, sgdt -16(%rsp)
    INSTRUCTION sidt, sidt -16(%rsp)
    INSTRUCTION sldt, sldt %eax
    INSTRUCTION str, str %eax
    INSTRUCTION smsw, smsw %eax
    INSTRUCTION ud2, ud2
    INSTRUCTION wrfsbase, wrfsbase %rdi
    INSTRUCTION rdgsbase, rdgsbase %rax
    INSTRUCTION wrgsbase, wrgsbase %rdi
    INSTRUCTION fninit, fninit
    INSTRUCTION fld, fldz
    INSTRUCTION mmx, movq %mm0, -16(%rsp)
    INSTRUCTION xorps, xorps %xmm0, %xmm0
    INSTRUCTION movdqu, movdqu %xmm0, -16(%rsp)
    INSTRUCTION fxsave, fxsave (%rdi)
    INSTRUCTION divide, divq %rdi
    INSTRUCTION read, movq (%rdi), %rax
    INSTRUCTION write, movq %rdi, (%rdi)
    INSTRUCTION jump, jmp *%rdi

/* port_read, port_write: in rdi port, rsi value; out al value; clobbers rax, rdx. Only where the task has the port. */
    .section .text.port_read, "ax", @progbits
    .globl  port_read
    .type   port_read, @function
port_read:
    movl    %edi, %edx
    inb     %dx, %al
    ret
    .size   port_read, . - port_read

    .section .text.port_write, "ax", @progbits
    .globl  port_write
    .type   port_write, @function
port_write:
    movl    %edi, %edx
    movl    %esi, %eax
    outb    %al, %dx
    ret
    .size   port_write, . - port_write

/* port_read16, port_write16: the same, 16 bits. */
    .section .text.port_read16, "ax", @progbits
    .globl  port_read16
    .type   port_read16, @function
port_read16:
    movl    %edi, %edx
    inw     %dx, %ax
    ret
    .size   port_read16, . - port_read16

    .section .text.port_write16, "ax", @progbits
    .globl  port_write16
    .type   port_write16, @function
port_write16:
    movl    %edi, %edx
    movl    %esi, %eax
    outw    %ax, %dx
    ret
    .size   port_write16, . - port_write16

/* port_read32, port_write32: the same, 32 bits. */
    .section .text.port_read32, "ax", @progbits
    .globl  port_read32
    .type   port_read32, @function
port_read32:
    movl    %edi, %edx
    inl     %dx, %eax
    ret
    .size   port_read32, . - port_read32

    .section .text.port_write32, "ax", @progbits
    .globl  port_write32
    .type   port_write32, @function
port_write32:
    movl    %edi, %edx
    movl    %esi, %eax
    outl    %eax, %dx
    ret
    .size   port_write32, . - port_write32

/* Wants another stack pointer: faults with it, and gives the old one back if it does not. */
    .section .text.instruction_push, "ax", @progbits
    .globl  instruction_push
    .type   instruction_push, @function
instruction_push:
    movq    %rsp, %rax
    movq    %rdi, %rsp
    pushq   %rax
    popq    %rsp
    ret
    .size   instruction_push, . - instruction_push

/* A frame that would return to ring 0: code selector 8, data selector 16. */
    .section .text.instruction_iret_to_kernel, "ax", @progbits
    .globl  instruction_iret_to_kernel
    .type   instruction_iret_to_kernel, @function
instruction_iret_to_kernel:
    movq    %rsp, %rax
    pushq   $16
    pushq   %rax
    pushfq
    pushq   $8
    pushq   $iret_landing
    iretq
iret_landing:
    ret
    .size   instruction_iret_to_kernel, . - instruction_iret_to_kernel

    .section .text.fs_read, "ax", @progbits
    .globl  fs_read
    .type   fs_read, @function
fs_read:
    movq    %fs:(%rdi), %rax
    ret
    .size   fs_read, . - fs_read

    .section .text.gs_read, "ax", @progbits
    .globl  gs_read
    .type   gs_read, @function
gs_read:
    movq    %gs:(%rdi), %rax
    ret
    .size   gs_read, . - gs_read

    .section .text.fs_select, "ax", @progbits
    .globl  fs_select
    .type   fs_select, @function
fs_select:
    movl    %edi, %fs
    ret
    .size   fs_select, . - fs_select

    .section .text.ss_selector, "ax", @progbits
    .globl  ss_selector
    .type   ss_selector, @function
ss_selector:
    movl    %ss, %eax
    movzwl  %ax, %eax
    ret
    .size   ss_selector, . - ss_selector

/* in: rdi capability, rsi tag, rdx rflags, rcx struct flagged_call   out: rax tag, *rcx   flags: as before, direction clear */
    .section .text.flags_syscall, "ax", @progbits
    .globl  flags_syscall
    .type   flags_syscall, @function
flags_syscall:
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    pushq   %rcx
    pushfq
    pushq   %rdx
    movq    FLAGGED_CALL_WORD0(%rcx), %rdx
    movq    FLAGGED_CALL_WORD1(%rcx), %r8
    movq    FLAGGED_CALL_WORD2(%rcx), %r9
    xorl    %r10d, %r10d
    xorl    %eax, %eax
    xorl    %r14d, %r14d
    popfq
    syscall
    pushfq
    popq    %rax
    popfq
    popq    %rcx
    movq    %rax, FLAGGED_CALL_FLAGS(%rcx)
    movq    %rsi, %rax
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    ret
    .size   flags_syscall, . - flags_syscall

/* The trap flag set by popfq makes the debug exception come after the instruction that follows it, which is the system call:
 * the kernel must not take it in ring 0. */
    .section .text.step_over_syscall, "ax", @progbits
    .globl  step_over_syscall, step_landing
    .type   step_over_syscall, @function
step_over_syscall:
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    xorl    %edi, %edi
    xorl    %esi, %esi
    pushfq
    orq     $0x100, (%rsp)
    popfq
    syscall
    nop
step_landing:
    pushfq
    andq    $~0x100, (%rsp)
    popfq
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    ret
    .size   step_over_syscall, . - step_over_syscall

/* A whole page of code, to be mapped elsewhere: eight bytes before its end, moves rdi to rsi, clears rdi and makes a system call.
 * exits: behind the page */
    .section .text.page_end_code, "ax", @progbits
    .globl  page_end_code
    .balign 4096
page_end_code:
    .skip   4096 - 8, 0x90
    movq    %rdi, %rsi
    xorl    %edi, %edi
    nop
    syscall
    .globl  page_end_code_end
page_end_code_end:

    .section .note.GNU-stack, "", @progbits
