/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writing a record, for the kernel and for user mode: the same instructions, so that a point costs the same in both. For assembly, Intel syntax.
 * Whoever includes this defines TRACE_STATE(offset), an operand within its struct trace_state, and the macro TRACE_THREAD, two instructions that
 * put the thread's number into rax.
 */
#ifndef KERNEL_ABI_TRACE_RECORD_H
#define KERNEL_ABI_TRACE_RECORD_H

#include "kernel/abi/trace.h"

#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) .set TRACE_##name, id;
#include "kernel/abi/trace.def"
#undef TRACE_STEP
#undef TRACE

/* A point's record, and on at state.resume.
 * in: eax = point, state.rax = rax, state.arguments, state.resume   out: all registers as before the point   clobbers: flags   stack: none */
.macro TRACE_RECORD
    mov     TRACE_STATE(TRACE_STATE_RBX), rbx
    mov     TRACE_STATE(TRACE_STATE_RCX), rcx
    mov     TRACE_STATE(TRACE_STATE_RDX), rdx
    mov     rcx, TRACE_STATE(TRACE_STATE_RING)
    inc     qword ptr [rcx + rax * 8 + TRACE_RING_COUNTS]
    mov     rbx, [rcx + TRACE_RING_HEAD]
    mov     rdx, rbx
    sub     rdx, [rcx + TRACE_RING_TAIL]
    cmp     rdx, TRACE_RING_RECORDS
    jae     .Ltrace_full_\@
    and     ebx, TRACE_RING_RECORDS - 1
    shl     rbx, TRACE_RECORD_SHIFT
    add     rbx, TRACE_STATE(TRACE_STATE_RECORDS)
    mov     [rbx + TRACE_RECORD_POINT], eax
    mov     eax, TRACE_STATE(TRACE_STATE_CPU)
    mov     [rbx + TRACE_RECORD_CPU], eax
    TRACE_THREAD
    mov     [rbx + TRACE_RECORD_THREAD], rax
    mov     rax, TRACE_STATE(TRACE_STATE_ARGUMENT0)
    mov     [rbx + TRACE_RECORD_ARGUMENT0], rax
    mov     rax, TRACE_STATE(TRACE_STATE_ARGUMENT1)
    mov     [rbx + TRACE_RECORD_ARGUMENT1], rax
    xor     eax, eax
    mov     [rbx + TRACE_RECORD_COUNTER0], rax
    mov     [rbx + TRACE_RECORD_COUNTER1], rax
    mov     eax, TRACE_STATE(TRACE_STATE_COUNTERS)
    mov     [rbx + TRACE_RECORD_COUNTED], rax
    test    eax, eax
    jnz     .Ltrace_counters_\@
.Ltrace_clock_\@:
    rdtsc
    mov     [rbx + TRACE_RECORD_TSC], eax
    mov     [rbx + TRACE_RECORD_TSC_HIGH], edx
    mov     rcx, TRACE_STATE(TRACE_STATE_RING)
    inc     qword ptr [rcx + TRACE_RING_HEAD]
.Ltrace_done_\@:
    mov     rax, TRACE_STATE(TRACE_STATE_RAX)
    mov     rbx, TRACE_STATE(TRACE_STATE_RBX)
    mov     rcx, TRACE_STATE(TRACE_STATE_RCX)
    mov     rdx, TRACE_STATE(TRACE_STATE_RDX)
    jmp     qword ptr TRACE_STATE(TRACE_STATE_RESUME)

.Ltrace_full_\@:
    inc     qword ptr [rcx + TRACE_RING_LOST]
    jmp     .Ltrace_done_\@

.Ltrace_counters_\@:
    mov     ecx, TRACE_STATE(TRACE_STATE_SELECTOR0)
    rdpmc
    mov     [rbx + TRACE_RECORD_COUNTER0], eax
    mov     [rbx + TRACE_RECORD_COUNTER0 + 4], edx
    mov     ecx, TRACE_STATE(TRACE_STATE_SELECTOR1)
    rdpmc
    mov     [rbx + TRACE_RECORD_COUNTER1], eax
    mov     [rbx + TRACE_RECORD_COUNTER1 + 4], edx
    jmp     .Ltrace_clock_\@
.endm

#endif
