/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/ports.h"

#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

#define FRAME_PORTS (PAGE_BYTES * 8)
_Static_assert(PORTS == PORT_FRAMES * FRAME_PORTS, "the bitmap is whole frames");

static bool is_allowed(const struct task *t, uint64_t port)
{
    if (t->all_ports)
        return true;
    const uint8_t *frame = t->ports[port / FRAME_PORTS];
    return frame && !(frame[port % FRAME_PORTS / 8] >> port % 8 & 1);
}

static void port_set(struct task *t, uint64_t port, bool allowed)
{
    uint8_t *byte = &t->ports[port / FRAME_PORTS][port % FRAME_PORTS / 8], bit = (uint8_t)(1u << port % 8);
    *byte = (uint8_t)(allowed ? *byte & ~bit : *byte | bit);
}

/* What CPUs have taken over of that task's bitmap is old. */
static void ports_forget(const struct task *t)
{
    cpu_hold_all();
    for (unsigned i = 0; i < arch_cpu_count(); i++)
        if (arch_cpu_at(i)->ports_task == t)
            arch_cpu_at(i)->ports_task = NULL;
}

static bool ports_create(struct task *t)
{
    struct factory *f = t->object.factory;
    if (t->ports[0])
        return true;
    if (!factory_charge(f, PORT_FRAMES * PAGE_BYTES))
        return false;
    for (unsigned i = 0; i < PORT_FRAMES; i++) {
        t->ports[i] = arch_frame_allocate();
        if (!t->ports[i]) {
            ports_release(t);
            factory_refund(f, (PORT_FRAMES - i) * (uint64_t)PAGE_BYTES);
            return false;
        }
        for (unsigned byte = 0; byte < PAGE_BYTES; byte++)
            t->ports[i][byte] = 0xff;
    }
    cpu_hold_all();
    struct thread *thread = t->threads;
    if (!thread)
        return true;
    do {
        thread_extra_set(thread, EXTRA_PORTS, true);
        thread = thread->task_next;
    } while (thread != t->threads);
    return true;
}

void ports_release(struct task *t)
{
    if (t->ports[0])
        ports_forget(t);
    for (unsigned i = 0; i < PORT_FRAMES && t->ports[i]; i++) {
        arch_frame_free(t->ports[i]);
        t->ports[i] = NULL;
        factory_refund(t->object.factory, PAGE_BYTES);
    }
}

static bool is_range(uint64_t first, uint64_t count)
{
    return count && count <= PORTS && first <= PORTS - count;
}

unsigned ports_map(struct invocation *i, struct task *there)
{
    uint64_t first = i->in[0], count = i->in[1];
    if (!is_range(first, count))
        return ERR_BAD_ARGUMENT;
    for (uint64_t port = first; port < first + count; port++)
        if (!is_allowed(i->self->task, port))
            return ERR_NO_RIGHT;
    if (!ports_create(there))
        return ERR_NO_MEMORY;
    for (uint64_t port = first; port < first + count; port++)
        port_set(there, port, true);
    ports_forget(there);
    return 0;
}

unsigned ports_unmap(const struct invocation *i, struct task *there)
{
    uint64_t first = i->in[0], count = i->in[1];
    if (!is_range(first, count))
        return ERR_BAD_ARGUMENT;
    if (!there->ports[0])
        return 0;
    for (uint64_t port = first; port < first + count; port++)
        port_set(there, port, false);
    ports_forget(there);
    return 0;
}
