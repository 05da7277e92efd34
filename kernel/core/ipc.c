/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The slow path of IPC, and its specification. The steps P1..P7 are those of kernel/x86_64/fastpath.S, which serves a subset
 * of what is served here in the same order; a check compares the names.
 *
 * A call lends the caller's scheduling context to the receiver until the reply. Invariant: if c->reply_from == s then
 * s->caller == c, both are on one CPU, and the chain that starts at s runs on the context that c ran on. Across CPUs nothing is
 * lent: c is in THREAD_REMOTE_REPLY_WAIT then. An exception is a call in the kernel's name: c is in THREAD_EXCEPTION_WAIT then, wherever s is. Who waits in a queue of senders helps whom it waits for (sched.h). Before the state of another thread is touched its CPU is held (lock.h).
 */
#include "kernel/core/ipc.h"

#include "kernel/core/cap.h"
#include "kernel/core/gate.h"
#include "kernel/core/invoke.h"
#include "kernel/core/item.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/ring.h"
#include "kernel/core/sched.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/thread.h"
#include "kernel/core/timeout.h"
#include "kernel/x86_64/arch.h"
#include "trace_point.h"

#define PAGE_FAULT_WORDS 3
#define RECEIVES_AT_ONCE 4     /* of one entry, in each of which a message with items arrives */

/* Order of registers in the message of an exception (abi.h section 8). */
static const uint8_t exception_register[SAVED_REGISTERS] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9,
                                                            REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static inline unsigned tag_words(uint64_t tag) { return tag & TAG_WORDS_MASK; }
static inline unsigned tag_items(uint64_t tag) { return tag >> TAG_ITEMS_SHIFT & ITEMS_MASK; }
#define TAG_RECEIVE_TIMEOUT ((uint64_t)(3 << TAG_RECEIVE_TIMEOUT_SHIFT))
#define TAG_ITEMS_OR_RECEIVE_TIMEOUT (TAG_RECEIVE_TIMEOUT | ITEMS_MASK << TAG_ITEMS_SHIFT)

/* The tag as the partner sees it: without the sender's timeouts. */
static inline uint64_t tag_delivered(uint64_t tag) { return tag & ~(uint64_t)(0xf << TAG_SEND_TIMEOUT_SHIFT); }

/* --- Chains of calls ----------------------------------------------------------------------------------------------------- */

/* s gets the reply capability to c, and c's context with it. s does not run on any other context at this moment. */
static inline void call_link(struct thread *c, struct thread *s)
{
    c->reply_from = s;
    s->caller = c;
    s->sc = c->sc;
    s->sc->thread = s;
}

/* Ends the call of c to s without a reply: c's context goes back to c, what hangs on s continues on s's own. */
COLD static void call_cut(struct thread *c, struct thread *s)
{
    struct thread *tail = s;
    while (tail->reply_from)
        tail = thread_reply_from(tail);
    struct sched_context *lent = tail->sc;
    s->caller = &thread_nobody;
    c->reply_from = NULL;
    tail->sc = &s->own_sc;
    s->own_sc.thread = tail;
    sched_replace(lent, &s->own_sc);
    c->sc = lent;
    lent->thread = c;
}

/* c waits for the reply of s, which is on another CPU and works on its own time. */
COLD static void remote_link(struct thread *c, struct thread *s)
{
    sched_stop(c);
    if (c->state != THREAD_EXCEPTION_WAIT)
        c->state = THREAD_REMOTE_REPLY_WAIT;
    c->partner = s;
    s->caller = c;
}

COLD static void remote_cut(struct thread *c, struct thread *s)
{
    s->caller = &thread_nobody;
    c->state = THREAD_RUNNABLE;
    c->partner = NULL;
}

/* The exception of c goes unanswered by s: c is stopped. */
COLD static void exception_cut(struct thread *c, struct thread *s)
{
    if (c->reply_from)
        call_cut(c, s);
    else
        remote_cut(c, s);
    sched_stop(c);
    c->state = THREAD_STOPPED;
}

