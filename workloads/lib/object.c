/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Operations of kernel objects: `call` with the operation as label.
 */
#include "workloads/lib/object.h"

int32_t object_call(uint64_t object, int32_t operation, uint64_t words, struct message_words *w)
{
    struct message m = ipc_call(object, tag_make(0, operation, words), *w);

    if (tag_failed(m.tag))
        return tag_label(m.tag);
    *w = m.w;
    return 0;
}

static int32_t factory_create(uint64_t factory, uint64_t kind, uint64_t selector, uint64_t a, uint64_t b)
{
    struct message_words w = { kind, selector, a, b, 0, 0 };

    return object_call(factory, OP_FACTORY_CREATE, 5, &w);
}

int32_t factory_create_task(uint64_t factory, uint64_t selector)
{
    return factory_create(factory, KIND_TASK, selector, 0, 0);
}

int32_t factory_create_thread(uint64_t factory, uint64_t selector, uint64_t task, uint64_t utcb_address)
{
    return factory_create(factory, KIND_THREAD, selector, task, utcb_address);
}

int32_t factory_create_gate(uint64_t factory, uint64_t selector, uint64_t thread, uint64_t label)
{
    return factory_create(factory, KIND_GATE, selector, thread, label);
}

int32_t factory_create_seated(uint64_t factory, uint64_t selector, uint64_t quota_bytes, uint64_t seats)
{
    return factory_create(factory, KIND_FACTORY, selector, quota_bytes, seats);
}

int32_t factory_create_factory(uint64_t factory, uint64_t selector, uint64_t quota_bytes)
{
    uint64_t pages = quota_bytes / PAGE_BYTES, seats, seats_used;
    int32_t error = factory_info_seats(factory, &seats, &seats_used);

    if (error != 0)
        return error;
    uint64_t half = (seats - seats_used) / 2;
    return factory_create_seated(factory, selector, quota_bytes, pages < half ? pages : half);
}

int32_t factory_create_semaphore(uint64_t factory, uint64_t selector, uint64_t count)
{
    return factory_create(factory, KIND_SEMAPHORE, selector, count, 0);
}

int32_t factory_create_irq(uint64_t factory, uint64_t selector)
{
    return factory_create(factory, KIND_IRQ, selector, 0, 0);
}

int32_t irq_bind(uint64_t irq, uint64_t thread, uint64_t label)
{
    struct message_words w = { thread, label, 0, 0, 0, 0 };

    return object_call(irq, OP_IRQ_BIND, 2, &w);
}

int32_t irq_trigger(uint64_t irq)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(irq, OP_IRQ_TRIGGER, 0, &w);
}

int32_t irq_eoi(uint64_t irq)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(irq, OP_IRQ_EOI, 0, &w);
}

int32_t icu_operation(uint64_t icu, int32_t operation, uint64_t line, uint64_t argument)
{
    struct message_words w = { line, argument, 0, 0, 0, 0 };

    return object_call(icu, operation, 2, &w);
}

int32_t semaphore_up(uint64_t semaphore)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(semaphore, OP_SEMAPHORE_UP, 0, &w);
}

int32_t semaphore_down(uint64_t semaphore, uint64_t receive_timeout)
{
    return tag_error(ipc_call(semaphore, tag_make(0, OP_SEMAPHORE_DOWN, 0) | receive_timeout << TAG_RECEIVE_TIMEOUT_SHIFT,
                              MESSAGE_EMPTY).tag);
}

int32_t factory_info(uint64_t factory, uint64_t *quota_bytes, uint64_t *used_bytes)
{
    struct message_words w = MESSAGE_EMPTY;
    int32_t error = object_call(factory, OP_FACTORY_INFO, 0, &w);

    if (error != 0)
        return error;
    *quota_bytes = w.w0;
    *used_bytes = w.w1;
    return 0;
}

int32_t factory_info_seats(uint64_t factory, uint64_t *seats, uint64_t *seats_used)
{
    struct message_words w = MESSAGE_EMPTY;
    int32_t error = object_call(factory, OP_FACTORY_INFO, 0, &w);

    if (error != 0)
        return error;
    *seats = w.w2;
    *seats_used = w.w3;
    return 0;
}

int32_t task_map_capability(uint64_t task, uint64_t here, uint64_t there, uint64_t rights)
{
    struct message_words w = { here, there, rights, 0, 0, 0 };

    return object_call(task, OP_TASK_MAP_CAPABILITY, 3, &w);
}

int32_t task_map_memory(uint64_t task, uint64_t here, uint64_t there, uint64_t bytes, uint64_t memory_rights)
{
    while (bytes != 0) {
        uint64_t step = bytes < MAP_BYTES_MAX ? bytes : MAP_BYTES_MAX;
        struct message_words w = { here, there, step, memory_rights, 0, 0 };
        int32_t error = object_call(task, OP_TASK_MAP_MEMORY, 4, &w);
        if (error != 0)
            return error;
        if (w.w0 != step)
            return ERR_OCCUPIED;
        here += step;
        there += step;
        bytes -= step;
    }
    return 0;
}

