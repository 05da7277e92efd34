/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's records. Reached only out of the instrumented build. Irq: off, so one record is written at a time on a CPU.
 */
#include "kernel/abi/trace.h"
#include "offsets.h"

#define TRACE_STATE(offset) gs:[CPU_TRACE + offset]

.intel_syntax noprefix
.macro TRACE_THREAD
    mov     rax, gs:[CPU_CURRENT]
    mov     rax, [rax + THREAD_NUMBER]
.endm
#include "kernel/abi/trace_record.h"

.section .traced.text.record, "ax"

/* void trace_emit(point, argument0, argument1): for C.
 * in: rdi rsi rdx   out: nothing   clobbers: flags   irq: off   stack: the return address */
.globl trace_emit
.p2align 4
trace_emit:
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT0), rsi
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT1), rdx
    mov     TRACE_STATE(TRACE_STATE_RAX), rax
    mov     eax, edi
    pop     qword ptr TRACE_STATE(TRACE_STATE_RESUME)

/* trace_record: see TRACE_RECORD.  irq: off.  stack: none. */
.globl trace_record
trace_record:
    TRACE_RECORD