/* The reply capability of s goes unused: whoever waits for it is told, a thread that waits for its handler stays stopped. */
static void caller_drop(struct thread *s)
{
    struct thread *c = s->caller;
    if (c == &thread_nobody)
        return;
    cpu_hold(c->cpu);
    sched_unpark(c->cpu);
    if (c->state == THREAD_EXCEPTION_WAIT) {
        exception_cut(c, s);
        return;
    }
    if (c->state == THREAD_REMOTE_REPLY_WAIT)
        remote_cut(c, s);
    else
        call_cut(c, s);
    timeout_disarm(c);
    invocation_fail(c, ERR_CANCELED, true);
    sched_wake(c);
}

/* --- Messages ------------------------------------------------------------------------------------------------------------- */

/* P5 message: label, tag, register words always, UTCB words as counted. */
static inline void message_copy(const struct thread *from, struct thread *to, uint64_t label, uint64_t tag)
{
    TRACE_POINT(slow_p5_message, label, tag);
    to->regs[REG_RDI] = label;
    to->regs[REG_RSI] = tag_delivered(tag);
#pragma GCC unroll 6
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        to->regs[REG_WORDS + i] = from->regs[REG_WORDS + i];
    if (tag_words(tag) > REGISTER_WORDS)
        arch_words_copy(to->utcb_long, from->utcb_long, tag_words(tag) - REGISTER_WORDS);
}

_Static_assert(EXCEPTION_WORDS == REGISTER_WORDS + SAVED_REGISTERS + 2, "all registers, RBP, FS base");

static inline uint64_t tag_of_kernel(int64_t protocol, unsigned words)
{
    return (uint64_t)protocol << TAG_LABEL_SHIFT | TAG_INVOKE(INVOKE_CALL) | words;
}

/* The message of a thread that took a page fault, for its pager (abi.h section 8). */
static void message_fault(const struct thread *from, struct thread *to, uint64_t label)
{
    invocation_message(to, label, tag_of_kernel(PROTO_PAGE_FAULT, PAGE_FAULT_WORDS));
    to->regs[REG_WORDS] = from->exception_address;
    to->regs[REG_WORDS + 1] = from->page_fault_access;
    to->regs[REG_WORDS + 2] = from->rip;
}

/* That of one that took an exception. */
static void message_exception(const struct thread *from, struct thread *to, uint64_t label)
{
    to->regs[REG_RDI] = label;
    to->regs[REG_RSI] = tag_of_kernel(PROTO_EXCEPTION, EXCEPTION_WORDS);
    to->regs[REG_WORDS + EXCEPTION_WORD_VECTOR] = from->exception_vector;
    to->regs[REG_WORDS + EXCEPTION_WORD_ERROR] = from->exception_error;
    to->regs[REG_WORDS + EXCEPTION_WORD_RIP] = from->rip;
    to->regs[REG_WORDS + EXCEPTION_WORD_ADDRESS] = from->exception_address;
    to->regs[REG_WORDS + EXCEPTION_WORD_RSP] = from->rsp;
    to->regs[REG_WORDS + EXCEPTION_WORD_RFLAGS] = from->rflags;
    uint64_t *state = &to->utcb->words[REGISTER_WORDS];
#pragma GCC unroll 14
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        state[i] = from->regs[exception_register[i]];
    state[SAVED_REGISTERS] = from->rbp;
    state[SAVED_REGISTERS + 1] = from->fs_base & ~THREAD_HAS_EXTRAS;
}

/* --- Waiting ---------------------------------------------------------------------------------------------------------------- */

static void closed_link(struct thread *self, struct thread *partner)
{
    self->state = THREAD_RECEIVING;
    self->partner = partner;
    RING_ADD(partner->closed_receivers, self, closed_next, closed_prev);
}

COLD static void closed_unlink(struct thread *self)
{
    RING_REMOVE(self->partner->closed_receivers, self, closed_next, closed_prev);
    self->state = THREAD_RUNNABLE;
    self->partner = NULL;
}

/* P3 receiver waits: for anyone, or for this sender. */
static inline bool is_waiting_for(const struct thread *receiver, const struct thread *sender)
{
    return receiver->open_wait || (receiver->state == THREAD_RECEIVING && receiver->partner == sender);
}

