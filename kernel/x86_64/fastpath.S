/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fast path of IPC: call and reply_and_wait through a gate on one CPU, any number of words, no items, no timeouts.
 * kernel/core/ipc.c says what IPC means; this is the same in the same order. Every check before the commit leaves for the slow
 * path with all that user space passed unchanged; nothing is written before the commit, and after it nothing can fail: the only
 * branches skip an equal page table and an unused FS base, or leave the way out to the slow path when there is more to switch.
 *
 * call(gate):                                        reply_and_wait():
 *   P1 tag        call, no items, no timeouts          P1 tag        reply_and_wait, no items, no timeouts
 *   P2 capability a gate, send right                   P2 reply      the caller still waits for our reply
 *   P3 receiver   waits for anyone, on this CPU        P3 senders    nobody waits to send to us
 *   P4 commit     save the caller, who waits for the   P4 commit     save us, waiting for anyone; the reply
 *                 receiver's reply from now on                       capability is used up
 *   P5 message    gate's label with rights, UTCB words P5 message    label 0, UTCB words
 *   P6 space      page table and FS base, if unlike    P6 space      likewise
 *   P7 exit       the receiver's registers, sysret     P7 exit       likewise
 *
 * What is not checked, and why that is safe: priorities (the scheduling context goes along and stays the highest ready one,
 * sched.h); liveness (a dead thread waits for nobody, a deleted gate has no capability); the CPU of a caller (reply_from is
 * cleared when either side migrates); RIP on sysret (user space ends a page below the canonical boundary, abi.h).
 */
#include "kernel/abi/abi.h"
#include "offsets.h"

.intel_syntax noprefix
#include "crossing.h"
#include "trace_point.h"

#define CURRENT rsp     /* the running thread; its own rsp is in r15 until it is saved */
#define PARTNER r12     /* receiver of a call, caller of a reply */
#define CAP_WORD rbx    /* address of the gate's column (object.h) */
#define CPU_ID r13d

/* Enters the kernel: CURRENT = thread, r15 = its rsp. The tag alone has been looked at before. */
.macro ENTER
    CROSS_IN_SYSCALL
.endm

/* Jumps unless the tag is that invocation with register words alone: one comparison covers flags, items, timeouts and length.
 * ebx = words, if it is that invocation. */
.macro UNLESS_TAG invocation, target
    lea     ebx, [rsi - (\invocation << TAG_FLAGS_SHIFT)]
    cmp     ebx, REGISTER_WORDS
    ja      \target
.endm

/* The same invocation as compared last, with words in the UTCB. */
.macro IF_LONG target
    cmp     ebx, WORDS_MAX
    jbe     \target
.endm

.macro P4_SAVE_CONTEXT
    mov     [CURRENT + THREAD_RIP], rcx
    mov     [CURRENT + THREAD_RFLAGS], r11d
    mov     [CURRENT + THREAD_RSP], r15
    mov     [CURRENT + THREAD_RBP], rbp
.endm

/* Words 6.. of the UTCB, exactly as many as the tag counts. Uses rcx, r13, rdi. */
.macro P5_COPY_LONG
    mov     r13, rsi
    lea     ecx, [rsi - REGISTER_WORDS]
    and     ecx, TAG_WORDS_MASK
    mov     rsi, [CURRENT + THREAD_UTCB_LONG]
    mov     rdi, [PARTNER + THREAD_UTCB_LONG]
    rep movsq
    mov     rsi, r13
.endm

/* Two threads without FS base need no write: selectors that a user can load there have base 0. Its sign tells of extras (object.h). */
.macro P6_SPACE routine, exit
    TRACE_POINT fast_p6_space, rdi, rsi
    CROSS_TO_PARTNER CURRENT, PARTNER, \routine
    mov     rcx, [PARTNER + THREAD_FS_BASE]
    or      rcx, [CURRENT + THREAD_FS_BASE]
    jz      \routine\()_no_fs_base
    js      fast_extras_\exit\()_extras
    mov     r13, rax
    mov     r15, rdx
    mov     eax, [PARTNER + THREAD_FS_BASE]
    mov     edx, [PARTNER + THREAD_FS_BASE_HIGH]
    mov     ecx, MSR_FS_BASE_NUMBER
    wrmsr
    mov     rax, r13
    mov     rdx, r15
