/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One pass over all capability tables finds the tasks, the threads in their rings and every object (its first capability has no parent). What the
 * core keeps in two places is counted from both sides. What holds of the CPU that leaves the kernel alone is told by is_leaving: another
 * one, which waits for the lock or idles, decides at its own exit who runs next and what its timer is set for.
 */
#include "kernel/check/invariants.h"

#include "kernel/core/cap.h"
#include "kernel/core/gate.h"
#include "kernel/core/thread.h"
#include "kernel/core/timeout.h"
#include "kernel/x86_64/arch.h"

#define NOTES 65536 /* a power of two; at most half of them are used */

/* What is known of an address: cleared by raising the generation. */
struct note {
    uint64_t key, value;
    uint32_t generation;
};

static struct note notes[NOTES];
static uint32_t generation, notes_used;
static const struct task *tasks[CAP_REGIONS_MAX];
static uint32_t task_count, task_seen[CAP_REGIONS_MAX];
static const struct factory *factories[NOTES / 2];
static uint64_t rights_left;       /* mappings with rights that what they came from has lost */
bool invariants_rights_cut_short;
static uint32_t factory_count;

struct census {
    uint64_t slots, capabilities;          /* seen in tables; counted by objects */
    uint64_t threads, thread_objects;      /* in rings; by capability, alive */
    uint64_t chained;                      /* threads reached from the roots of call chains */
    uint64_t sending, sender_queued;
    uint64_t receiving, receiver_listed;
    uint64_t bound, gate_listed;
    uint64_t queued, ready;                /* contexts that say so; found in the ready queues */
    uint64_t down, down_queued;            /* threads that wait for a semaphore; found in the queues of semaphores */
    uint64_t irqs_bound, irqs_bound_listed, irqs_pending, irqs_pending_listed;
    uint64_t timed, timeouts;              /* threads with a timeout; found in the heap */
    uint64_t frames;
};

/* Value noted for a key, 0 at first. */
static uint64_t *note(uint64_t key)
{
    size_t i = (key * 0x9e3779b97f4a7c15ull) >> 48;
    while (notes[i % NOTES].generation == generation && notes[i % NOTES].key != key)
        i++;
    struct note *n = &notes[i % NOTES];
    if (n->generation != generation) {
        ASSERT(++notes_used <= NOTES / 2);
        *n = (struct note){.key = key, .generation = generation};
    }
    return &n->value;
}

#define ROLE_COUNT 0   /* an object's capabilities */
#define ROLE_BYTES 1   /* bytes a factory ought to have in use */
#define ROLE_SEEN 2    /* factory is in the list */
#define ROLE_SLAB 3    /* whose slab a frame is */
#define ROLE_SEATS 4   /* seats a factory ought to have in use */
static uint64_t *note_of(const void *p, unsigned role) { return note((uint64_t)(uintptr_t)p + role); }

/* --- Accounts ------------------------------------------------------------------------------------------------------------------------ */

static void memory_of(const void *object, const struct factory *f, struct census *c)
{
    uint64_t *slab = note_of((const void *)((uintptr_t)object & ~(uintptr_t)(PAGE_BYTES - 1)), ROLE_SLAB);
    ASSERT(!*slab || *slab == (uint64_t)(uintptr_t)f);
    if (*slab)
        return;
    *slab = (uint64_t)(uintptr_t)f;
    *note_of(f, ROLE_BYTES) += PAGE_BYTES;
    c->frames++;
}

/* A factory and those that it got its quota from. */
static void factory_see(const struct factory *f, struct census *c)
{
    for (; f && !*note_of(f, ROLE_SEEN); f = f->object.factory) {
        *note_of(f, ROLE_SEEN) = 1;
        factories[factory_count++] = f;
        ASSERT(f->used_bytes <= f->quota_bytes && f->used_bytes % PAGE_BYTES == 0 && f->quota_bytes % PAGE_BYTES == 0);
        ASSERT(f->object.dying == !f->object.capabilities);
        ASSERT(!f->object.dying || f->used_bytes);
        if (!f->object.factory)
            continue;
        memory_of(f, f->object.factory, c);
        *note_of(f->object.factory, ROLE_BYTES) += f->quota_bytes;
        *note_of(f->object.factory, ROLE_SEATS) += f->seats;
    }
}