void ipc_wait_end(struct thread *t)
{
    timeout_disarm(t);
    if (t->open_wait) {
        ipc_open_wait_end(t);
    } else if (t->state == THREAD_RECEIVING) {
        closed_unlink(t);
    } else if (t->state == THREAD_IRQ_WAIT) {
        t->state = THREAD_RUNNABLE;
        t->irq = NULL;
    }
}

static void senders_remove(struct thread *receiver, struct thread *sender)
{
    ipc_queue_remove(&receiver->senders, sender);
    thread_inbox_update(receiver);
    sched_unpark(sender->cpu);
}

static inline uint64_t receive_end(const struct thread *t)
{
    return timeout_end(tag_receive_timeout(t->message_tag), t->receive_timeout_ticks);
}

/* The message was a call: its sender waits for the reply, if its timeout lets it. waited: the receiver did not run. */
static void call_arrived(struct thread *sender, struct thread *receiver, bool waited)
{
    uint64_t end = receive_end(sender);
    if (end == TIMEOUT_OVER) { /* a reply cannot have come yet */
        sched_wake(receiver);
        invocation_fail(sender, ERR_TIMEOUT, true);
        sched_wake(sender);
        return;
    }
    caller_drop(receiver);
    if (sender->cpu == receiver->cpu) {
        if (!waited)
            sched_stop(receiver);
        call_link(sender, receiver);
        if (end != TIMEOUT_ENDLESS)
            sender->reply_from = (struct thread *)((uintptr_t)receiver | REPLY_FROM_SLOW);
    } else {
        remote_link(sender, receiver);
    }
    timeout_arm(sender, end);
    sched_wake(receiver);
}

/* The message of `sender` has arrived at `receiver`, whose wait is over, or (not `waited`) did not begin. What happens to both, by the
 * sender's flags. Returns the sender when its own open wait is due. */
static inline struct thread *message_arrived(struct thread *sender, struct thread *receiver, unsigned flags, bool waited)
{
    if (flags == INVOKE_CALL) {
        call_arrived(sender, receiver, waited);
        return NULL;
    }
    sched_wake(receiver);
    if (flags & INVOKE_OPEN_WAIT)
        return sender;
    invocation_succeed(sender);
    sched_wake(sender);
    return NULL;
}

/* The exception of `sender` arrives at `receiver`, as a call does. */
static void exception_arrived(struct thread *sender, struct thread *receiver, uint64_t label, bool waited)
{
    if (receiver->caller != &thread_nobody)
        caller_drop(receiver);
    if (sender->page_fault_access)
        message_fault(sender, receiver, label);
    else
        message_exception(sender, receiver, label);
    sender->state = THREAD_EXCEPTION_WAIT;
    if (sender->cpu == receiver->cpu) {
        if (!waited)
            sched_stop(receiver);
        call_link(sender, receiver);
        sender->reply_from = (struct thread *)((uintptr_t)receiver | REPLY_FROM_SLOW);
    } else {
        remote_link(sender, receiver);
    }
    sched_wake(receiver);
}

/* `receiver` takes the message of a thread in its queue. Returns as message_arrived. */
static struct thread *sender_take(struct thread *receiver, struct thread *sender)
{
    cpu_hold(sender->cpu);
    senders_remove(receiver, sender);
    sender->partner = NULL;
    timeout_disarm(sender);
    if (!sender->exception_send) {
        sender->state = THREAD_RUNNABLE;
        message_copy(sender, receiver, sender->message_label, sender->message_tag);
        return message_arrived(sender, receiver, sender->sending_flags, false);
    }
    sender->exception_send = false;
    exception_arrived(sender, receiver, sender->message_label, false);
    return NULL;
}

/* The items of a queued message; when they do not go through, its sender is told. */
COLD static bool items_arrive(struct thread *receiver, struct thread *sender)
{
    cpu_hold(sender->cpu);
    unsigned error = items_transfer(sender, receiver, tag_items(sender->message_tag), false);
    if (error)
        ipc_cancel(sender, error);
    return !error;
}

