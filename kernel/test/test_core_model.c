/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random invocations, valid and hostile, by threads of several tasks, from fixed seeds; all invariants after each. Every run is made
 * three times, without the fast path, with it wherever it applies, and with it now and then: after each step all must be in the same
 * state.
 */
#include "kernel/test/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/cap.h"

#define ERR_LAST ERR_OVERFLOW
#define STEPS 20000
#define SELECTORS 64          /* the play uses selectors below, in each task */
#define SELECTOR_BITS 6
#define FACTORY_PAGES 400
#define UTCB_BASE 0x20000000ull
#define UTCBS 24
#define OP_TASK_UNKNOWN 0x2ff   /* not info: object numbers go on from twin to twin */

static uint64_t random_state;
static uint64_t number_base;           /* object numbers go on from machine to machine */

/* xorshift64*: the same everywhere, unlike random(3). */
static uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

static uint64_t random_below(uint64_t n) { return (random_next() >> 16) % n; }
static bool one_in(uint64_t n) { return random_below(n) == 0; }

/* What happened, to show that the play is worth its name. */
static struct {
    uint64_t errors[ERR_LAST + 1];
    uint64_t states[THREAD_DEAD + 1];
    uint64_t fast, results, exceptions, memory_out, helped, parked;
} seen;

/* --- What a machine is in, without addresses: objects by number ---------------------------------------------------------------- */

static uint64_t hash(uint64_t h, uint64_t value)
{
    h = (h ^ value) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}

static uint64_t thread_number(const struct thread *t)
{
    return t && t != &thread_nobody ? t->object.number - number_base : 0;
}

static uint64_t message_hash(uint64_t h, const struct thread *t)
{
    static const uint8_t registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R8, REG_R9, REG_R10, REG_RAX, REG_R14};
    for (size_t i = 0; i < sizeof registers; i++)
        h = hash(h, t->regs[registers[i]]);
    return h;
}

static uint64_t context_hash(uint64_t h, const struct sched_context *sc)
{
    h = hash(h, thread_number(sc->owner));
    h = hash(h, sc->priority);
    h = hash(h, sc->left_ticks);
    return hash(h, sc->quantum_ticks);
}

/* Registers count where somebody will see them; the context as thread_state() and the chain tell it. */
static uint64_t thread_hash(uint64_t h, const struct thread *t)
{
    const struct cpu *cpu = &host.cpu;
    h = hash(h, thread_number(t));
    h = hash(h, thread_state(t));
    h = hash(h, t->rip);
    h = hash(h, t->rsp);
    h = hash(h, t->rflags);
    h = hash(h, thread_number(t->caller));
    h = hash(h, thread_number(thread_reply_from(t)));
    h = hash(h, thread_number(t->partner));
    h = hash(h, thread_number(t->senders));
    h = hash(h, t->open_wait);
    h = hash(h, t->consumed_ticks);
    if (thread_state(t) == THREAD_RUNNABLE || thread_state(t) == THREAD_SENDING)
        h = message_hash(h, t);
    if (thread_state(t) == THREAD_RUNNABLE)
        h = context_hash(h, cpu->current == t ? cpu->sc : t->sc);
    h = context_hash(h, &t->own_sc);
    for (unsigned i = REGISTER_WORDS; i < 64; i++)
        h = hash(h, t->utcb->words[i]);
    return h;
}

static uint64_t task_hash(uint64_t h, const struct task *task);

static uint64_t slot_hash(uint64_t h, const struct cap_slot *slot)
{
    h = hash(h, slot->selector);
    h = hash(h, slot->object->number - number_base);
    h = hash(h, slot->rights);
    if (slot->object->kind == KIND_IRQ) {
        const struct irq *irq = (const void *)slot->object;
        h = hash(hash(h, irq->count), thread_number(irq->thread));
    }
    if (slot->object->kind == KIND_SEMAPHORE)
        h = hash(h, ((const struct semaphore *)(const void *)slot->object)->count);
    bool first_of_task = slot->object->kind == KIND_TASK && !slot->derived.depth && slot->object != &machine.task->object;
    return first_of_task ? task_hash(h, (const struct task *)(const void *)slot->object) : h;
}

