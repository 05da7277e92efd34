/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy of whole words by the one instruction with which the kernel copies them.
 */
    .section .text.words_copy, "ax", @progbits

/* void words_copy(uint64_t *to, const uint64_t *from, size_t words)
 * in: rdi to   rsi from   rdx words   out: nothing   clobbers: rcx rdi rsi   interrupts: on   stack: unused   exits: ret */
    .globl  words_copy
    .type   words_copy, @function
words_copy:
    movq    %rdx, %rcx
    rep movsq
    ret
    .size   words_copy, . - words_copy

    .section .note.GNU-stack, "", @progbits