/* The open wait of `self`, before which others must have their turn, becomes a system call of its own. */
COLD static void wait_later(struct thread *self, uint64_t tag)
{
    invocation_again(self, TAG_INVOKE(INVOKE_WAIT) | tag);
    sched_wake(self);
}

/* A message failed, others wait: the wait of `self` goes on with the next one, and ends when it did. False: it has come so before, and ends now. */
COLD static bool wait_again(struct thread *self)
{
    uint64_t end = receive_end(self);
    if (self->message_tag & TAG_AGAIN && end == TIMEOUT_OVER)
        return false;
    self->receive_timeout_ticks = end;
    wait_later(self, TAG_AGAIN | (end != TIMEOUT_ENDLESS ? TIMEOUT_ABSOLUTE << TAG_RECEIVE_TIMEOUT_SHIFT : 0));
    return true;
}

/* Whether anything waits for the receive phase of `self`. */
static inline bool is_awaited(const struct thread *self, const struct thread *partner)
{
    return partner ? partner->state == THREAD_SENDING && partner->partner == self : self->inbox != 0;
}

/* P3 senders. One receive phase: takes the best of the queue, or the partner where it stands in it, or waits. partner: the only one
 * welcome, NULL for anyone. Returns as message_arrived. */
static inline struct thread *receive_once(struct thread *self, struct thread *partner)
{
    if (!partner)
        caller_drop(self);
    TRACE_POINT(slow_p3_senders, self->object.number, partner ? partner->object.number : 0);
    if (is_awaited(self, partner)) {
        if (!partner && self->irqs_pending) {
            irq_take(self->irqs_pending, self);
            return NULL;
        }
        struct thread *sender = partner ? partner : self->senders;
        if (sender->exception_send || !tag_items(sender->message_tag) || items_arrive(self, sender))
            return sender_take(self, sender);
        if (!partner && self->senders && wait_again(self))
            return NULL;
    }
    uint64_t end = receive_end(self);
    if (end == TIMEOUT_OVER) {
        invocation_fail(self, ERR_TIMEOUT, true);
        sched_wake(self);
        return NULL;
    }
    TRACE_POINT(slow_wait, self->object.number, partner ? partner->object.number : 0);
    sched_stop(self);
    if (partner)
        closed_link(self, partner);
    else
        self->open_wait = self->cpu_word | (end != TIMEOUT_ENDLESS ? OPEN_WAIT_TIMED : 0);
    timeout_arm(self, end);
    return NULL;
}

/* The open waits of senders that were set free, one after the other. */
COLD static void receive_others(struct thread *self)
{
    for (unsigned turn = 1; self && turn < RECEIVES_AT_ONCE; turn++)
        self = receive_once(self, NULL);
    if (self)
        wait_later(self, self->message_tag & TAG_RECEIVE_TIMEOUT);
}

/* The receive phase of `self`, and what follows from it. */
static inline void receive_begin(struct thread *self, struct thread *partner)
{
    struct thread *freed = receive_once(self, partner);
    if (freed)
        receive_others(freed);
}

/* --- Sending ---------------------------------------------------------------------------------------------------------------- */

static void send_queue(struct thread *sender, struct thread *receiver, uint64_t label)
{
    sender->message_label = label;
    sender->partner = receiver;
    sched_stop_helping(sender);
    sender->state = THREAD_SENDING;
    ipc_queue_insert(&receiver->senders, sender);
    thread_inbox_update(receiver);
}

/* P2 capability: a gate with the send right, and the thread behind it; thread_nobody is dead, too. */
static unsigned gate_target(struct thread *self, uint64_t selector, struct thread **receiver, uint64_t *label)
{
    cap_word word = cap_word_find(self, selector);
    if (word & (CAP_NOT_GATE | CAP_NO_SEND))
        return word == CAP_EMPTY ? ERR_NO_CAPABILITY : word & CAP_NOT_GATE ? ERR_BAD_OPERATION : ERR_NO_RIGHT;
    *receiver = cap_word_thread(word);
    *label = cap_word_label(word);
    return (*receiver)->state == THREAD_DEAD || *receiver == self ? ERR_NO_PARTNER : 0;
}

