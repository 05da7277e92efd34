/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Code that fills an instruction cache: 2048 lines of 64 bytes, each a jump to the next.
 */

/* void cache_code_walk(void)
 * in, out, clobbers: nothing   interrupts: any   stack: return address only   exits: ret */
    .section .text.cache_code_walk, "ax", @progbits
    .globl  cache_code_walk
    .type   cache_code_walk, @function
    .balign 64
cache_code_walk:
    .rept 2048
    jmp     . + 64
    .balign 64, 0x90
    .endr
    ret
    .size   cache_code_walk, . - cache_code_walk

    .section .note.GNU-stack, "", @progbits