static unsigned ports_allowed(const struct task *t)
{
    unsigned n = 0;
    for (unsigned port = 0; t->ports[0] && port < PORTS; port += 8)
        for (unsigned denied = t->ports[port / (PAGE_BYTES * 8)][port % (PAGE_BYTES * 8) / 8], bits = (uint8_t)~denied; bits; bits &= bits - 1)
            n++;
    return n;
}

/* The bitmap is the sum of ranges, each of which lies in the one that it was derived from. */
static void ports_check(const struct task *t, struct census *c)
{
    unsigned ranges = 0, ports = 0;
    for (const struct port_range *r = t->port_ranges; r; r = r->next, ranges++) {
        const struct derivation *above = r->derived.prev;
        memory_of(r, t->object.factory, c);
        ASSERT(r->task == t && r->count && r->first % r->count == 0);
        while (above && above->depth >= r->derived.depth)
            above = above->prev;
        const struct port_range *parent = (const void *)above;
        ASSERT(!parent == !r->derived.depth);
        ASSERT(!parent || (parent->task != t && parent->first <= r->first && r->first + r->count <= parent->first + parent->count));
        ports += r->count;
    }
    ASSERT(ranges == t->port_range_count && ports == ports_allowed(t));
}

static void frames_charged(const struct factory *f, uint64_t n, struct census *c)
{
    *note_of(f, ROLE_BYTES) += n * PAGE_BYTES;
    c->frames += n;
}

static void accounts_check(void)
{
    for (uint32_t i = 0; i < factory_count; i++) {
        ASSERT(factories[i]->used_bytes == *note_of(factories[i], ROLE_BYTES));
        ASSERT(factories[i]->seats_used == *note_of(factories[i], ROLE_SEATS) && factories[i]->seats_used <= factories[i]->seats);
    }
}

/* --- Capabilities ---------------------------------------------------------------------------------------------------------------------- */

static void slot_check(const struct task *t, uint64_t selector)
{
    const struct cap_slot *s = &t->cap_slots[selector], *above = (const void *)s->derived.prev, *below = (const void *)s->derived.next;
    ASSERT(s->object && s->task == t && s->selector == selector && !(s->rights & ~RIGHTS_ALL));
    ASSERT(!s->object->dying && !s->object->reap_queued);
    ASSERT(t->cap_words[selector] == cap_word_of(s->object, s->rights));
    ASSERT(!above == !s->derived.depth);
    ASSERT(!above || above->derived.next == &s->derived);
    ASSERT(!below || (below->derived.prev == &s->derived && below->derived.depth > 0));
    /* What it was derived from: the nearest one above that is less deep. */
    const struct cap_slot *parent = above;
    while (parent && parent->derived.depth >= s->derived.depth)
        parent = (const void *)parent->derived.prev;
    if (!parent)
        return;
    ASSERT(parent->object->kind == s->object->kind && !(s->rights & ~parent->rights & (parent->object == s->object ? RIGHTS_ALL : 0)));
    ASSERT(parent->task->cap_words[parent->selector] != CAP_EMPTY);
}

static void gate_check(const struct gate *g, struct census *c)
{
    ASSERT(g->labels[0] % (LABEL_RIGHTS_MASK + 1) == 0);
    for (unsigned i = 0; i <= LABEL_RIGHTS_MASK; i++)
        ASSERT(g->labels[i] == (g->labels[0] | i) && g->threads[i] == g->threads[0]);
    c->bound += g->threads[0] != &thread_nobody;
}

static bool is_queued(const struct sched_context *sc) { return sc->next; }

static void thread_dead_check(const struct thread *t)
{
    ASSERT(t->state == THREAD_DEAD && !t->open_wait && !t->reply_from && t->caller == &thread_nobody && !t->inbox && !t->irqs);
    ASSERT(!timeout_is_armed(t) && !t->closed_receivers && !t->gates && !t->utcb && !t->partner && !t->cap_limit && !is_queued(&t->own_sc));
    for (unsigned i = 0; i < arch_cpu_count(); i++) {
        const struct cpu *cpu = arch_cpu_at(i);
        ASSERT(cpu->sc != &t->own_sc && (!cpu->sc || cpu->current != t) && cpu->fpu_owner != t);
    }
}

