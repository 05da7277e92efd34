/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The boundary between user mode and the kernel, as a CPU needs it that speculates across none (kernel option mitigations=off, or none needed).
 * guarded/crossing.h has the same macros for all others; which of the two a build of fastpath.S and entry.S has is the Makefile's choice
 * (kernel/rules.mk). For assembly.
 */
#ifndef CROSSING_H
#define CROSSING_H

/* Into the kernel by a system call: rsp = the running thread, r15 = its rsp. */
.macro CROSS_IN_SYSCALL
    swapgs
    mov     r15, rsp
    mov     rsp, gs:[CPU_CURRENT]
.endm

/* The same where all registers count: the thread's rsp is in the CPU's scratch word. */
.macro CROSS_IN_ALIEN
    swapgs
    mov     gs:[CPU_USER_SCRATCH], rsp
    mov     rsp, gs:[CPU_CURRENT]
.endm

/* Into the kernel by an interrupt out of user mode. rax may be used. */
.macro CROSS_IN_TRAP
.endm

/* Into the kernel out of whatever state. rcx may be used; GS base is the kernel's. */
.macro CROSS_IN_ANY
.endm

/* On the fast path, from thread to thread: the page table. Uses rcx. */
.macro CROSS_TO_PARTNER current, partner, routine
    mov     rcx, [\partner + THREAD_PAGE_TABLE]
    cmp     rcx, [\current + THREAD_PAGE_TABLE]
    je      \routine\()_same_table
    TRACE_POINT fast_p6_load, rcx, rsi
    mov     cr3, rcx
\routine\()_same_table:
.endm

/* On the slow path, towards the thread in rbx. Uses rax, rcx, rdx. */
.macro CROSS_TO_THREAD
    mov     rax, cr3
    xor     rax, [rbx + THREAD_PAGE_TABLE]
    add     rax, rax                   /* CR3_KEEP is never read back */
    jz      resume_same_table
    mov     rax, [rbx + THREAD_PAGE_TABLE]
    TRACE_POINT resume_load, rax, rbx
    mov     cr3, rax
resume_same_table:
.endm

/* Out by sysret to the thread in `thread`, which is rbx or r12: rcx, r11, rbp and the words are the user's. Wipes the kernel's values. */
.macro CROSS_OUT_SYSRET thread
    mov     rsp, [\thread + THREAD_RSP]
    xor     ebx, ebx
    xor     r12d, r12d
    xor     r13d, r13d
    xor     r15d, r15d
    swapgs
    sysretq
.endm

/* Before the frame for iretq is pushed: the stack that it goes to. */
.macro CROSS_OUT_STACK
.endm

/* Out by iretq to the thread in rbx, its frame on the stack, all registers but rbx the user's. */
.macro CROSS_OUT_IRETQ
    mov     rbx, [rbx + THREAD_RBX]
    swapgs
    iretq
.endm

#endif
