/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of the instrumented build, which has the same sources as the ordinary one (untraced/trace_point.h). For C and assembly. A point keeps
 * all registers, and may stand where the flags do not matter. Interrupts are off.
 */
#ifndef TRACE_POINT_H
#define TRACE_POINT_H

#include "kernel/abi/trace.h"

#ifndef __ASSEMBLER__
void trace_emit(uint64_t point, uint64_t argument0, uint64_t argument1); /* trace_record.S */
#define TRACE_POINT(point, argument0, argument1) trace_emit(TRACE_##point, (uint64_t)(argument0), (uint64_t)(argument1))
#else

#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) .set TRACE_##name, id;
#include "kernel/abi/trace.def"
#define TRACE_STATE(offset) gs:[CPU_TRACE + offset]

.macro TRACE_JUMP point
    mov     TRACE_STATE(TRACE_STATE_RAX), rax
    mov     eax, TRACE_\point
    mov     qword ptr TRACE_STATE(TRACE_STATE_RESUME), offset .Ltrace_resume_\@
    jmp     trace_record
.Ltrace_resume_\@:
.endm

.macro TRACE_POINT point, argument0, argument1
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT0), \argument0
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT1), \argument1
    TRACE_JUMP \point
.endm

/* Where the stack is as struct trap_frame from `vector` on. As many instructions as the others. */
.macro TRACE_TRAP
    push    qword ptr [rsp + TRAP_VECTOR]
    pop     qword ptr TRACE_STATE(TRACE_STATE_ARGUMENT0)
    TRACE_JUMP trap_enter
.endm

/* Where GS base and stack are still those of user mode. */
.macro TRACE_OUTSIDE point
    swapgs
    TRACE_POINT \point, rdi, rsi
    swapgs
.endm

/* The null system call, which needs nothing of the kernel: what points cost, outside of the kernel and in it. */
.macro TRACE_NOTHING
    TRACE_OUTSIDE fast_nothing_outside
    TRACE_OUTSIDE fast_nothing_outside_again
    swapgs
    TRACE_POINT fast_nothing, rdi, rsi
    TRACE_POINT fast_nothing_again, rdi, rsi
    swapgs
.endm

.macro FAST_EXIT name, target
\target\()_\name:
    TRACE_POINT \target\()_\name, rdi, rsi
    jmp     \target
.endm
#endif

#endif
