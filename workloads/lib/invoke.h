/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system call of user space: one instruction, with the registers of kernel/abi/abi.h section 1, and a typed view over it
 * for each invocation. Invariant: a stub clears every word register that its message does not use, so nothing of the caller
 * leaves by accident. These stubs are part of every measured round trip: look at the assembly before changing one.
 */
#ifndef WORKLOADS_LIB_INVOKE_H
#define WORKLOADS_LIB_INVOKE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/abi/abi.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Words 0..5 of a message, what travels in registers. */
struct message_words {
    uint64_t w0, w1, w2, w3, w4, w5;
};

/* What an invocation leaves behind. */
struct message {
    uint64_t label;            /* rdi: label of the gate with the rights used; 0 for a reply or a result */
    uint64_t tag;              /* rsi */
    struct message_words w;
};

#define MESSAGE_EMPTY ((struct message_words){ 0 })

/* A program whose own stubs are to be traced defines this first, as "call trace_user_invoke" (trace.h). */
#ifndef INVOKE_INSTRUCTION
#define INVOKE_INSTRUCTION "syscall"
#endif

ALWAYS_INLINE struct message invoke(uint64_t capability, uint64_t tag, struct message_words in)
{
    register uint64_t word1 __asm__("r8") = in.w1;
    register uint64_t word2 __asm__("r9") = in.w2;
    register uint64_t word3 __asm__("r10") = in.w3;
    register uint64_t word5 __asm__("r14") = in.w5;
    __asm__ volatile(INVOKE_INSTRUCTION
                     : "+D"(capability), "+S"(tag), "+d"(in.w0), "+r"(word1), "+r"(word2), "+r"(word3), "+a"(in.w4), "+r"(word5)
                     :
                     : "rbx", "r12", "r13", "r15", "rcx", "r11", "memory", "cc");
    return (struct message){ capability, tag, { in.w0, word1, word2, word3, in.w4, word5 } };
}

/* The null system call names nothing and sends nothing, so it has nothing to clear. Returns the tag that came back. */
ALWAYS_INLINE uint64_t invoke_nothing(void)
{
    uint64_t tag = TAG_INVOKE(INVOKE_NOTHING);
    __asm__ volatile("syscall"
                     : "+S"(tag)
                     :
                     : "rdi", "rbx", "r12", "r13", "r15", "rcx", "r11", "rdx", "r8", "r9", "r10", "rax", "r14", "memory", "cc");
    return tag;
}

/* Everything that `syscall` may change, changed by no instruction: what stands for the operation in the empty twin of a loop. */
ALWAYS_INLINE void invoke_twin(void)
{
    __asm__ volatile("" ::: "rbx", "r12", "r13", "r15", "rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "rax", "r14",
                     "memory", "cc");
}

/* The same for a program whose stubs are traced: the two points of a system call, and none between. */
ALWAYS_INLINE void invoke_traced_twin(void)
{
    __asm__ volatile("call trace_user_twin" ::: "rbx", "r12", "r13", "r15", "rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "rax", "r14",
                     "memory", "cc");
}

/* A point of user mode (trace.h) that changes no register: the code around it stays what it is without. */
ALWAYS_INLINE void invoke_traced_mark(void)
{
    __asm__ volatile("call trace_user_mark" ::: "memory", "cc");
}

/* Makes the compiler have the value now: without it a clock read may be put together later in one twin than in the other. */
ALWAYS_INLINE uint64_t value_keep(uint64_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* --- the tag --- */

ALWAYS_INLINE uint64_t tag_make(uint64_t flags, int32_t label, uint64_t words)
{
    return (uint64_t)(uint32_t)label << TAG_LABEL_SHIFT | TAG_INVOKE(flags) | words;
}

ALWAYS_INLINE int32_t tag_label(uint64_t tag) { return (int32_t)(uint32_t)(tag >> TAG_LABEL_SHIFT); }
ALWAYS_INLINE uint64_t tag_words(uint64_t tag) { return tag & TAG_WORDS_MASK; }

/* The error bit is the sign of the low half: one test, one branch. */
ALWAYS_INLINE bool tag_failed(uint64_t tag)
{
    _Static_assert(TAG_ERROR == 1 << 15, "the error bit is the sign of the low 16 bits");
    return (int16_t)(uint16_t)tag < 0;
}

/* ERR_* of a tag that came back, 0 when it is no error. */
ALWAYS_INLINE int32_t tag_error(uint64_t tag) { return tag_failed(tag) ? tag_label(tag) : 0; }

#define TIMEOUT_SEND_ZERO (ABI_CONST(uint64_t, TIMEOUT_ZERO) << TAG_SEND_TIMEOUT_SHIFT)
#define TIMEOUT_RECEIVE_ZERO (ABI_CONST(uint64_t, TIMEOUT_ZERO) << TAG_RECEIVE_TIMEOUT_SHIFT)

/* --- the eight invocations; `tag` holds label, words and timeouts, the flags come from here --- */

ALWAYS_INLINE struct message ipc_send(uint64_t gate, uint64_t tag, struct message_words w)
{
    return invoke(gate, tag | TAG_INVOKE(INVOKE_SEND), w);
}

ALWAYS_INLINE struct message ipc_receive(uint64_t partner, uint64_t tag)
{
    return invoke(partner, tag | TAG_INVOKE(INVOKE_RECV), MESSAGE_EMPTY);
}

ALWAYS_INLINE struct message ipc_call(uint64_t gate, uint64_t tag, struct message_words w)
{
    return invoke(gate, tag | TAG_INVOKE(INVOKE_CALL), w);
}

ALWAYS_INLINE struct message ipc_wait(uint64_t tag)
{
    return invoke(0, tag | TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
}

ALWAYS_INLINE struct message ipc_send_and_wait(uint64_t gate, uint64_t tag, struct message_words w)
{
    return invoke(gate, tag | TAG_INVOKE(INVOKE_SEND_AND_WAIT), w);
}

ALWAYS_INLINE struct message ipc_reply(uint64_t tag, struct message_words w)
{
    return invoke(0, tag | TAG_INVOKE(INVOKE_REPLY_ONLY), w);
}

ALWAYS_INLINE struct message ipc_reply_and_receive(uint64_t partner, uint64_t tag, struct message_words w)
{
    return invoke(partner, tag | TAG_INVOKE(INVOKE_REPLY_AND_RECEIVE), w);
}

/* The kernel does not look at rdi here; taking it keeps a server loop from loading it. */
ALWAYS_INLINE struct message ipc_reply_and_wait(uint64_t unused, uint64_t tag, struct message_words w)
{
    return invoke(unused, tag | TAG_INVOKE(INVOKE_REPLY_AND_WAIT), w);
}

#endif