/* A task, and those that were made from it. */
static uint64_t task_hash(uint64_t h, const struct task *task)
{
    h = hash(h, task->cap_limit);
    for (uint64_t s = 1; s < task->cap_limit; s++)
        if (task->cap_words[s] != CAP_EMPTY)
            h = slot_hash(h, &task->cap_slots[s]);
    const struct thread *t = task->threads;
    if (!t)
        return h;
    do {
        h = thread_hash(h, t);
        t = t->task_next;
    } while (t != task->threads);
    return h;
}

static uint64_t queue_hash(uint64_t h, const struct sched_queue *q)
{
    for (unsigned p = 0; p < PRIORITIES; p++) {
        const struct sched_context *sc = q->rings[p];
        if (!sc)
            continue;
        do {
            h = hash(hash(h, thread_number(sc->owner)), thread_number(sc->thread));
            sc = sc->next;
        } while (sc != q->rings[p]);
    }
    return h;
}

static uint64_t ready_hash(uint64_t h)
{
    const struct cpu *cpu = &host.cpu;
    h = queue_hash(queue_hash(h, &cpu->ready), cpu->parked);
    h = hash(h, cpu->helper ? thread_number(cpu->helper->owner) : 0);
    seen.helped += cpu->helper != NULL;
    seen.parked += cpu->parked->top >= 0;
    h = hash(h, cpu->timer_armed);
    h = hash(h, host.timer_ticks);
    return hash(h, thread_number(cpu->current));
}

static uint64_t machine_hash(void)
{
    return task_hash(hash(ready_hash(1), host.frames_used), machine.task);
}

/* --- The play ------------------------------------------------------------------------------------------------------------------------- */

/* One random system call. */
struct play_call {
    uint64_t selector, tag, words[REGISTER_WORDS];
};

static uint64_t any_selector(void)
{
    static const uint64_t odd[] = {0, SELECTOR_MAX, SELECTOR_MAX + 1, 1ull << 63, ~0ull, 511, 512, 1023, 1400};
    return one_in(20) ? odd[random_below(sizeof odd / sizeof *odd)] : 1 + random_below(SELECTORS - 1);
}

/* A selector of that task, mostly one that names an object of that kind. */
static uint64_t selector_of(const struct task *task, uint8_t kind)
{
    uint64_t found[SELECTORS];
    size_t n = 0;
    for (uint64_t s = 1; s < SELECTORS; s++) {
        const struct cap_slot *slot = cap_find(task, s);
        if (slot && slot->object->kind == kind)
            found[n++] = s;
    }
    return n && !one_in(12) ? found[random_below(n)] : any_selector();
}

/* A free one, mostly; never one of those that conventions use. */
static uint64_t selector_free(void)
{
    return one_in(200) ? any_selector() : SELECTOR_FREE + random_below(SELECTORS - SELECTOR_FREE);
}

static uint64_t utcb_address(void) { return UTCB_BASE + random_below(UTCBS) * PAGE_BYTES + (one_in(50) ? 8 : 0); }

static uint64_t any_rights(void)
{
    if (one_in(60))
        return random_next();
    return one_in(2) ? RIGHTS_ALL : random_below(RIGHTS_ALL + 1);
}

