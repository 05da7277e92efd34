/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy that may fault: by the one instruction that Linux's copies to and from user memory are on such a processor, too.
 */
    .section .text.pipe_copy, "ax", @progbits

/* bool pipe_copy(void *to, const void *from, size_t bytes)
 * in: rdi to   rsi from   rdx bytes   out: eax 1; 0 when the server's handler of exceptions found rip at pipe_copy_moves
 * clobbers: rcx rdi rsi   interrupts: on   stack: unused   exits: ret */
    .globl  pipe_copy
    .type   pipe_copy, @function
pipe_copy:
    movq    %rdx, %rcx
    movl    $1, %eax
    .globl  pipe_copy_moves
pipe_copy_moves:
    rep movsb
    ret
    .globl  pipe_copy_failed
pipe_copy_failed:
    xorl    %eax, %eax
    ret
    .size   pipe_copy, . - pipe_copy

    .section .note.GNU-stack, "", @progbits
