/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Instructions that may fault, and then say so: trap_from_kernel sends an exception at one of the three marked addresses to guarded_fault.
 * At boot alone. All: irq off; stack: the return address; clobbers rax, rcx, rdx; out: eax 1, or 0 after a fault; exits: ret
 */
.intel_syntax noprefix
.text

/* guarded_read: bool (uint32_t msr, uint64_t *value)   in: edi, rsi   out: *rsi */
.globl guarded_read, guarded_read_at
guarded_read:
    mov     ecx, edi
guarded_read_at:
    rdmsr
guarded_store:
    shl     rdx, 32
    or      rax, rdx
    mov     [rsi], rax
    mov     eax, 1
    ret

/* guarded_counter: bool (uint32_t index, uint64_t *value)   in: edi, rsi   out: *rsi */
.globl guarded_counter, guarded_counter_at
guarded_counter:
    mov     ecx, edi
guarded_counter_at:
    rdpmc
    jmp     guarded_store

/* guarded_write: bool (uint32_t msr, uint64_t value)   in: edi, rsi */
.globl guarded_write, guarded_write_at
guarded_write:
    mov     ecx, edi
    mov     rax, rsi
    mov     rdx, rsi
    shr     rdx, 32
guarded_write_at:
    wrmsr
    mov     eax, 1
    ret

.globl guarded_fault
guarded_fault:
    xor     eax, eax
    ret

/* guarded_loop: void (void): PMU_LOOP_INSTRUCTIONS and two more. */
.globl guarded_loop
.p2align 4
guarded_loop:
    mov     ecx, 50000
guarded_loop_again:
    dec     ecx
    jnz     guarded_loop_again
    ret

.section .note.GNU-stack, "", @progbits