static void task_see(const struct task *t)
{
    ASSERT(t->cap_region < CAP_REGIONS_MAX);
    if (task_seen[t->cap_region] == generation)
        return;
    task_seen[t->cap_region] = generation;
    tasks[task_count++] = t;
}

static void semaphore_check(const struct semaphore *s, struct census *c)
{
    const struct thread *higher = NULL;
    ASSERT(s->count <= SEMAPHORE_COUNT_MAX && (!s->count || !s->waiters));
    for (const struct thread *ring = s->waiters; ring; higher = ring, ring = ring->queue_lower) {
        ASSERT(ring->queue_higher == higher && (!higher || higher->queue_priority > ring->queue_priority));
        const struct thread *t = ring;
        do {
            ASSERT(t->state == THREAD_SEMAPHORE_WAIT && t->semaphore == s && t->queue_first == (t == ring));
            ASSERT(t->queue_priority == ring->queue_priority && t->queue_next->queue_prev == t);
            c->down_queued++;
            t = t->queue_next;
        } while (t != ring);
    }
}

/* Met through its first capability: once. */
static void object_check(const struct object *o, struct census *c)
{
    if (o->factory)
        factory_see(o->factory, c);
    switch (o->kind) {
    case KIND_TASK: {
        const struct task *t = (const struct task *)(const void *)o;
        memory_of(t, o->factory, c);
        ++*note_of(o->factory, ROLE_SEATS);
        frames_charged(o->factory, t->table_frames + (t->ports[0] ? PORT_FRAMES : 0), c);
        ports_check(t, c);
        task_see(t);
        break;
    }
    case KIND_THREAD: {
        const struct thread *t = (const void *)((const char *)o - offsetof(struct thread, object));
        memory_of(t, o->factory, c);
        ++*note_of(o->factory, ROLE_SEATS);
        if (t->task)
            c->thread_objects++;
        else
            thread_dead_check(t);
        break;
    }
    case KIND_GATE: {
        const struct gate *g = (const void *)((const char *)o - offsetof(struct gate, object));
        memory_of(g, o->factory, c);
        gate_check(g, c);
        break;
    }
    case KIND_FACTORY:
        factory_see((const struct factory *)(const void *)o, c);
        break;
    case KIND_SEMAPHORE: {
        const struct semaphore *s = (const void *)o;
        memory_of(s, o->factory, c);
        semaphore_check(s, c);
        break;
    }
    case KIND_IRQ: {
        const struct irq *irq = (const void *)o;
        memory_of(irq, o->factory, c);
        ASSERT((irq->next_pending != NULL) == (irq->thread && irq->count));
        ASSERT((irq->next_bound != NULL) == (irq->thread != NULL));
        c->irqs_bound += irq->thread != NULL;
        c->irqs_pending += irq->next_pending != NULL;
        break;
    }
    case KIND_SCHEDULER:
        if (o->factory)
            memory_of(o, o->factory, c);
        break;
    default:
        ASSERT(o->kind == KIND_VCON || o->kind == KIND_ICU || o->kind == KIND_SCHEDULER);
    }
}

static void table_check(const struct task *t, struct census *c)
{
    ASSERT(t->cap_limit <= SELECTOR_MAX + 1);
    for (uint64_t selector = 0; selector < t->cap_limit; selector++) {
        if (t->cap_words[selector] == CAP_EMPTY)
            continue;
        ASSERT(selector > 0);
        slot_check(t, selector);
        const struct cap_slot *s = &t->cap_slots[selector];
        c->slots++;
        uint64_t *count = note_of(s->object, ROLE_COUNT);
        if (!*count)
            c->capabilities += s->object->capabilities;
        ASSERT(*count < s->object->capabilities);
        if (!(*count)++)
            object_check(s->object, c);
    }
}