/* P3 receiver that does not wait openly on this CPU: whether it waits for us nevertheless, and if not, how long we may wait for it. */
static unsigned receiver_ask(struct thread *self, struct thread *receiver, uint64_t tag, bool *waits, uint64_t *end)
{
    if (receiver == self || receiver->state == THREAD_DEAD) /* thread_nobody is, too */
        return ERR_NO_PARTNER;
    cpu_hold(receiver->cpu);
    *waits = is_waiting_for(receiver, self);
    *end = timeout_end(tag_send_timeout(tag), self->utcb->send_timeout);
    return !*waits && *end == TIMEOUT_OVER ? ERR_TIMEOUT : 0;
}

/* What the phases need of the tag later on, and what the UTCB says at the beginning of the invocation. */
static inline void phases_begin(struct thread *self, uint64_t tag)
{
    self->message_tag = tag;
    if (tag_receive_timeout(tag))
        self->receive_timeout_ticks = self->utcb->receive_timeout;
}

/* Any message through a gate. */
COLD static void ipc_send_with_care(struct thread *self, unsigned flags, uint64_t tag, cap_word word)
{
    phases_begin(self, tag);
    if (word & CAP_NO_SEND) {
        invocation_fail(self, ERR_NO_RIGHT, false);
        return;
    }
    struct thread *receiver = cap_word_thread(word);
    bool waits;
    uint64_t end;
    unsigned error = receiver_ask(self, receiver, tag, &waits, &end);
    if (!error && waits && tag_items(tag))
        error = items_transfer(self, receiver, tag_items(tag), false);
    if (error) {
        invocation_fail(self, error, false);
        return;
    }
    /* P4 COMMIT: the message goes, or its sender waits. */
    TRACE_POINT(slow_p4_commit, receiver->object.number, tag);
    self->ipc_slow_sends++;
    if (!waits) {
        self->sending_flags = (uint8_t)flags;
        send_queue(self, receiver, cap_word_label(word));
        timeout_arm(self, end);
        return;
    }
    ipc_wait_end(receiver);
    message_copy(self, receiver, cap_word_label(word), tag);
    if (message_arrived(self, receiver, flags, true))
        receive_begin(self, NULL);
}

/* Whether the receiver waits for anyone, without limit, on this CPU: the message needs no items, no queue, no timer. */
static inline bool is_direct(const struct thread *self, uint64_t tag, cap_word word)
{
    /* P2 capability: that it is a gate's has been seen. */
    TRACE_POINT(slow_p2_capability, self->regs[REG_RDI], word & CAP_NO_SEND);
    if (word & CAP_NO_SEND || tag & TAG_ITEMS_OR_RECEIVE_TIMEOUT)
        return false;
    TRACE_POINT(slow_p3_receiver, cap_word_thread(word)->object.number, tag);
    return cap_word_thread(word)->open_wait == self->cpu_word && cap_word_thread(word)->caller == &thread_nobody;
}

void ipc_send(struct thread *self, unsigned flags, uint64_t tag, cap_word word)
{
    TRACE_POINT(slow_p1_tag, flags, tag);
    if (flags != INVOKE_CALL || !is_direct(self, tag, word)) {
        ipc_send_with_care(self, flags, tag, word);
        return;
    }
    /* P4 COMMIT: as there, for a call. */
    struct thread *receiver = cap_word_thread(word);
    TRACE_POINT(slow_p4_commit, receiver->object.number, tag);
    self->ipc_slow_sends++;
    ipc_open_wait_end(receiver);
    call_link(self, receiver);
    message_copy(self, receiver, cap_word_label(word), tag);
    sched_help_check(receiver);
}

/* --- Replying --------------------------------------------------------------------------------------------------------------- */