\routine\()_no_fs_base:
.endm

/* The partner's own context; the message is in place; the kernel's values are wiped. */
.macro P7_EXIT routine
    TRACE_POINT \routine\()_p7_exit, rdi, rsi
    mov     rcx, [PARTNER + THREAD_RIP]
    mov     r11d, [PARTNER + THREAD_RFLAGS]
    mov     rbp, [PARTNER + THREAD_RBP]
    CROSS_OUT_SYSRET PARTNER
.endm

/* P2 to P4 of call; all but the register message and the label. */
.macro CALL_COMMIT routine, exit
\routine\()_p2_capability:
    TRACE_OUTSIDE fast_enter
    ENTER
    TRACE_POINT fast_call_p2_capability, rdi, rsi
    cmp     rdi, [CURRENT + THREAD_CAP_LIMIT]
    jae     fast_slow_\exit\()_limit
    mov     rbx, [CURRENT + THREAD_CAP_WORDS]
    mov     CAP_WORD, [rbx + rdi * 8]
    test    bl, CAP_WORD_NOT_FAST
    jnz     fast_slow_\exit\()_word
\routine\()_p3_receiver:
    TRACE_POINT fast_call_p3_receiver, CAP_WORD, rsi
    mov     PARTNER, [CAP_WORD + GATE_THREADS]
    mov     CPU_ID, [CURRENT + THREAD_CPU_WORD]
    cmp     [PARTNER + THREAD_OPEN_WAIT], CPU_ID
    jne     fast_slow_\exit\()_receiver
\routine\()_p4_commit:
    TRACE_POINT fast_call_p4_commit, PARTNER, rsi
    P4_SAVE_CONTEXT
    mov     [CURRENT + THREAD_REPLY_FROM], PARTNER
    mov     [PARTNER + THREAD_CALLER], CURRENT
    mov     dword ptr [PARTNER + THREAD_OPEN_WAIT], 0
    mov     gs:[CPU_CURRENT], PARTNER
.endm

/* P2 to P4 of reply_and_wait. */
.macro REPLY_COMMIT routine, exit
\routine\()_p2_reply:
    TRACE_OUTSIDE fast_enter
    ENTER
    TRACE_POINT fast_reply_p2_reply, rdi, rsi
    mov     PARTNER, [CURRENT + THREAD_CALLER]
    cmp     [PARTNER + THREAD_REPLY_FROM], CURRENT
    jne     fast_slow_\exit\()_caller
\routine\()_p3_senders:
    TRACE_POINT fast_reply_p3_senders, PARTNER, rsi
    cmp     qword ptr [CURRENT + THREAD_INBOX], 0
    jne     fast_slow_\exit\()_inbox
\routine\()_p4_commit:
    TRACE_POINT fast_reply_p4_commit, PARTNER, rsi
    P4_SAVE_CONTEXT
    mov     CPU_ID, [CURRENT + THREAD_CPU_WORD]
    mov     [CURRENT + THREAD_OPEN_WAIT], CPU_ID
    mov     qword ptr [CURRENT + THREAD_CALLER], offset thread_nobody
    mov     qword ptr [PARTNER + THREAD_REPLY_FROM], 0
    mov     gs:[CPU_CURRENT], PARTNER
.endm

/* syscall_entry: LSTAR, unless booted with nofast.
 * in: registers as abi.h section 1 says; rcx, r11 = user rip, rflags; rsp = the user's.  irq: off (FMASK).  stack: none.
 * exits: sysret to the partner with the message, or invoke_slow (entry.S) with CURRENT in rsp and the user's rsp in r15; rbx, r12, r13 are
 * the only others changed then, and no caller expects them back. */
.section .text.fastpath, "ax"
.globl syscall_entry
.p2align 6
syscall_entry:
fast_call_p1_tag:
    TRACE_OUTSIDE fast_p1_tag
    UNLESS_TAG INVOKE_CALL, fast_reply_p1_tag
    CALL_COMMIT fast_call, call
