/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/scheduler.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/sched.h"
#include "kernel/core/slab.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

#define QUANTUM_MIN_US 100
#define QUANTUM_MAX_US 10000000

static struct scheduler scheduler_boot = {.ceiling = PRIORITY_MAX};

struct object *scheduler_create_boot(void)
{
    object_init(&scheduler_boot.object, KIND_SCHEDULER, NULL);
    return &scheduler_boot.object;
}

void scheduler_destroy(struct scheduler *s)
{
    slab_free(s);
}

/* Another one that can do as much or less, derived from the capability that was used. */
static unsigned op_limit(struct invocation *i, const struct scheduler *s)
{
    struct factory *f;
    unsigned error = factory_prepare(i, i->in[2] <= s->ceiling, &f);
    if (error)
        return error;
    struct scheduler *limited = (struct scheduler *)object_make(f, KIND_SCHEDULER);
    if (!limited)
        return ERR_NO_MEMORY;
    limited->ceiling = (uint8_t)i->in[2];
    cap_insert(i->self->task, i->in[1], &limited->object, i->rights, i->slot);
    return 0;
}

static unsigned op_run_thread(struct invocation *i, const struct scheduler *s)
{
    struct object *object;
    unsigned error = cap_lookup(i->self->task, i->in[0], KIND_THREAD, RIGHT_MANAGE, &object);
    if (error)
        return error;
    if (i->in[1] > s->ceiling || i->in[2] < QUANTUM_MIN_US || i->in[2] > QUANTUM_MAX_US)
        return ERR_BAD_ARGUMENT;
    struct thread *t = (struct thread *)(void *)object;
    if (t->state == THREAD_DEAD)
        return ERR_NO_PARTNER;
    if (i->words > 3 && i->in[3] >= arch_cpu_count())
        return ERR_BAD_ARGUMENT;
    cpu_hold(t->cpu);
    sched_set(&t->own_sc, (uint8_t)i->in[1], arch_ticks_hz() / 1000000 * i->in[2]);
    if (i->words > 3)
        sched_migrate(t, arch_cpu_at((unsigned)i->in[3]));
    return 0;
}

/* From the wish to have the next CPU hold still until it does: it comes into the kernel for that (lock.h). */
static void hold_probe(struct invocation *i)
{
    struct cpu *other = arch_cpu_at((arch_cpu()->number + 1) % arch_cpu_count());
    uint64_t start = arch_ticks();
    cpu_hold(other);
    i->out[0] = arch_ticks() - start;
    start = arch_ticks();
    i->out[1] = arch_ticks() - start;
}

/* While a trip to user mode is timed, nobody else may run who could change the code there: one CPU alone. */
static unsigned op_probe(struct invocation *i)
{
    uint64_t kind = i->in[0], n = i->in[1];
    if (kind < 1 || kind > PROBE_KINDS || n < 2 || n > PROBE_MAX || n % 2 || ((kind == PROBE_IPI || kind == PROBE_NOISE) && n != 2))
        return ERR_BAD_ARGUMENT;
    if (kind == PROBE_IPI ? arch_cpu_count() < 2 : kind == PROBE_SYSCALL && arch_cpu_count() > 1)
        return ERR_BAD_OPERATION;
    i->out_words = kind == PROBE_NOISE ? 6 : 2;
    if (kind == PROBE_NOISE)
        arch_noise(i->out);
    else if (kind == PROBE_IPI)
        hold_probe(i);
    else if (!arch_probe((unsigned)kind, (unsigned)n, i->self->rip, &i->out[0], &i->out[1]))
        return ERR_BAD_OPERATION;
    return 0;
}

static unsigned op_trace(struct invocation *i)
{
    if (i->in[0] >= arch_cpu_count())
        return ERR_BAD_ARGUMENT;
    struct trace_ring *ring = arch_cpu_at((unsigned)i->in[0])->trace.ring;
    if (!ring)
        return ERR_BAD_OPERATION;
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    if (i->in[1] > __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) - tail)
        return ERR_BAD_ARGUMENT;
    __atomic_store_n(&ring->tail, tail + i->in[1], __ATOMIC_RELEASE);
    return 0;
}

unsigned scheduler_invoke(struct invocation *i)
{
    const struct scheduler *s = (const struct scheduler *)(const void *)i->object;
    switch (i->operation) {
    case OP_SCHEDULER_RUN_THREAD:
        return i->rights & RIGHT_MANAGE ? op_run_thread(i, s) : ERR_NO_RIGHT;
    case OP_SCHEDULER_LIMIT:
        return i->rights & RIGHT_MANAGE ? op_limit(i, s) : ERR_NO_RIGHT;
    case OP_SCHEDULER_INFO:
        i->out[0] = arch_cpu_count();
        i->out[1] = PRIORITIES;
        i->out[2] = arch_ticks_hz();
        i->out[3] = s->ceiling;
        i->out_words = 4;
        return 0;
    case OP_SCHEDULER_PROBE:
        return i->rights & RIGHT_MANAGE ? op_probe(i) : ERR_NO_RIGHT;
    case OP_SCHEDULER_TRACE:
        return i->rights & RIGHT_MANAGE ? op_trace(i) : ERR_NO_RIGHT;
    default:
        return ERR_BAD_OPERATION;
    }
}
