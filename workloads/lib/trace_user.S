/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of user mode: the instructions of the kernel's, one for one, with another place for their state.
 */
#include "kernel/abi/trace.h"

#define TRACE_STATE(offset) [trace_user + offset]

.intel_syntax noprefix
.macro TRACE_THREAD
    mov     rax, TRACE_STATE(TRACE_STATE_THREAD)
    mov     rax, [rax]
.endm
#include "kernel/abi/trace_record.h"

.macro USER_POINT point
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT0), rdi
    mov     TRACE_STATE(TRACE_STATE_ARGUMENT1), rsi
    mov     TRACE_STATE(TRACE_STATE_RAX), rax
    mov     eax, TRACE_\point
    mov     qword ptr TRACE_STATE(TRACE_STATE_RESUME), offset .Lresume_\@
    jmp     trace_user_record
.Lresume_\@:
.endm

    .section .text.trace_user, "ax", @progbits
/* trace_user_invoke: a system call between two points.
 * in, out, clobbers: as `syscall`, and flags   stack: one word */
    .globl  trace_user_invoke
    .type   trace_user_invoke, @function
trace_user_invoke:
    USER_POINT user_enter
    syscall
    USER_POINT user_return
    ret
    .size   trace_user_invoke, . - trace_user_invoke

/* trace_user_twin: the points alone.  in, out: all registers   clobbers: flags   stack: one word */
    .globl  trace_user_twin
    .type   trace_user_twin, @function
trace_user_twin:
    USER_POINT user_enter
    USER_POINT user_return
    ret
    .size   trace_user_twin, . - trace_user_twin

/* trace_user_mark: a point at which a program enters its library.  in, out: all registers   clobbers: flags   stack: one word */
    .globl  trace_user_mark
    .type   trace_user_mark, @function
trace_user_mark:
    USER_POINT user_library
    ret
    .size   trace_user_mark, . - trace_user_mark

/* trace_user_record: see TRACE_RECORD. */
trace_user_record:
    TRACE_RECORD

    .section .note.GNU-stack, "", @progbits