int32_t task_unmap_capability(uint64_t task, uint64_t there)
{
    struct message_words w = { there, 0, 0, 0, 0, 0 };

    return object_call(task, OP_TASK_UNMAP_CAPABILITY, 1, &w);
}

int32_t task_unmap_memory(uint64_t task, uint64_t there, uint64_t bytes, uint64_t *unmapped_bytes)
{
    struct message_words w = { there, bytes, 0, 0, 0, 0 };
    int32_t error = object_call(task, OP_TASK_UNMAP_MEMORY, 2, &w);

    if (error == 0)
        *unmapped_bytes = w.w0;
    return error;
}

int32_t task_take_memory(uint64_t task, uint64_t there, uint64_t bytes, uint64_t take, uint64_t flags)
{
    struct message_words w = { there, bytes, take, flags, 0, 0 };

    return object_call(task, OP_TASK_UNMAP_MEMORY, 4, &w);
}

int32_t task_map_flexpage(uint64_t task, uint64_t flexpage, uint64_t there)
{
    struct message_words w = { flexpage, there, 0, 0, 0, 0 };

    return object_call(task, OP_TASK_MAP_FLEXPAGE, 2, &w);
}

int32_t task_unmap_flexpage(uint64_t task, uint64_t flexpage, uint64_t flags)
{
    struct message_words w = { flexpage, flags, 0, 0, 0, 0 };

    return object_call(task, OP_TASK_UNMAP_FLEXPAGE, 2, &w);
}

int32_t gate_mint(uint64_t gate, uint64_t factory, uint64_t selector, uint64_t label, uint64_t rights)
{
    struct message_words w = { factory, selector, label, rights, 0, 0 };

    return object_call(gate, OP_GATE_MINT, TAG_OBJECT | 4, &w);
}

int32_t task_capability_info(uint64_t task, uint64_t there, uint64_t *kind, uint64_t *rights, uint64_t *number)
{
    struct message_words w = { there, 0, 0, 0, 0, 0 };
    int32_t error = object_call(task, OP_TASK_CAPABILITY_INFO, 1, &w);

    if (error != 0)
        return error;
    *kind = w.w0;
    *rights = w.w1;
    *number = w.w2;
    return 0;
}

int32_t thread_ex_regs(uint64_t thread, uint64_t *rip, uint64_t *rsp, uint64_t ex_regs_flags)
{
    struct message_words w = { *rip, *rsp, ex_regs_flags, 0, 0, 0 };
    int32_t error = object_call(thread, OP_THREAD_EX_REGS, 3, &w);

    if (error != 0)
        return error;
    *rip = w.w0;
    *rsp = w.w1;
    return 0;
}

int32_t thread_set_exception_gate(uint64_t thread, uint64_t gate)
{
    struct message_words w = { CONTROL_EXCEPTION_GATE, gate, 0, 0, 0, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 3, &w);
}

int32_t thread_set_pager(uint64_t thread, uint64_t gate)
{
    struct message_words w = { CONTROL_PAGER, 0, 0, gate, 0, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 4, &w);
}

int32_t thread_set_fs_base(uint64_t thread, uint64_t fs_base)
{
    struct message_words w = { CONTROL_FS_BASE, 0, fs_base, 0, 0, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 3, &w);
}

int32_t thread_bind_gate(uint64_t thread, uint64_t gate, uint64_t label)
{
    struct message_words w = { gate, label, 0, 0, 0, 0 };

    return object_call(thread, OP_THREAD_BIND_GATE, 2, &w);
}

int32_t thread_slow_sends(uint64_t thread, uint64_t *sends)
{
    struct message_words w = MESSAGE_EMPTY;
    int32_t error = object_call(thread, OP_THREAD_STATISTICS, 0, &w);

    if (error == 0)
        *sends = w.w1;
    return error;
}

int32_t scheduler_limit(uint64_t scheduler, uint64_t factory, uint64_t selector, uint64_t ceiling)
{
    struct message_words w = { factory, selector, ceiling, 0, 0, 0 };

    return object_call(scheduler, OP_SCHEDULER_LIMIT, 3, &w);
}

int32_t scheduler_run_thread(uint64_t scheduler, uint64_t thread, uint64_t priority, uint64_t quantum_us)
{
    struct message_words w = { thread, priority, quantum_us, 0, 0, 0 };

    return object_call(scheduler, OP_SCHEDULER_RUN_THREAD, 3, &w);
}

int32_t scheduler_trace_release(uint64_t scheduler, uint64_t cpu, uint64_t records)
{
    struct message_words w = { cpu, records, 0, 0, 0, 0 };

    return object_call(scheduler, OP_SCHEDULER_TRACE, 2, &w);
}

const char *error_name(int32_t error)
{
    static const char *const names[] = {
        "ok", "no capability", "no right", "bad flags", "bad operation", "bad argument", "no memory", "timeout", "no partner",
        "canceled", "no reply", "occupied", "no window", "overflow",
    };

    if (error < 0 || error >= (int32_t)(sizeof names / sizeof names[0]))
        return "unknown";
    return names[error];
}