static void play_create(const struct task *task, struct play_call *c)
{
    c->selector = selector_of(task, KIND_FACTORY);
    c->tag = tag_of(INVOKE_CALL, OP_FACTORY_CREATE, 6);
    static const uint8_t kinds[] = {KIND_TASK, KIND_THREAD, KIND_THREAD, KIND_THREAD, KIND_GATE, KIND_GATE, KIND_GATE, KIND_FACTORY, KIND_SEMAPHORE,
                                    KIND_IRQ};
    c->words[0] = one_in(50) ? random_below(KIND_COUNT + 2) : kinds[random_below(sizeof kinds)];
    c->words[1] = selector_free();
    switch (c->words[0]) {
    case KIND_THREAD:
        c->words[2] = selector_of(task, KIND_TASK);
        c->words[3] = utcb_address();
        break;
    case KIND_GATE:
        c->words[2] = one_in(10) ? 0 : selector_of(task, KIND_THREAD);
        c->words[3] = one_in(30) ? random_next() : random_below(1000) * 4;
        break;
    case KIND_SEMAPHORE:
        c->words[2] = one_in(10) ? random_next() : one_in(2) ? SEMAPHORE_COUNT_MAX - random_below(2) : random_below(3);
        break;
    case KIND_FACTORY:
        c->words[2] = one_in(10) ? random_next() : random_below(60) * PAGE_BYTES;
        c->words[3] = one_in(10) ? random_next() : random_below(60);
        break;
    default:
        break;
    }
}

static void play_task(const struct task *task, struct play_call *c)
{
    static const int32_t operations[] = {OP_TASK_MAP_CAPABILITY, OP_TASK_MAP_CAPABILITY, OP_TASK_MAP_CAPABILITY,
                                         OP_TASK_MAP_CAPABILITY, OP_TASK_MAP_MEMORY, OP_TASK_UNMAP_CAPABILITY,
                                         OP_TASK_UNMAP_MEMORY, OP_TASK_UNKNOWN};
    int32_t operation = operations[random_below(8)];
    c->selector = selector_of(task, KIND_TASK);
    c->tag = tag_of(INVOKE_CALL, operation, 6);
    switch (operation) {
    case OP_TASK_MAP_CAPABILITY:
        c->words[0] = selector_of(task, (uint8_t)(1 + random_below(KIND_COUNT - 1)));
        c->words[1] = selector_free();
        c->words[2] = any_rights();
        break;
    case OP_TASK_MAP_MEMORY:
    case OP_TASK_UNMAP_MEMORY: /* the only pages of this play are UTCBs, which cannot be mapped onwards nor unmapped */
        c->words[0] = utcb_address();
        c->words[1] = operation == OP_TASK_MAP_MEMORY ? utcb_address() : (1 + random_below(5)) * PAGE_BYTES;
        c->words[2] = (1 + random_below(5)) * PAGE_BYTES;
        c->words[3] = random_below(9);
        break;
    default:
        c->words[0] = selector_free();
    }
}

static void play_thread(const struct task *task, struct play_call *c)
{
    static const int32_t operations[] = {OP_THREAD_EX_REGS, OP_THREAD_EX_REGS, OP_THREAD_EX_REGS, OP_THREAD_CONTROL,
                                         OP_THREAD_BIND_GATE, OP_THREAD_STATISTICS};
    int32_t operation = operations[random_below(6)];
    c->selector = selector_of(task, KIND_THREAD);
    c->tag = tag_of(INVOKE_CALL, operation, 6);
    switch (operation) {
    case OP_THREAD_EX_REGS:
        c->words[0] = one_in(20) ? random_next() : 0x400000 + random_below(1000);
        c->words[1] = random_next();
        c->words[2] = random_below(40) ? EX_REGS_SET : random_below(4);
        break;
    case OP_THREAD_CONTROL:
        c->words[0] = one_in(20) ? random_next() : CONTROL_EXCEPTION_GATE;
        c->words[1] = selector_of(task, KIND_GATE);
        break;
    case OP_THREAD_BIND_GATE:
        c->words[0] = selector_of(task, KIND_GATE);
        c->words[1] = one_in(20) ? random_next() : random_below(1000) * 4;
        break;
    default: /* OP_THREAD_STATISTICS tells how many IPCs were slow: the twins differ in that, by design */
        c->tag = tag_of(INVOKE_CALL, 0x3ff, 6);
    }
}