/* --- Memory ------------------------------------------------------------------------------------------------------------------------------ */

static unsigned rights_reachable(const struct mapping *m)
{
    unsigned rights = arch_entry_rights(m->entry);
    return rights | (rights & MAY_EXECUTE ? MEMORY_EXECUTE : 0);
}

/* Rights are just being taken away, and that has not come to this mapping yet. */
static bool is_behind_a_place(const struct mapping *m)
{
    const struct derivation *d = &m->derived;
    while (d && ((const struct mapping *)(const void *)d)->task)
        d = d->prev;
    return d;
}

/* A mapping, and the nearest one above it that is less deep: what it was derived from. */
static void mapping_check(const struct task *t, uint64_t address, const struct mapping *m)
{
    const struct derivation *above = m->derived.prev, *below = m->derived.next;
    ASSERT(m->task == t && m->address == address && m->entry == arch_entry_find(t->page_table, address));
    ASSERT(!above || above->next == &m->derived);
    ASSERT(!below || below->prev == &m->derived);
    while (above && (above->depth >= m->derived.depth || !((const struct mapping *)(const void *)above)->task))
        above = above->prev;
    ASSERT(!above == !m->derived.depth);
    if (!above)
        return;
    const struct mapping *parent = (const void *)above;
    uint64_t offset = arch_entry_physical(m->entry) - arch_entry_physical(parent->entry);
    ASSERT(offset < arch_entry_bytes(parent->entry) && offset + arch_entry_bytes(m->entry) <= arch_entry_bytes(parent->entry));
    if (rights_reachable(m) & ~rights_reachable(parent) && !is_behind_a_place(m)) {
        ASSERT(invariants_rights_cut_short);
        rights_left++;
    }
    ASSERT(*arch_entry_mapping(parent->entry) == parent);
}

static void memory_check(const struct task *t, struct census *c)
{
    unsigned budget = UINT32_MAX;
    for (uint64_t at = USER_BOTTOM; arch_space_next(t->page_table, &at, USER_TOP, &budget);) {
        const arch_entry *entry = arch_entry_find(t->page_table, at);
        const struct mapping *m = *arch_entry_mapping(entry);
        ASSERT(!m == !!(arch_entry_rights(entry) & KERNELS_OWN));
        if (m) {
            mapping_check(t, at, m);
            memory_of(m, t->object.factory, c);
        }
        at += arch_entry_bytes(entry);
    }
}

/* --- Threads ------------------------------------------------------------------------------------------------------------------------------ */

static void senders_check(const struct thread *receiver, struct census *c)
{
    const struct thread *higher = NULL;
    for (const struct thread *ring = receiver->senders; ring; higher = ring, ring = ring->queue_lower) {
        ASSERT(ring->queue_higher == higher && (!higher || higher->queue_priority > ring->queue_priority));
        const struct thread *s = ring;
        do {
            ASSERT(s->state == THREAD_SENDING && s->partner == receiver && s->queue_first == (s == ring));
            ASSERT(s->queue_priority == ring->queue_priority && s->queue_next->queue_prev == s);
            c->sender_queued++;
            s = s->queue_next;
        } while (s != ring);
    }
}

static void lists_check(const struct thread *t, struct census *c)
{
    const struct thread *r = t->closed_receivers;
    if (r) {
        do {
            ASSERT(r->state == THREAD_RECEIVING && r->partner == t && r->closed_next->closed_prev == r);
            c->receiver_listed++;
            r = r->closed_next;
        } while (r != t->closed_receivers);
    }
    const struct irq *irq = t->irqs;
    if (irq) {
        do {
            ASSERT(irq->thread == t && irq->next_bound->prev_bound == irq);
            c->irqs_bound_listed++;
            irq = irq->next_bound;
        } while (irq != t->irqs);
    }
    irq = t->irqs_pending;
    if (irq) {
        do {
            ASSERT(irq->thread == t && irq->next_pending->prev_pending == irq);
            c->irqs_pending_listed++;
            irq = irq->next_pending;
        } while (irq != t->irqs_pending);
    }
    const struct gate *g = t->gates;
    if (g) {
        do {
            ASSERT(g->threads[0] == t && g->next_bound->prev_bound == g);
            c->gate_listed++;
            g = g->next_bound;
        } while (g != t->gates);
    }
}

