/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The boundary between user mode and the kernel for CPUs that speculate across it (mitigations.h). Each guard is a site that becomes one
 * NOP or jump at boot when it is not in force (guards.c), so that what remains of it costs an instruction:
 *   pti   the kernel runs on its own page table; a task's maps of the kernel what lies between here and the other table alone (kernel_map.h).
 *         Without it tables are loaded as in plain/crossing.h
 *   verw  empties fill, load and store buffers on the way out (Intel: MD_CLEAR)
 *   ibpb  branch predictions end where another address space begins
 * For assembly. Flags need not be kept.
 */
#ifndef CROSSING_H
#define CROSSING_H

#include "kernel/x86_64/mitigations.h"

/* The instructions up to GUARD_END stay when the guard is in force (GUARD), or when it is not (GUARD_UNLESS). */
.macro GUARD_SITE name, mask, when
.L\name\()_begin:
    .pushsection .rodata.guard_sites, "a"
    .quad   .L\name\()_begin, .L\name\()_end, \mask, \when
    .popsection
.endm
.macro GUARD name, mask
    GUARD_SITE \name, \mask, \mask
.endm
.macro GUARD_UNLESS name, mask
    GUARD_SITE \name, \mask, 0
.endm
.macro GUARD_END name
.L\name\()_end:
.endm

.macro CROSS_IN_SYSCALL
    swapgs
    mov     r15, rsp
    GUARD   in_syscall_\@, MITIGATION_PTI
    mov     rsp, gs:[CPU_KERNEL_TABLE]
    mov     cr3, rsp
    GUARD_END in_syscall_\@
    mov     rsp, gs:[CPU_CURRENT]
.endm

.macro CROSS_IN_ALIEN
    swapgs
    mov     gs:[CPU_USER_SCRATCH], rsp
    GUARD   in_alien_\@, MITIGATION_PTI
    mov     rsp, gs:[CPU_KERNEL_TABLE]
    mov     cr3, rsp
    GUARD_END in_alien_\@
    mov     rsp, gs:[CPU_CURRENT]
.endm

.macro CROSS_IN_TRAP
    GUARD   in_trap_\@, MITIGATION_PTI
    mov     rax, gs:[CPU_KERNEL_TABLE]
    mov     cr3, rax
    GUARD_END in_trap_\@
.endm

.macro CROSS_IN_ANY
    GUARD   in_any_\@, MITIGATION_PTI
    mov     rcx, gs:[CPU_KERNEL_TABLE]
    mov     cr3, rcx
    GUARD_END in_any_\@
.endm

/* Uses rax, rcx, rdx: the space whose predictions are in force is `table` from now on. */
.macro BARRIER table
    cmp     \table, gs:[CPU_BARRIER_TABLE]
    je      .Lno_barrier_\@
    mov     gs:[CPU_BARRIER_TABLE], \table
    mov     ecx, MSR_PREDICTION_NUMBER
    mov     eax, PREDICTION_BARRIER
    xor     edx, edx
    wrmsr
.Lno_barrier_\@:
.endm

.macro CROSS_TO_PARTNER current, partner, routine
    GUARD   barrier_\@, MITIGATION_IBPB
    mov     r13, rax
    mov     r15, rdx
    mov     rcx, [\partner + THREAD_PAGE_TABLE]
    BARRIER rcx
    mov     rax, r13
    mov     rdx, r15
    GUARD_END barrier_\@
    GUARD_UNLESS table_\@, MITIGATION_PTI
    mov     rcx, [\partner + THREAD_PAGE_TABLE]
    cmp     rcx, [\current + THREAD_PAGE_TABLE]
    je      \routine\()_same_table
    mov     cr3, rcx
\routine\()_same_table:
    GUARD_END table_\@
.endm

.macro CROSS_TO_THREAD
    GUARD   barrier_\@, MITIGATION_IBPB
    mov     rcx, [rbx + THREAD_PAGE_TABLE]
    BARRIER rcx
    GUARD_END barrier_\@
    GUARD_UNLESS table_\@, MITIGATION_PTI
    mov     rax, cr3
    xor     rax, [rbx + THREAD_PAGE_TABLE]
    add     rax, rax
    jz      resume_same_table
    mov     rax, [rbx + THREAD_PAGE_TABLE]
    mov     cr3, rax
resume_same_table:
    GUARD_END table_\@
.endm

.macro BUFFERS_CLEAR
    GUARD   verw_\@, MITIGATION_VERW
    verw    word ptr gs:[CPU_VERW_SELECTOR]
    GUARD_END verw_\@
.endm

/* From the load of the task's table on nothing is touched but what both tables map. */
.macro CROSS_OUT_SYSRET thread
    GUARD   out_read_\@, MITIGATION_PTI
    mov     r15, [\thread + THREAD_PAGE_TABLE]
    GUARD_END out_read_\@
    mov     rsp, [\thread + THREAD_RSP]
    GUARD   out_table_\@, MITIGATION_PTI
    mov     cr3, r15
    GUARD_END out_table_\@
    xor     ebx, ebx
    xor     r12d, r12d
    xor     r13d, r13d
    xor     r15d, r15d
    BUFFERS_CLEAR
    swapgs
    sysretq
.endm

.macro CROSS_OUT_STACK
    mov     rsp, gs:[CPU_TRAP_STACK_TOP]
.endm

.macro CROSS_OUT_IRETQ
    push    qword ptr [rbx + THREAD_RBX]
    GUARD   out_iretq_\@, MITIGATION_PTI
    mov     rbx, [rbx + THREAD_PAGE_TABLE]
    mov     cr3, rbx
    GUARD_END out_iretq_\@
    pop     rbx
    BUFFERS_CLEAR
    swapgs
    iretq
.endm

#endif
