/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bool trap_store(unsigned char *page): one store that may fault. A handler that does not repair the page goes on behind the store.
 * in: rdi address.  out: eax 1.  clobbers: nothing else.  stack: unused.
 */
    .text
    .globl  trap_store
    .globl  trap_store_end
    .type   trap_store, @function
trap_store:
    movl    $1, %eax
    movb    %al, (%rdi)
trap_store_end:
    ret
    .size   trap_store, . - trap_store

    .section .note.GNU-stack, "", @progbits