static void wait_check(const struct thread *t, struct census *c)
{
    const struct thread *p = t->partner;
    ASSERT(!p == (t->state != THREAD_SENDING && t->state != THREAD_RECEIVING && t->state != THREAD_REMOTE_REPLY_WAIT &&
                  (t->state != THREAD_EXCEPTION_WAIT || t->reply_from)));
    ASSERT(!t->exception_send || t->state == THREAD_SENDING);
    ASSERT((t->inbox != 0) == (t->senders || t->irqs_pending) && (t->irq != NULL) == (t->state == THREAD_IRQ_WAIT));
    ASSERT(!t->irq || (t->irq->thread == t && !t->irq->count));
    ASSERT(!t->open_wait || !t->irqs_pending);
    ASSERT((t->semaphore != NULL) == (t->state == THREAD_SEMAPHORE_WAIT));
    switch (t->state) {
    case THREAD_SENDING:
        ASSERT(!p->open_wait && !(p->state == THREAD_RECEIVING && p->partner == t));
        c->sending++;
        break;
    case THREAD_RECEIVING:
        ASSERT(!(p->state == THREAD_SENDING && p->partner == t));
        c->receiving++;
        break;
    case THREAD_EXCEPTION_WAIT:
        ASSERT(t->reply_from || p->caller == t);
        break;
    case THREAD_REMOTE_REPLY_WAIT:
        ASSERT(p->caller == t); /* on another CPU, or on this one after a migration */
        break;
    case THREAD_SEMAPHORE_WAIT:
        c->down++;
        break;
    case THREAD_IRQ_WAIT:
        break;
    default:
        ASSERT(t->state == THREAD_RUNNABLE || t->state == THREAD_STOPPED);
    }
    if (t->open_wait)
        ASSERT(t->open_wait == (t->cpu_word | (timeout_is_armed(t) ? OPEN_WAIT_TIMED : 0)) && t->caller == &thread_nobody &&
               !t->reply_from && !t->senders);
    if (t->reply_from)
        ASSERT(thread_reply_from(t)->caller == t && thread_reply_from(t) != t &&
               (timeout_is_armed(t) || t->state == THREAD_EXCEPTION_WAIT) == (((uintptr_t)t->reply_from & REPLY_FROM_SLOW) != 0));
    if (timeout_is_armed(t))
        ASSERT(thread_state(t) != THREAD_RUNNABLE && thread_state(t) != THREAD_STOPPED && thread_state(t) != THREAD_EXCEPTION_WAIT);
    ASSERT(!t->open_wait || t->state == THREAD_RUNNABLE);
    ASSERT(!t->reply_from || t->state == THREAD_RUNNABLE || t->state == THREAD_EXCEPTION_WAIT);
    ASSERT(t->caller);
    if (t->caller != &thread_nobody)
        ASSERT(thread_reply_from(t->caller) == t ||
               ((t->caller->state == THREAD_EXCEPTION_WAIT || t->caller->state == THREAD_REMOTE_REPLY_WAIT) && t->caller->partner == t));
}

static void space_check(const struct task *task, const struct thread *t)
{
    ASSERT(t->task == task && t->page_table == task->page_table && t->cap_words == task->cap_words);
    ASSERT(t->cap_limit == task->cap_limit && t->utcb && t->utcb_long == &t->utcb->words[REGISTER_WORDS]);
    const arch_entry *entry = arch_entry_find(t->page_table, t->utcb_address);
    ASSERT(entry && arch_entry_physical(entry) == arch_physical(t->utcb));
    ASSERT(arch_entry_rights(entry) == (MEMORY_READ | MEMORY_WRITE | KERNELS_OWN) && !*arch_entry_mapping(entry));
}

/* What the thread runs on: the fast path leaves `sc` behind, see sched.h. */
static const struct sched_context *context_of(const struct thread *t)
{
    const struct cpu *cpu = t->cpu;
    if (cpu->sc && cpu->current == t)
        return cpu->sc;
    return t->open_wait ? &t->own_sc : t->sc;
}

