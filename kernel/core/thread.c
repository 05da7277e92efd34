/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A thread lives in one task from creation to death. It dies with its task, or when its last capability goes.
 */
#include "kernel/core/thread.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/gate.h"
#include "kernel/core/ipc.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/mapdb.h"
#include "kernel/core/ring.h"
#include "kernel/core/sched.h"
#include "kernel/core/slab.h"
#include "kernel/core/task.h"
#include "kernel/x86_64/arch.h"

#define QUANTUM_DEFAULT_US 10000
#define KILL_UNITS 16          /* of a budget: it may be a call that SEATS others hang on */

struct thread thread_nobody = {.state = THREAD_DEAD, .caller = &thread_nobody};

static unsigned utcb_create(struct factory *f, struct task *task, struct thread *t, uint64_t address)
{
    if (address % PAGE_BYTES || !arch_address_is_user(address))
        return ERR_BAD_ARGUMENT;
    t->utcb = factory_frame_allocate(f);
    if (!t->utcb)
        return ERR_NO_MEMORY;
    t->utcb_long = &t->utcb->words[REGISTER_WORDS];
    t->utcb_address = address;
    unsigned error = mapdb_map_first(task, address, arch_physical(t->utcb), PAGE_BYTES, MEMORY_READ | MEMORY_WRITE | KERNELS_OWN);
    if (error)
        factory_frame_free(f, t->utcb);
    return error;
}

unsigned thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made)
{
    struct thread *t = factory_has_seats(f, 1) ? slab_allocate(f, KIND_THREAD) : NULL;
    if (!t)
        return ERR_NO_MEMORY;
    unsigned error = utcb_create(f, task, t, utcb_address);
    if (error) {
        slab_free(t);
        return error;
    }
    object_init(&t->object, KIND_THREAD, f);
    f->seats_used++;
    t->state = THREAD_STOPPED;
    t->caller = &thread_nobody;
    t->cpu = arch_cpu();
    t->cpu_word = t->cpu->word;
    t->own_sc.owner = t->own_sc.thread = t;
    t->own_sc.quantum_ticks = t->own_sc.left_ticks = arch_ticks_hz() / 1000000 * QUANTUM_DEFAULT_US;
    t->sc = &t->own_sc;
    arch_thread_init(t);
    t->full_context = true;
    task_thread_add(task, t);
    *made = t;
    return 0;
}

void thread_extra_set(struct thread *t, unsigned extra, bool on)
{
    t->extras = (uint8_t)(on ? t->extras | extra : t->extras & ~extra);
    t->fs_base = (t->fs_base & ~THREAD_HAS_EXTRAS) | (t->extras ? THREAD_HAS_EXTRAS : 0);
}

/* FPU state comes and goes in a frame paid for by the thread's factory. False when there is none to be had. */
static bool fpu_set(struct thread *t, bool on)
{
    struct factory *f = t->object.factory;
    if (on == (t->fpu != NULL))
        return true;
    if (on) {
        t->fpu = factory_frame_allocate(f);
        if (!t->fpu)
            return false;
        arch_fpu_clear(t->fpu);
    } else {
        arch_extras_leave();
        factory_frame_free(f, t->fpu);
        t->fpu = NULL;
    }
    thread_extra_set(t, EXTRA_FPU, on);
    return true;
}

/* Nobody finds its way to it any more, in steps. */
static bool thread_cut_off(struct thread *t, unsigned *budget)
{
    for (; t->gates; --*budget) {
        if (!*budget)
            return false;
        gate_unbind(t->gates);
    }
    for (; t->irqs; --*budget) {
        if (!*budget)
            return false;
        irq_unbind(t->irqs);
    }
    return ipc_dismiss(t, budget);
}

bool thread_kill(struct thread *t, unsigned *budget)
{
    cpu_hold_all();
    if (t->state != THREAD_DEAD) {
        ipc_sever(t);
        mapdb_place_leave(t);
        sched_stop(t);
        t->state = THREAD_DEAD;
        t->cap_limit = 0;
    }
    if (!t->task) /* it has been killed completely */
        return true;
    if (!thread_cut_off(t, budget))
        return false;
    mapdb_unmap_own(t->task, t->utcb_address);
    factory_frame_free(t->object.factory, t->utcb);
    t->utcb = NULL;
    fpu_set(t, false);
    RING_REMOVE(t->task->threads, t, task_next, task_prev);
    t->task = NULL;
    *budget -= *budget < KILL_UNITS ? *budget : KILL_UNITS;
    return true;
}