/* Everything that the handler may change. False, and nothing changed, when that could not be resumed. */
COLD static bool exception_state_set(struct thread *client, const struct thread *handler, uint64_t tag)
{
    uint64_t rip = handler->regs[REG_WORDS + EXCEPTION_WORD_RIP];
    const uint64_t *state = &handler->utcb->words[REGISTER_WORDS];
    uint64_t fs_base = state[SAVED_REGISTERS + 1];
    if (tag_words(tag) < EXCEPTION_WORDS || !arch_address_is_user(rip) || (fs_base && !arch_address_is_user(fs_base)))
        return false;
    client->rip = rip;
    client->rsp = handler->regs[REG_WORDS + EXCEPTION_WORD_RSP];
    uint32_t rflags = (uint32_t)handler->regs[REG_WORDS + EXCEPTION_WORD_RFLAGS];
    client->rflags = (rflags & EXCEPTION_RFLAGS) | (client->rflags & ~EXCEPTION_RFLAGS);
#pragma GCC unroll 14
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        client->regs[exception_register[i]] = state[i];
    client->rbp = state[SAVED_REGISTERS];
    client->fs_base = fs_base | (client->fs_base & THREAD_HAS_EXTRAS);
    return true;
}

/* What the handler's label says. False: the thread stays stopped. */
static bool exception_answered(struct thread *client, const struct thread *handler, uint64_t tag)
{
    uint64_t rip = handler->regs[REG_WORDS];
    switch ((int32_t)(tag >> TAG_LABEL_SHIFT)) {
    case EXCEPTION_RESUME:
        return true;
    case EXCEPTION_SET_RIP:
        if (!arch_address_is_user(rip))
            return false;
        client->rip = rip;
        return true;
    case EXCEPTION_SET_STATE:
        return exception_state_set(client, handler, tag);
    case EXCEPTION_PASS:
        if (client->exception_vector != EXCEPTION_SYSCALL)
            return false;
        client->rip -= SYSCALL_BYTES;
        client->alien_pass = true;
        return true;
    default:
        return false;
    }
}

/* What a reply says to who waits for it, and has its context again. */
static void reply_message(struct thread *client, const struct thread *self, uint64_t tag)
{
    if (client->state == THREAD_RUNNABLE) {
        message_copy(self, client, 0, tag);
    } else if (exception_answered(client, self, tag)) {
        client->state = THREAD_RUNNABLE;
    } else {
        sched_stop(client);
        client->state = THREAD_STOPPED;
    }
}

/* To a client that waits for the reply on another CPU. */
COLD static void reply_send_remote(struct thread *self, struct thread *client, uint64_t tag)
{
    uint8_t state = client->state;
    remote_cut(client, self);
    if (state == THREAD_EXCEPTION_WAIT)
        client->state = state;
    reply_message(client, self, tag);
    if (client->state == THREAD_RUNNABLE)
        sched_wake(client);
}

/* The context that was lent goes back. */
static inline void call_unlink(struct thread *c, struct thread *s)
{
    s->caller = &thread_nobody;
    c->reply_from = NULL;
    c->sc = s->sc;
    c->sc->thread = c;
    s->sc = &s->own_sc;
}

/* The one-shot reply capability is used up. Its target waits, by invariant: a reply never blocks. */
static void reply_send(struct thread *self, struct thread *client, uint64_t tag)
{
    self->ipc_slow_sends++;
    timeout_disarm(client);
    if (client->reply_from) {
        call_unlink(client, self);
        reply_message(client, self, tag);
    } else {
        reply_send_remote(self, client, tag);
    }
}

/* Closed receive from an Irq: its own thread alone may. */
static unsigned irq_receive_error(const struct thread *self, const struct irq *irq, unsigned rights)
{
    if (!(rights & RIGHT_SEND))
        return ERR_NO_RIGHT;
    return irq->thread == self ? 0 : ERR_NO_PARTNER;
}

static void irq_receive(struct thread *self, struct irq *irq)
{
    uint64_t end = receive_end(self);
    if (irq->count) {
        irq_take(irq, self);
    } else if (end == TIMEOUT_OVER) {
        invocation_fail(self, ERR_TIMEOUT, true);
        sched_wake(self);
    } else {
        sched_stop(self);
        self->state = THREAD_IRQ_WAIT;
        self->irq = irq;
        timeout_arm(self, end);
    }
}