static void play_schedule(const struct task *task, struct play_call *c)
{
    c->selector = selector_of(task, KIND_SCHEDULER);
    c->tag = tag_of(INVOKE_CALL, one_in(20) ? OP_SCHEDULER_INFO : OP_SCHEDULER_RUN_THREAD, 6);
    c->words[0] = selector_of(task, KIND_THREAD);
    c->words[1] = one_in(30) ? random_next() : 2 + random_below(6);
    c->words[2] = one_in(30) ? random_next() : 100 + random_below(400);
}

/* A gate whose thread waits, if there is one. */
static uint64_t selector_of_open(const struct task *task)
{
    for (uint64_t start = random_below(SELECTORS), i = 0; i < SELECTORS; i++) {
        uint64_t s = (start + i) % SELECTORS;
        const struct cap_slot *slot = cap_find(task, s);
        if (!slot || slot->object->kind != KIND_GATE)
            continue;
        const struct gate *g = (const void *)((const char *)slot->object - offsetof(struct gate, object));
        if (g->threads[0]->open_wait)
            return s;
    }
    return selector_of(task, KIND_GATE);
}

/* Mostly what makes sense for the thread, so that chains of calls come into being, and are answered; sometimes anything. */
static unsigned play_flags(const struct thread *t)
{
    static const uint8_t any[] = {INVOKE_CALL, INVOKE_SEND, INVOKE_RECV, INVOKE_WAIT, INVOKE_SEND_AND_WAIT, INVOKE_REPLY_ONLY,
                                  INVOKE_REPLY_AND_RECEIVE, INVOKE_REPLY_AND_WAIT};
    static const uint8_t serving[] = {INVOKE_REPLY_AND_WAIT, INVOKE_REPLY_AND_WAIT, INVOKE_REPLY_AND_WAIT, INVOKE_CALL};
    static const uint8_t idle[] = {INVOKE_CALL, INVOKE_CALL, INVOKE_WAIT};
    if (one_in(4))
        return any[random_below(sizeof any)];
    return t->caller != &thread_nobody ? serving[random_below(sizeof serving)] : idle[random_below(sizeof idle)];
}

/* A capability goes with the message; some have a window for it. Root gives and takes nothing in this way. */
static void play_item(struct thread *t, struct play_call *c)
{
    t->utcb->window_capabilities = 0;
    if (t == machine.root)
        return;
    if (one_in(3))
        t->utcb->window_capabilities = (uint64_t)SELECTOR_BITS << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT;
    if (!one_in(10))
        return;
    c->tag |= (uint64_t)1 << TAG_ITEMS_SHIFT;
    t->utcb->items[0].flexpage = (one_in(4) ? FLEXPAGE_GRANT : 0) | any_selector() << FLEXPAGE_BASE_SHIFT |
                                 FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT | random_below(RIGHTS_ALL + 1);
    t->utcb->items[0].offset = selector_free();
}

static void play_ipc(const struct task *task, struct play_call *c)
{
    struct thread *t = current();
    unsigned flags = play_flags(t), words = (unsigned)(one_in(2) ? random_below(7) : random_below(64));
    bool names_thread = flags == INVOKE_RECV || flags == INVOKE_REPLY_AND_RECEIVE;
    c->selector = names_thread ? selector_of(task, KIND_THREAD) : one_in(8) ? selector_of(task, KIND_GATE) : selector_of_open(task);
    c->tag = tag_of(flags, (int32_t)random_below(3), words);
    if (one_in(8))
        c->tag |= SEND_ZERO;
    if (one_in(8))
        c->tag |= RECEIVE_ZERO;
    if (one_in(40))
        c->tag |= random_below(16) << TAG_SEND_TIMEOUT_SHIFT;
    t->utcb->send_timeout = t == machine.root ? 0 : random_below(100000) + (one_in(2) ? host.ticks : 0);
    t->utcb->receive_timeout = t == machine.root ? 0 : random_below(100000) + (one_in(2) ? host.ticks : 0);
    play_item(t, c);
    if (one_in(100))
        c->tag ^= 1ull << random_below(32);
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        c->words[i] = random_next();
    if (one_in(4))
        c->words[0] = 0x400000 + random_below(1000); /* may be the answer to an exception */
    for (unsigned i = REGISTER_WORDS; i < words; i++)
        t->utcb->words[i] = random_next();
}

