/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The known piece of work of the fidelity self-test: exactly 1000 one-byte NOPs between entry and return.
 */

/* void fidelity_nops1000(void)
 * in: nothing   out: nothing   clobbers: nothing, flags included   interrupts: any   stack: return address only
 * exits: ret    cost: 1000 NOPs and one ret; the caller adds its call */
    .section .text.fidelity_nops1000, "ax", @progbits
    .globl  fidelity_nops1000
    .type   fidelity_nops1000, @function
    .balign 64
fidelity_nops1000:
    .rept 1000
    nop
    .endr
    ret
    .size   fidelity_nops1000, . - fidelity_nops1000

    .section .note.GNU-stack, "", @progbits
