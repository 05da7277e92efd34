/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First instructions of every thread of user space.
 */
#include "kernel/abi/abi.h"

/* _start: first thread of a program.
 * in: rdi facts (root_info or 0)   rsp top of stack, multiple of 16   others 0   interrupts: on
 * exits: into program_start, which does not return; if it does, #UD */
    .section .text._start, "ax", @progbits
    .globl  _start
    .type   _start, @function
_start:
    xorl    %ebp, %ebp
    call    program_start
    ud2
    .size   _start, . - _start

/* thread_entry: any further thread.
 * in: (rsp) function, 8(rsp) its argument; rsp + 16 is a multiple of 16   exits: into the function, then thread_end */
    .section .text.thread_entry, "ax", @progbits
    .globl  thread_entry
    .type   thread_entry, @function
thread_entry:
    xorl    %ebp, %ebp
    popq    %rax
    popq    %rdi
    call    *%rax
    jmp     thread_end
    .size   thread_entry, . - thread_entry

/* thread_end: waits for messages that nobody can send, for ever.
 * in: nothing   clobbers: all   exits: none */
    .section .text.thread_end, "ax", @progbits
    .globl  thread_end
    .type   thread_end, @function
thread_end:
    xorl    %edi, %edi
    movl    $TAG_INVOKE(INVOKE_WAIT), %esi
    syscall
    jmp     thread_end
    .size   thread_end, . - thread_end

/* program_trap: ends the thread by #UD.   exits: none */
    .section .text.program_trap, "ax", @progbits
    .globl  program_trap
    .type   program_trap, @function
program_trap:
    ud2
    .size   program_trap, . - program_trap

    .section .note.GNU-stack, "", @progbits