/* Triggers and takes in turns; a closed receive from an Irq is its own thread's alone. */
static void play_irq(const struct task *task, struct play_call *c)
{
    static const int32_t operations[] = {OP_IRQ_BIND, OP_IRQ_BIND, OP_IRQ_TRIGGER, OP_IRQ_EOI, OP_IRQ_INFO};
    c->selector = selector_of(task, KIND_IRQ);
    if (one_in(2)) {
        c->tag = tag_of(INVOKE_RECV, 0, 0) | (current() == machine.root || one_in(4) ? SEND_ZERO | RECEIVE_ZERO : 0);
        return;
    }
    c->tag = tag_of(INVOKE_CALL, operations[random_below(5)], 6);
    c->words[0] = one_in(8) ? 0 : selector_of(task, KIND_THREAD);
    c->words[1] = one_in(20) ? random_next() : random_below(100) * 4;
}

static void play_semaphore(const struct task *task, struct play_call *c)
{
    c->selector = selector_of(task, KIND_SEMAPHORE);
    c->tag = tag_of(INVOKE_CALL, one_in(2) ? OP_SEMAPHORE_UP : OP_SEMAPHORE_DOWN, 0);
    if (current() == machine.root || one_in(4))
        c->tag |= RECEIVE_ZERO;
}

static void play_hostile(struct play_call *c)
{
    c->selector = any_selector();
    c->tag = random_next();
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        c->words[i] = one_in(2) ? random_below(70) : random_next();
}

static void play_choose(const struct task *task, struct play_call *c)
{
    uint64_t choice = random_below(100);
    *c = (struct play_call){0};
    if (choice < 58)
        play_ipc(task, c);
    else if (choice < 61)
        play_irq(task, c);
    else if (choice < 64)
        play_semaphore(task, c);
    else if (choice < 74)
        play_create(task, c);
    else if (choice < 86)
        play_task(task, c);
    else if (choice < 93)
        play_thread(task, c);
    else if (choice < 97)
        play_schedule(task, c);
    else if (choice < 98) {
        c->selector = selector_of(task, KIND_GATE);
        c->tag = tag_of(INVOKE_CALL, OP_GATE_INFO, 0) | TAG_OBJECT;
    } else
        play_hostile(c);
}

/* Root must not lose itself nor block, and must not touch what keeps the play going. */
static bool root_may(const struct play_call *c)
{
    unsigned flags = c->tag >> TAG_FLAGS_SHIFT & 0xf;
    int32_t operation = (int32_t)(c->tag >> TAG_LABEL_SHIFT);
    const struct cap_slot *slot = cap_find(machine.task, c->selector);
    if (flags != INVOKE_CALL || !slot || slot->object->kind == KIND_GATE)
        return c->tag & SEND_ZERO && c->tag & RECEIVE_ZERO; /* an absolute one is over, too */
    if (slot->object->kind == KIND_SEMAPHORE && operation == OP_SEMAPHORE_DOWN && (c->tag >> TAG_RECEIVE_TIMEOUT_SHIFT & 1) == 0)
        return false;
    if (c->selector < SELECTOR_FREE + 1)
        return false;
    if (operation == OP_TASK_MAP_CAPABILITY)
        return c->words[0] >= SELECTOR_FREE;
    return operation != OP_FACTORY_CREATE || c->words[2] != SELECTOR_TASK;
}

static void root_call(uint64_t selector, int32_t operation, const uint64_t *words)
{
    enter(machine.root, selector, tag_of(INVOKE_CALL, operation, 6), words);
}

