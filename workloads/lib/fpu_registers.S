/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Contract of all: arguments in rdi, rsi, rdx; result in rax; clobbers rax and, where it loads them, the vector registers.
 */
#include "workloads/lib/fpu.h"

.macro FUNCTION name
    .section .text.\name, "ax", @progbits
    .globl  \name
    .type   \name, @function
\name:
.endm

.macro EACH register, base, load, instruction
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .if \load
    \instruction FPU_REGISTER_BYTES * \n(%\base), %\register\n
    .else
    \instruction %\register\n, FPU_REGISTER_BYTES * \n(%\base)
    .endif
    .endr
.endm

FUNCTION fpu_load_ymm
    EACH ymm, rdi, 1, vmovups
    ret
FUNCTION fpu_store_ymm
    EACH ymm, rdi, 0, vmovups
    ret
FUNCTION fpu_load_xmm
    EACH xmm, rdi, 1, movups
    ret
FUNCTION fpu_store_xmm
    EACH xmm, rdi, 0, movups
    ret
FUNCTION fpu_load_mxcsr
    pushq   %rdi
    ldmxcsr (%rsp)
    popq    %rax
    ret
FUNCTION fpu_store_mxcsr
    pushq   $0
    stmxcsr (%rsp)
    popq    %rax
    ret
FUNCTION fpu_spin
    EACH xmm, rdi, 1, movups
fpu_spinning:
    pause
    cmpq    $0, (%rdx)
    je      fpu_spinning
    EACH xmm, rsi, 0, movups
    ret

/* fpu_xcr0: low half of XCR0; faults unless the kernel has turned XSAVE on.  clobbers rcx, rdx. */
FUNCTION fpu_xcr0
    xorl    %ecx, %ecx
    xgetbv
    ret

    .section .note.GNU-stack, "", @progbits