/* The chain of calls that begins at `root` runs on root's context, all others of it have theirs idle. */
static void chain_check(const struct thread *root, struct census *c)
{
    const struct cpu *cpu = root->cpu;
    const struct thread *tail = root;
    for (c->chained++; tail->reply_from; c->chained++) {
        tail = thread_reply_from(tail);
        ASSERT(!is_queued(&tail->own_sc) && cpu->sc != &tail->own_sc && tail->cpu == cpu);
        ASSERT(c->chained <= c->threads);
    }
    const struct sched_context *sc = &root->own_sc;
    ASSERT(context_of(tail) == sc);
    bool wants_cpu = thread_state(tail) == THREAD_RUNNABLE || thread_state(tail) == THREAD_SENDING;
    ASSERT(!(cpu->sc == sc && is_queued(sc)));
    ASSERT(wants_cpu == (cpu->sc == sc || cpu->helper == sc || is_queued(sc)));
    ASSERT(cpu->sc != sc || cpu->current == tail);
    ASSERT(!is_queued(sc) || sc->thread == tail);
}

static bool is_chain_root(const struct thread *t)
{
    return t->caller == &thread_nobody || thread_reply_from(t->caller) != t;
}

static void for_each_thread(void (*check)(const struct thread *t, struct census *c), struct census *c)
{
    for (uint32_t i = 0; i < task_count; i++) {
        const struct thread *t = tasks[i]->threads;
        if (!t)
            continue;
        do {
            check(t, c);
            t = t->task_next;
        } while (t != tasks[i]->threads);
    }
}

static void thread_check(const struct thread *t, struct census *c)
{
    c->threads++;
    frames_charged(t->object.factory, 1 + (t->fpu != NULL), c); /* the UTCB, FPU state */
    ASSERT((t->fpu != NULL) == ((t->extras & EXTRA_FPU) != 0) && (t->fs_base >> 63) == (t->extras != 0));
    ASSERT(t->task_next->task_prev == t && !t->object.dying && t->own_sc.owner == t && t->cpu_word == t->cpu->word);
    space_check(t->task, t);
    wait_check(t, c);
    senders_check(t, c);
    lists_check(t, c);
    c->queued += is_queued(&t->own_sc);
    c->timed += timeout_is_armed(t);
}

static void thread_chain_check(const struct thread *t, struct census *c)
{
    if (is_chain_root(t))
        chain_check(t, c);
}

/* --- Scheduler ----------------------------------------------------------------------------------------------------------------------------- */

/* Whose priority counts while the CPU runs. */
static const struct sched_context *payer_of(const struct cpu *cpu) { return cpu->helper ? cpu->helper : cpu->sc; }

static void queue_check(const struct cpu *cpu, const struct sched_queue *q, struct census *c)
{
    for (unsigned priority = 0; priority < PRIORITIES; priority++) {
        const struct sched_context *sc = q->rings[priority];
        ASSERT((q->bitmap[priority / 64] >> priority % 64 & 1) == (sc != NULL));
        if (!sc)
            continue;
        ASSERT((int)priority <= q->top);
        do {
            ASSERT(sc->priority == priority && sc->next->prev == sc && sc->owner->cpu == cpu && sc->thread->cpu == cpu);
            ASSERT((sc->park_round == cpu->park_round) == (q == cpu->parked));
            ASSERT(q != cpu->parked || thread_state(sc->thread) == THREAD_SENDING);
            c->ready++;
            sc = sc->next;
        } while (sc != q->rings[priority]);
    }
    ASSERT(q->top < PRIORITIES && (q->top < 0 || q->rings[q->top]));
}

/* The helper's thread waits for the thread that runs, in the end; so it does when the fast path has moved that on. */
static void helper_check(const struct cpu *cpu, bool is_leaving)
{
    ASSERT(!cpu->helper || (cpu->sc && cpu->helper != cpu->sc));
    if (!cpu->helper || !is_leaving)
        return;
    ASSERT(!is_queued(cpu->helper) && thread_state(cpu->helper->thread) == THREAD_SENDING);
    const struct thread *t = cpu->helper->thread;
    for (unsigned i = 0; t != cpu->current; i++) {
        ASSERT(i < CAP_REGIONS_MAX && t->cpu == cpu);
        t = t->reply_from ? thread_reply_from(t) : t->partner;
    }
}