/* Whom the selector of a closed receive names: a thread, or an Irq. */
static unsigned receive_target(const struct thread *self, struct thread **partner, struct irq **irq)
{
    const struct cap_slot *slot = cap_find(self->task, self->regs[REG_RDI]);
    if (slot && slot->object->kind == KIND_IRQ) {
        *irq = (struct irq *)(void *)slot->object;
        return irq_receive_error(self, *irq, slot->rights);
    }
    struct object *object;
    unsigned error = cap_lookup(self->task, self->regs[REG_RDI], KIND_THREAD, RIGHT_SEND, &object);
    if (error)
        return error;
    *partner = (struct thread *)(void *)object;
    return *partner == self || (*partner)->state == THREAD_DEAD ? ERR_NO_PARTNER : 0;
}

/* Any reply. */
COLD static void ipc_reply(struct thread *self, unsigned flags, uint64_t tag)
{
    struct thread *partner = NULL, *client = self->caller;
    struct irq *irq = NULL;
    phases_begin(self, tag);
    unsigned error = flags == INVOKE_REPLY_AND_RECEIVE ? receive_target(self, &partner, &irq) : 0;
    /* P2 reply: somebody waits for it. */
    TRACE_POINT(slow_p2_reply, client->object.number, tag);
    if (!error && client == &thread_nobody)
        error = ERR_NO_REPLY;
    if (!error)
        cpu_hold(client->cpu);
    if (!error && tag_items(tag))
        error = items_transfer(self, client, tag_items(tag), client->state == THREAD_EXCEPTION_WAIT);
    if (error) {
        invocation_fail(self, error, false);
        return;
    }
    /* P4 COMMIT: nothing above has changed anything. */
    TRACE_POINT(slow_p4_commit, client->object.number, tag);
    reply_send(self, client, tag);
    if (irq) {
        irq_receive(self, irq);
    } else if (flags & INVOKE_RECV) {
        receive_begin(self, partner);
    } else {
        invocation_succeed(self);
        sched_wake(self);
    }
}

/* The client waits on this CPU without limit, and nobody waits for us: no items, no queue, no timer. */
void ipc_reply_and_wait(struct thread *self, uint64_t tag)
{
    struct thread *client = self->caller;
    bool excepted = client->reply_from != self && client->state == THREAD_EXCEPTION_WAIT && thread_reply_from(client) == self;
    if ((client->reply_from != self && !excepted) || self->inbox || tag & TAG_ITEMS_OR_RECEIVE_TIMEOUT) {
        ipc_reply(self, INVOKE_REPLY_AND_WAIT, tag);
        return;
    }
    /* P4 COMMIT: as there. */
    TRACE_POINT(slow_p2_reply, client->object.number, tag);
    TRACE_POINT(slow_p4_commit, client->object.number, tag);
    self->ipc_slow_sends++;
    call_unlink(client, self);
    self->open_wait = self->cpu_word;
    TRACE_POINT(slow_wait, self->object.number, 0);
    if (excepted)
        reply_message(client, self, tag);
    else
        message_copy(self, client, 0, tag);
}

static void ipc_receive_closed(struct thread *self)
{
    struct thread *partner = NULL;
    struct irq *irq = NULL;
    unsigned error = receive_target(self, &partner, &irq);
    if (error)
        invocation_fail(self, error, true);
    else if (irq)
        irq_receive(self, irq);
    else
        receive_begin(self, partner);
}

static void ipc_receive(struct thread *self, unsigned flags, uint64_t tag)
{
    phases_begin(self, tag);
    if (flags & INVOKE_OPEN_WAIT)
        receive_begin(self, NULL);
    else
        ipc_receive_closed(self);
}

COLD void ipc_wait_again(struct thread *self, uint64_t tag)
{
    self->message_tag = tag;
    receive_begin(self, NULL);
}

/* P1 tag: its flags choose the phases.
 * P6 space, P7 exit: not here. Whom the phases leave as the CPU's current thread, thread_resume (entry.S) takes to user mode. */
void ipc_invoke(struct thread *self, unsigned flags, uint64_t tag)
{
    if (flags & INVOKE_REPLY)
        ipc_reply(self, flags, tag);
    else
        ipc_receive(self, flags, tag);
}

