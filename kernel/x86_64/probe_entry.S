/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Probes that C cannot express: the frame of IRETQ, a trip to user mode and back, an interrupt handler that does nothing. Interrupts are
 * off all the time, in user mode too.
 */
#include "kernel/x86_64/segment.h"

#define RFLAGS_NONE 2

.intel_syntax noprefix
.text

/* probe_iretq: void (void).  in: nothing  out: nothing  clobbers: rax, flags as before  irq: off  stack: 40 bytes  exits: ret */
.globl probe_iretq
probe_iretq:
    mov     rax, rsp
    push    SEGMENT_KERNEL_DATA
    push    rax
    pushfq
    push    SEGMENT_KERNEL_CODE
    push    offset probe_iretq_back
    iretq
probe_iretq_back:
    ret

/* probe_sysret: void (unsigned n, uint64_t instruction).  in: edi n > 0, rsi address of a `syscall` that user space may execute and nobody
 * else can change meanwhile; LSTAR = probe_landing.  clobbers: rcx, r11, rdi, flags.  irq: off.  stack: kept in rsp while in user mode,
 * where one instruction runs that does not use it.  exits: ret */
.globl probe_sysret, probe_landing
.p2align 4
probe_sysret:
    mov     rcx, rsi
    mov     r11d, RFLAGS_NONE
    sysretq
probe_landing:
    dec     edi
    jnz     probe_sysret
    ret

/* probe_sysret_twin: the same loop that stays here. */
.globl probe_sysret_twin
.p2align 4
probe_sysret_twin:
    mov     rcx, rsi
    mov     r11d, RFLAGS_NONE
    dec     edi
    jnz     probe_sysret_twin
    ret

/* in: as interrupts push it.  irq: off.  exits: iretq */
.globl probe_interrupt_handler
.p2align 4
probe_interrupt_handler:
    iretq

.section .note.GNU-stack, "", @progbits