fast_call_p5_message:
    TRACE_POINT fast_call_p5_message, CAP_WORD, rsi
    mov     rdi, [CAP_WORD + GATE_LABELS]
fast_call_p6_space:
    P6_SPACE fast_call, call
fast_call_p7_exit:
    P7_EXIT fast_call

.p2align 4
fast_reply_p1_tag:
    IF_LONG fast_call_long_p2_capability
    UNLESS_TAG INVOKE_REPLY_AND_WAIT, fast_reply_long_p1_tag
    REPLY_COMMIT fast_reply, reply
fast_reply_p5_message:
    TRACE_POINT fast_reply_p5_message, PARTNER, rsi
    xor     edi, edi
fast_reply_p6_space:
    P6_SPACE fast_reply, reply
fast_reply_p7_exit:
    P7_EXIT fast_reply

.p2align 4
    CALL_COMMIT fast_call_long, call_long
fast_call_long_p5_message:
    TRACE_POINT fast_call_p5_message, CAP_WORD, rsi
    P5_COPY_LONG
    mov     rdi, [CAP_WORD + GATE_LABELS]
fast_call_long_p6_space:
    P6_SPACE fast_call_long, call_long
fast_call_long_p7_exit:
    P7_EXIT fast_call_long

.p2align 4
fast_reply_long_p1_tag:
    IF_LONG fast_reply_long_p2_reply

/* The null system call: no flags. The tag is its result, the words are untouched. It needs nothing of the kernel's. */
fast_nothing:
    test    esi, 0xf << TAG_FLAGS_SHIFT
    jnz     fast_not_served
    TRACE_NOTHING
    xor     edi, edi
    xor     ebx, ebx
    xor     r12d, r12d
    xor     r13d, r13d
    xor     r15d, r15d
    sysretq

.p2align 4
    REPLY_COMMIT fast_reply_long, reply_long
fast_reply_long_p5_message:
    TRACE_POINT fast_reply_p5_message, PARTNER, rsi
    P5_COPY_LONG
    xor     edi, edi
fast_reply_long_p6_space:
    P6_SPACE fast_reply_long, reply_long
fast_reply_long_p7_exit:
    P7_EXIT fast_reply_long

fast_not_served:
    TRACE_OUTSIDE fast_enter
    ENTER

/* Each way out by its name, for counters of the instrumented build; here all are one place. */
    FAST_EXIT tag, fast_slow
    FAST_EXIT call_limit, fast_slow
    FAST_EXIT call_word, fast_slow
    FAST_EXIT call_receiver, fast_slow
    FAST_EXIT reply_caller, fast_slow
    FAST_EXIT reply_inbox, fast_slow
    FAST_EXIT call_long_limit, fast_slow
    FAST_EXIT call_long_word, fast_slow
    FAST_EXIT call_long_receiver, fast_slow
    FAST_EXIT reply_long_caller, fast_slow
    FAST_EXIT reply_long_inbox, fast_slow
fast_slow:
    jmp     invoke_slow

/* Either thread has more than an FS base: the partner is resumed by the slow path, with the message that it has got. */
    FAST_EXIT call_extras, fast_extras
    FAST_EXIT call_long_extras, fast_extras
    FAST_EXIT reply_extras, fast_extras
    FAST_EXIT reply_long_extras, fast_extras
fast_extras:
    mov     [PARTNER + THREAD_RDI], rdi
    mov     [PARTNER + THREAD_RSI], rsi
    mov     [PARTNER + THREAD_RDX], rdx
    mov     [PARTNER + THREAD_R8], r8
    mov     [PARTNER + THREAD_R9], r9
    mov     [PARTNER + THREAD_R10], r10
    mov     [PARTNER + THREAD_RAX], rax
    mov     [PARTNER + THREAD_R14], r14
    mov     rsp, gs:[CPU_KERNEL_STACK_TOP]
    mov     r12, -1
    jmp     thread_resume
.globl fastpath_end
fastpath_end:
