/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/test/fastpath_host.h"

/* UNLESS_TAG: one comparison of the low 32 bits. */
static bool tag_is(uint64_t tag, unsigned invocation, unsigned words)
{
    return (uint32_t)tag - (invocation << TAG_FLAGS_SHIFT) <= words;
}

static void p4_save_context(struct thread *current, const struct user_registers *user)
{
    current->rip = user->rip;
    current->rflags = (uint32_t)user->rflags;
    current->rsp = user->rsp;
    current->rbp = user->rbp;
}

static void p5_message(const struct thread *from, struct thread *to, uint64_t label, uint64_t tag, bool is_long)
{
    const uint64_t *source = from->utcb_long;
    uint64_t *target = to->utcb_long;
    for (uint32_t n = is_long ? ((uint32_t)tag - REGISTER_WORDS) & TAG_WORDS_MASK : 0; n > 0; n--)
        *target++ = *source++;
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        to->regs[REG_WORDS + i] = from->regs[REG_WORDS + i];
    to->regs[REG_RDI] = label;
    to->regs[REG_RSI] = tag;
}

static bool fast_call(struct cpu *cpu, const struct user_registers *user, bool is_long)
{
    struct thread *current = cpu->current;
    /* P2 capability */
    if (user->rdi >= current->cap_limit)
        return false;
    cap_word word = current->cap_words[user->rdi];
    if (word & (CAP_NOT_GATE | CAP_NO_SEND))
        return false;
    /* P3 receiver */
    struct thread *partner = *(struct thread **)(uintptr_t)(word + offsetof(struct gate, threads));
    if (partner->open_wait != current->cpu_word)
        return false;
    /* P4 commit */
    p4_save_context(current, user);
    current->reply_from = partner;
    partner->caller = current;
    partner->open_wait = 0;
    cpu->current = partner;
    uint64_t label = *(uint64_t *)(uintptr_t)(word + offsetof(struct gate, labels));
    p5_message(current, partner, label, user->rsi, is_long);
    return true;
}

static bool fast_reply(struct cpu *cpu, const struct user_registers *user, bool is_long)
{
    struct thread *current = cpu->current, *partner = current->caller;
    /* P2 reply */
    if (partner->reply_from != current)
        return false;
    /* P3 senders */
    if (current->inbox)
        return false;
    /* P4 commit */
    p4_save_context(current, user);
    current->open_wait = current->cpu_word;
    current->caller = &thread_nobody;
    partner->reply_from = NULL;
    cpu->current = partner;
    p5_message(current, partner, 0, user->rsi, is_long);
    return true;
}

bool fastpath_enter(struct cpu *cpu, const struct user_registers *user)
{
    if (tag_is(user->rsi, INVOKE_CALL, REGISTER_WORDS))
        return fast_call(cpu, user, false);
    if (tag_is(user->rsi, INVOKE_CALL, WORDS_MAX))
        return fast_call(cpu, user, true);
    if (tag_is(user->rsi, INVOKE_REPLY_AND_WAIT, REGISTER_WORDS))
        return fast_reply(cpu, user, false);
    if (tag_is(user->rsi, INVOKE_REPLY_AND_WAIT, WORDS_MAX))
        return fast_reply(cpu, user, true);
    if (user->rsi & 0xf << TAG_FLAGS_SHIFT)
        return false;
    /* fast_nothing: back with all as it was; on the host a thread's registers are read from where they are saved */
    p4_save_context(cpu->current, user);
    cpu->current->regs[REG_RDI] = 0;
    cpu->current->regs[REG_RSI] = user->rsi;
    return true;
}