/* Hands a task its own capability, a factory, a scheduler, and copies of what root has. */
static void root_equip(uint64_t task, uint64_t factory)
{
    switch (random_below(4)) {
    case 0:
        root_call(task, OP_TASK_MAP_CAPABILITY, W(task, SELECTOR_TASK, RIGHTS_ALL));
        break;
    case 1:
        root_call(task, OP_TASK_MAP_CAPABILITY, W(factory, SELECTOR_FACTORY, RIGHTS_ALL));
        break;
    case 2:
        root_call(task, OP_TASK_MAP_CAPABILITY, W(SELECTOR_SCHEDULER, SELECTOR_SCHEDULER, RIGHTS_ALL));
        break;
    default:
        root_call(task, OP_TASK_MAP_CAPABILITY, W(SELECTOR_VCON, SELECTOR_VCON, RIGHT_SEND));
    }
}

/* Root's selectors: tasks, threads in them, gates to those. */
static uint64_t root_task(void) { return 17 + random_below(4); }
static uint64_t root_thread(void) { return 21 + random_below(20); }
static uint64_t root_gate(void) { return 41 + random_below(20); }

/* A thread that died with its task, and an empty place if there is none. */
static uint64_t root_dead(void)
{
    for (uint64_t s = 21; s < 41; s++) {
        const struct cap_slot *slot = cap_find(machine.task, s);
        if (slot && slot->object->kind == KIND_THREAD && thread_state(thread_of(slot->object)) == THREAD_DEAD)
            return s;
    }
    return SELECTORS;
}

/* Sets free whoever is stuck, and lets its exceptions go somewhere. */
static void root_free_one(void)
{
    uint64_t s = root_thread();
    const struct cap_slot *slot = cap_find(machine.task, s);
    if (one_in(3) && slot && slot->object->kind == KIND_THREAD && thread_of(slot->object)->task)
        root_call(s, OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, selector_of(thread_of(slot->object)->task, KIND_GATE)));
    root_call(SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(s, 2 + random_below(6), 100 + random_below(400)));
    if (current() == machine.root)
        root_call(s, OP_THREAD_EX_REGS, W(0x400000, 0x800000, EX_REGS_SET));
}

/* Root keeps the population up; sometimes it plays, too. */
static void root_step(void)
{
    const uint64_t factory = SELECTOR_FREE;
    struct play_call c = {0};
    switch (random_below(16)) {
    case 0:
        root_call(factory, OP_FACTORY_CREATE, W(KIND_TASK, root_task()));
        return;
    case 1:
    case 2:
        root_call(factory, OP_FACTORY_CREATE, W(KIND_THREAD, root_thread(), root_task(), utcb_address()));
        return;
    case 3:
    case 4: /* gates between all of them */
        root_call(factory, OP_FACTORY_CREATE, W(KIND_GATE, root_gate(), root_thread(), random_below(100) * 4));
        return;
    case 5:
        root_equip(root_task(), factory);
        return;
    case 6:
    case 7:
        root_call(root_task(), OP_TASK_MAP_CAPABILITY, W(17 + random_below(44), selector_free(), any_rights()));
        return;
    case 8:
        root_call(SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(one_in(5) ? 17 + random_below(44) : root_dead()));
        return;
    case 9:
        break;
    default:
        root_free_one();
        return;
    }
    do
        play_choose(machine.task, &c);
    while (!root_may(&c));
    enter(machine.root, c.selector, c.tag, c.words);
}

/* A thread whose last call was the null system call sees whatever tag it chose. */
static void seen_note(const struct thread *t)
{
    uint64_t error = seen_tag(t) >> TAG_LABEL_SHIFT;
    if (!(seen_tag(t) & TAG_ERROR))
        seen.results++;
    else if (error <= ERR_LAST)
        seen.errors[error]++;
}

static void play_step(void)
{
    struct thread *t = current();
    host.ticks += random_below(2000);
    if (one_in(50))
        host.allocations_left = random_below(6);
    uint64_t choice = random_below(100);
    if (choice < 4)
        time_pass(random_below(1000000));
    else if (choice < 7 && t != machine.root) {
        seen.exceptions++;
        exception(t, (unsigned)random_below(32), random_next(), random_next());
    } else if (t == machine.root)
        root_step();
    else {
        struct play_call c;
        play_choose(t->task, &c);
        enter(t, c.selector, c.tag, c.words);
        seen.fast += machine.took_fast_path;
    }
    seen.memory_out += !host.allocations_left;
    host.allocations_left = UINT64_MAX;
    seen_note(current());
}