bool thread_destroy(struct thread *t, unsigned *budget)
{
    if (!thread_kill(t, budget))
        return false;
    t->object.factory->seats_used--;
    slab_free(t);
    return true;
}

void thread_start_boot(struct thread *t, uint64_t rip, uint64_t rsp, uint64_t rdi, uint8_t priority, uint64_t quantum_us)
{
    t->rip = rip;
    t->rsp = rsp;
    t->regs[REG_RDI] = rdi;
    sched_set(&t->own_sc, priority, arch_ticks_hz() / 1000000 * quantum_us);
    sched_start(t);
}

static unsigned op_ex_regs(struct invocation *i, struct thread *t)
{
    uint64_t rip = i->in[0], rsp = i->in[1];
    if (i->in[2] & ~(uint64_t)EX_REGS_SET || (i->in[2] & EX_REGS_SET && !arch_address_is_user(rip)))
        return ERR_BAD_ARGUMENT;
    cpu_hold(t->cpu);
    i->out[0] = t->rip;
    i->out[1] = t->rsp;
    i->out_words = 2;
    if (sched_is_at_the_door(t))
        invocation_fail(t, ERR_CANCELED, false);
    if (t != i->self && t->cpu->current == t)
        t->cpu->entry_void = true;
    ipc_cancel(t, ERR_CANCELED);
    if (i->in[2] & EX_REGS_SET) {
        t->rip = rip;
        t->rsp = rsp;
        t->alien_pass = false; /* what was passed is not what comes now */
    }
    sched_start(t);
    return 0;
}

static unsigned op_control(struct invocation *i, struct thread *t)
{
    uint64_t mask = i->in[0];
    if (mask & ~(uint64_t)(CONTROL_EXCEPTION_GATE | CONTROL_FS_BASE | CONTROL_PAGER | CONTROL_FPU | CONTROL_ALIEN))
        return ERR_BAD_ARGUMENT;
    if ((mask & CONTROL_FPU && i->in[4] > 1) || (mask & CONTROL_ALIEN && i->in[5] > 1))
        return ERR_BAD_ARGUMENT;
    if (mask & CONTROL_EXCEPTION_GATE && i->in[1] > SELECTOR_MAX)
        return ERR_BAD_ARGUMENT;
    if (mask & CONTROL_PAGER && i->in[3] > SELECTOR_MAX)
        return ERR_BAD_ARGUMENT;
    if (mask & CONTROL_FS_BASE && i->in[2] && !arch_address_is_user(i->in[2]))
        return ERR_BAD_ARGUMENT;
    cpu_hold(t->cpu);
    if (mask & CONTROL_FPU && !fpu_set(t, i->in[4]))
        return ERR_NO_MEMORY;
    if (mask & CONTROL_ALIEN) {
        t->alien_pass = false;
        thread_extra_set(t, EXTRA_ALIEN, i->in[5]);
    }
    if (mask & CONTROL_EXCEPTION_GATE)
        t->exception_selector = (uint32_t)i->in[1];
    if (mask & CONTROL_PAGER)
        t->pager_selector = (uint32_t)i->in[3];
    if (mask & CONTROL_FS_BASE)
        t->fs_base = i->in[2] | (t->fs_base & THREAD_HAS_EXTRAS);
    return 0;
}

static unsigned op_bind_gate(struct invocation *i, struct thread *t)
{
    struct object *gate;
    unsigned error = cap_lookup(i->self->task, i->in[0], KIND_GATE, RIGHT_MANAGE, &gate);
    if (error)
        return error;
    if (i->in[1] & LABEL_RIGHTS_MASK)
        return ERR_BAD_ARGUMENT;
    gate_bind((struct gate *)(void *)gate, t, i->in[1]);
    return 0;
}

unsigned thread_invoke(struct invocation *i)
{
    struct thread *t = thread_of(i->object);
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (t->state == THREAD_DEAD)
        return ERR_NO_PARTNER;
    switch (i->operation) {
    case OP_THREAD_EX_REGS:
        return op_ex_regs(i, t);
    case OP_THREAD_CONTROL:
        return op_control(i, t);
    case OP_THREAD_BIND_GATE:
        return op_bind_gate(i, t);
    case OP_THREAD_STATISTICS:
        i->out[0] = sched_consumed_ticks(t);
        i->out[1] = t->ipc_slow_sends;
        i->out[2] = thread_state(t);
        i->out_words = 3;
        return 0;
    default:
        return ERR_BAD_OPERATION;
    }
}