/* The gate that a fault goes to: the pager's if that leads to anybody, else the one for exceptions. */
static unsigned fault_target(struct thread *t, struct thread **receiver, uint64_t *label)
{
    if (t->page_fault_access && !gate_target(t, t->pager_selector, receiver, label))
        return 0;
    t->page_fault_access = 0;
    return gate_target(t, t->exception_selector, receiver, label);
}

void ipc_send_exception(struct thread *t)
{
    struct thread *receiver;
    uint64_t label;
    if (fault_target(t, &receiver, &label)) {
        sched_stop(t);
        t->state = THREAD_STOPPED;
        return;
    }
    cpu_hold(receiver->cpu);
    if (is_waiting_for(receiver, t)) {
        if (receiver->open_wait == t->cpu_word)
            ipc_open_wait_end(receiver);
        else
            ipc_wait_end(receiver);
        exception_arrived(t, receiver, label, true);
    } else {
        t->exception_send = true;
        send_queue(t, receiver, label);
    }
}

/* --- The end of an IPC that did not happen -------------------------------------------------------------------------------------- */

/* Takes t out of its wait, whatever it is; returns whether it was in its receive phase. */
COLD static bool wait_leave(struct thread *t)
{
    timeout_disarm(t);
    sched_unpark(t->cpu);
    if (t->partner)
        cpu_hold(t->partner->cpu);
    switch (thread_state(t)) {
    case THREAD_SENDING:
        senders_remove(t->partner, t);
        t->partner = NULL;
        if (t->exception_send)
            sched_stop(t);
        t->state = t->exception_send ? THREAD_STOPPED : THREAD_RUNNABLE;
        t->exception_send = false;
        return false;
    case THREAD_EXCEPTION_WAIT:
        exception_cut(t, t->reply_from ? thread_reply_from(t) : t->partner);
        return true;
    case THREAD_REPLY_WAIT:
        call_cut(t, thread_reply_from(t));
        return true;
    case THREAD_SEMAPHORE_WAIT:
        semaphore_leave(t);
        return true;
    case THREAD_REMOTE_REPLY_WAIT:
        remote_cut(t, t->partner);
        return true;
    default:
        ipc_wait_end(t);
        return true;
    }
}

static bool is_in_ipc(const struct thread *t)
{
    enum thread_state state = thread_state(t);
    return state != THREAD_RUNNABLE && state != THREAD_STOPPED && state != THREAD_DEAD;
}

/* The pager of t has died: the access is made again, and its fault, which leads to nobody there, is the exception handler's. */
COLD static void fault_again(struct thread *t)
{
    if (t->page_fault_access)
        sched_start(t);
}

COLD void ipc_cancel(struct thread *t, unsigned error)
{
    cpu_hold(t->cpu);
    if (!is_in_ipc(t))
        return;
    bool receive_phase = wait_leave(t);
    if (t->state == THREAD_STOPPED) {
        if (error == ERR_NO_PARTNER)
            fault_again(t);
        return;
    }
    invocation_fail(t, error, receive_phase);
    sched_wake(t);
}

COLD void ipc_links_localize(struct thread *t)
{
    struct thread *c = t->caller;
    if (thread_reply_from(c) == t) {
        call_cut(c, t);
        remote_link(c, t);
    }
    struct thread *s = thread_reply_from(t);
    if (s) {
        call_cut(t, s);
        remote_link(t, s);
    }
}

COLD void ipc_sever(struct thread *t)
{
    cpu_hold(t->cpu);
    if (is_in_ipc(t))
        wait_leave(t);
    struct thread *c = t->caller;
    bool faulted = c->state == THREAD_EXCEPTION_WAIT;
    caller_drop(t);
    if (faulted)
        fault_again(c);
}

COLD bool ipc_dismiss(struct thread *t, unsigned *budget)
{
    for (; t->senders || t->closed_receivers; --*budget) {
        if (!*budget)
            return false;
        ipc_cancel(t->senders ? t->senders : t->closed_receivers, ERR_NO_PARTNER);
    }
    return true;
}