static void nothing_handle(unsigned vector) { (void)vector; }

/* The dead of a step that were too many for it are buried by the next slow entry, which the paths make at different times. */
static void bury(void)
{
    while (object_reap_pending() && !host.idle) {
        current()->full_context = true;
        machine_interrupt(nothing_handle, 32);
    }
}

static void census(void)
{
    for (uint64_t s = 21; s < 41; s++) {
        const struct cap_slot *slot = cap_find(machine.task, s);
        if (slot && slot->object->kind == KIND_THREAD)
            seen.states[thread_state(thread_of(slot->object))]++;
    }
}

static uint64_t trail[STEPS];

static void play(uint64_t seed, enum machine_path path)
{
    machine_boot(TEST_QUOTA);
    number_base = machine.task->object.number;
    random_state = seed;
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_FACTORY, SELECTOR_FREE, FACTORY_PAGES * PAGE_BYTES, FACTORY_PAGES));
    op_ok(machine.root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(SELECTOR_THREAD, 2, 500));
    machine.path = path;
    for (uint64_t step = 0; step < STEPS; step++) {
        play_step();
        bury();
        census();
        uint64_t h = machine_hash();
        if (path == PATH_SLOW)
            trail[step] = h;
        else if (trail[step] != h)
            fail_msg("seed %lu: the fast path left another state at step %lu", (unsigned long)seed, (unsigned long)step);
    }
    machine_shutdown();
}

static void seen_print(void)
{
    print_message("# results %lu, fast %lu, exceptions %lu, memory out %lu, steps with a helper %lu, with one parked %lu\n",
                  (unsigned long)seen.results, (unsigned long)seen.fast, (unsigned long)seen.exceptions, (unsigned long)seen.memory_out,
                  (unsigned long)seen.helped, (unsigned long)seen.parked);
    assert_true(seen.helped > STEPS / 1000 && seen.parked > STEPS / 1000);
    for (unsigned i = 1; i <= ERR_LAST; i++)
        print_message("# error %u: %lu\n", i, (unsigned long)seen.errors[i]);
    for (unsigned i = 0; i <= THREAD_DEAD; i++)
        print_message("# state %u: %lu\n", i, (unsigned long)seen.states[i]);
}

static uint64_t states_seen[THREAD_DEAD + 1]; /* by all seeds */

static void seed_run(uint64_t seed)
{
    memset(&seen, 0, sizeof seen);
    play(seed, PATH_SLOW);
    assert_int_equal(seen.fast, 0);
    memset(&seen, 0, sizeof seen);
    play(seed, PATH_FAST_IF_POSSIBLE);
    assert_true(seen.fast > STEPS / 25);
    memset(&seen, 0, sizeof seen);
    play(seed, PATH_MIXED);
    seen_print();
    assert_true(seen.fast > STEPS / 50);
    for (unsigned i = 1; i <= ERR_LAST; i++)
        assert_true(seen.errors[i] > 0);
    for (unsigned i = 0; i <= THREAD_DEAD; i++)
        states_seen[i] += seen.states[i];
}

static void seed_1(void **state) { (void)state; seed_run(0x9e3779b97f4a7c15ull); }
static void seed_2(void **state) { (void)state; seed_run(0xdeadbeefcafef00dull); }
static void seed_3(void **state) { (void)state; seed_run(3); }
static void seed_4(void **state) { (void)state; seed_run(20240401); }

static void every_state_was_seen(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= THREAD_DEAD; i++)
        assert_true(states_seen[i] > 0 || i == THREAD_REMOTE_REPLY_WAIT); /* of several CPUs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_1), cmocka_unit_test(seed_2), cmocka_unit_test(seed_3), cmocka_unit_test(seed_4),
        cmocka_unit_test(every_state_was_seen),
    };
    return cmocka_run_group_tests_name("core_model", tests, NULL, NULL);
}