static void running_check(const struct cpu *cpu, bool is_leaving)
{
    ASSERT(!cpu->sc || (thread_state(cpu->current) == THREAD_RUNNABLE && cpu->current->cpu == cpu && cpu->sc->owner->cpu == cpu));
    ASSERT(!cpu->fpu_owner || (cpu->fpu_owner->fpu && cpu->fpu_owner->task));
    ASSERT(!is_leaving || (cpu->sc ? cpu->ready.top <= payer_of(cpu)->priority : cpu->ready.top < 0));
    ASSERT(!is_leaving || !cpu->sc || !cpu->ready.rings[payer_of(cpu)->priority] || cpu->timer_armed);
    ASSERT(!is_leaving || !cpu->entry_void);
    helper_check(cpu, is_leaving);
}

/* Steps through the heap along the parents, as deep as it may be. */
static void timeouts_check(const struct cpu *cpu, bool is_leaving, struct census *c)
{
    const struct thread *t = cpu->timeouts, *from = NULL;
    ASSERT(!t || (!t->timeout_parent && (!is_leaving || (cpu->timer_armed && cpu->timer_ticks <= t->timeout_ticks))));
    while (t) {
        ASSERT(t->cpu == cpu);
        const struct thread *left = t->timeout_left, *right = t->timeout_right, *parent = t->timeout_parent;
        if (from == parent) {
            unsigned left_rank = left ? left->timeout_rank : 0, right_rank = right ? right->timeout_rank : 0;
            ASSERT(left_rank >= right_rank && t->timeout_rank == right_rank + 1);
            ASSERT(!parent || (parent->timeout_ticks <= t->timeout_ticks && (parent->timeout_left == t || parent->timeout_right == t)));
            c->timeouts++;
        }
        const struct thread *next = from == parent && left ? left : from != right && right && (from == parent || from == left) ? right : parent;
        from = t;
        t = next;
    }
}

bool invariants_check(const struct task *root, uint64_t *frames)
{
    struct census c = {0};
    if (object_reap_pending())
        return false;
    generation++;
    notes_used = task_count = factory_count = 0;
    rights_left = 0;
    task_see(root);
    for (uint32_t i = 0; i < task_count; i++)
        table_check(tasks[i], &c);
    for (uint32_t i = 0; i < task_count; i++)
        memory_check(tasks[i], &c);
    for_each_thread(thread_check, &c);
    for_each_thread(thread_chain_check, &c);
    for (unsigned i = 0; i < arch_cpu_count(); i++) {
        const struct cpu *cpu = arch_cpu_at(i);
        queue_check(cpu, &cpu->ready, &c);
        queue_check(cpu, cpu->parked, &c);
        running_check(cpu, cpu == arch_cpu());
        timeouts_check(cpu, cpu == arch_cpu(), &c);
    }
    ASSERT(c.timed == c.timeouts);
    ASSERT(c.down == c.down_queued);
    ASSERT(c.irqs_bound == c.irqs_bound_listed && c.irqs_pending == c.irqs_pending_listed);
    ASSERT(c.slots == c.capabilities);
    ASSERT(c.threads == c.thread_objects);
    ASSERT(c.chained == c.threads);
    ASSERT(c.sending == c.sender_queued);
    ASSERT(c.receiving == c.receiver_listed);
    ASSERT(c.bound == c.gate_listed);
    ASSERT(c.queued == c.ready);
    accounts_check();
    ASSERT(thread_nobody.state == THREAD_DEAD && thread_nobody.caller == &thread_nobody && !thread_nobody.reply_from &&
           !thread_nobody.open_wait && !thread_nobody.senders && !thread_nobody.gates && !thread_nobody.closed_receivers);
    invariants_rights_cut_short = rights_left != 0;
    *frames = c.frames;
    return true;
}
